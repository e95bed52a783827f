"""What one run of the benchmark found out: collected, derived from, kept as JSON."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Self

from bench.metrics import Row
from bench.scenarios import Scenario


@dataclass(slots=True)
class Results:
    """One run.

    Attributes:
        versions: by peer.
        absent: peers, or scenarios of a peer, that could not be measured, with the reason.
        scenarios: titles by name.
        outcomes: by scenario and peer, one set of values for each repetition.
        machine: what the numbers depend on.
        when: the end of the run, UTC.
    """

    versions: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    scenarios: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, dict[str, list[dict[str, float]]]] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    when: str = ""

    def add(self, scenario: str, peer: str, values: dict[str, float]) -> None:
        """Keep the values of one repetition."""
        self.outcomes.setdefault(scenario, {}).setdefault(peer, []).append(values)

    def derive(self, scenarios: Sequence[Scenario]) -> None:
        """Add what follows from several scenarios: memory per object needs the memory with a single one."""
        for scenario in scenarios:
            for peer, found in self.outcomes.get(scenario.name, {}).items():
                idle = [each["resident"] for each in self.outcomes.get("idle", {}).get(peer, ())]
                for values in found:
                    values["peak_by_settled"] = values["peak"] / values["resident"]
                    values.update(self._by_one_process(scenario, peer, values))
                    if not idle or scenario.objects == 1:
                        continue
                    added = values["resident"] - statistics.median(idle)
                    values["bytes_per_object"] = added / scenario.objects
                    if scenario.job.copies > 1:
                        values["bytes_per_controller"] = added / (scenario.job.copies - 1)

    def _by_one_process(self, scenario: Scenario, peer: str, values: dict[str, float]) -> dict[str, float]:
        """Return the rate in rates of the scenario with one process."""
        alone = [each["runs_per_second"] for each in self.outcomes.get(scenario.one_process, {}).get(peer, ())]
        if not alone:
            return {}
        times = values["runs_per_second"] / statistics.median(alone)
        return {"times_one_process": times, "part_of_processes": times / scenario.job.processes}

    def values(self, row: Row, peer: str) -> list[float]:
        """Return a row's values of one peer in the row's unit, lowest first; empty if it was not measured."""
        found = self.outcomes.get(row.scenario, {}).get(peer, [])
        return sorted(values[row.value] * row.scale for values in found if row.value in values)

    def median(self, row: Row, peer: str) -> float | None:
        """Return the median over the repetitions."""
        found = self.values(row, peer)
        return statistics.median(found) if found else None

    def ratio(self, row: Row, ours: str, peer: str) -> float | None:
        """Return how many times better ``ours`` is than ``peer``; None where that has no meaning."""
        good, other = self.median(row, ours), self.median(row, peer)
        if not good or not other:
            return None
        return good / other if row.more_is_better else other / good

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        self.when = datetime.now(UTC).isoformat(timespec="seconds")
        self.machine = machine()
        path.parent.mkdir(parents=True, exist_ok=True)
        names = ("when", "machine", "versions", "absent", "scenarios", "outcomes")
        path.write_text(json.dumps({name: getattr(self, name) for name in names}, indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what ``write`` wrote."""
        return cls(**json.loads(path.read_text()))


def machine() -> dict[str, Any]:
    """Return what the numbers depend on."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = (line for line in cpuinfo.read_text().splitlines() if line.startswith("model name"))
        model = next(lines, "").partition(":")[2].strip()
    return {
        "cpu": model or platform.processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in ("aiohttp", "kubernetes-asyncio", "msgspec", "uvloop")},
    }
