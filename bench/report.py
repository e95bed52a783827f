"""From outcomes to a table for people and a JSON file for comparing."""

import json
import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measure import Outcome, Plan

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        title: what is measured, with its unit.
        value: takes it from an outcome, in that unit.
        digits: decimals shown.
        more_is_better: which way the ratio is told.
        compared: whether a ratio has any meaning.
    """

    title: str
    value: Callable[[Outcome], float]
    digits: int = 0
    more_is_better: bool = False
    compared: bool = True


ROWS = (
    Row("burst to reconciled, events/s", lambda o: o.events_per_second, more_is_better=True),
    Row("CPU per event, µs", lambda o: o.cpu_seconds_per_event * 1e6, 1),
    Row("handler runs in the burst", lambda o: o.handler_runs, compared=False),
    Row("list and reconcile all objects, s", lambda o: o.list_seconds, 2),
    Row("memory per object, bytes", lambda o: o.bytes_per_object),
    Row("resident with all objects, MiB", lambda o: o.resident / MIB, 1),
    Row("peak while listing, MiB", lambda o: o.peak / MIB, 1),
    Row("resident with one object, MiB", lambda o: o.resident_without_objects / MIB, 1),
    Row("start to first reconcile, s", lambda o: o.start_seconds, 2),
    Row("API writes for no-op reconciles", lambda o: o.api_writes, compared=False),
)


@dataclass(frozen=True, slots=True)
class Results:
    """All that one run of the benchmark found out.

    Attributes:
        plan: the sizes.
        versions: by peer; a peer that could not be measured is here too.
        outcomes: by peer, one for each repetition.
        absent: peers that could not be measured, with the reason.
    """

    plan: Plan
    versions: Mapping[str, str]
    outcomes: Mapping[str, Sequence[Outcome]]
    absent: Mapping[str, str]

    def median(self, peer: str, row: Row) -> float:
        """Return the median over the repetitions."""
        return statistics.median(map(row.value, self.outcomes[peer]))

    def spread(self, peer: str, row: Row) -> tuple[float, float]:
        """Return the lowest and the highest of the repetitions."""
        values = [row.value(outcome) for outcome in self.outcomes[peer]]
        return min(values), max(values)

    def ratio(self, row: Row, ours: str, peer: str) -> float | None:
        """Return how many times better ``ours`` is than ``peer``; None where the word has no meaning."""
        good, other = self.median(ours, row), self.median(peer, row)
        if not row.more_is_better:
            good, other = other, good
        return good / other if other > 0 and good > 0 else None


def print_table(results: Results, console: Console) -> None:
    """Print medians with their spread; then how many times better the first peer is than each of the others."""
    ours, *others = results.outcomes
    plan = results.plan
    title = (
        f"{plan.objects} ConfigMaps of {plan.size} bytes, a burst of {plan.events} changes: medians (lowest to highest)"
    )
    console.print(title, highlight=False)
    medians = _table([f"{peer} {results.versions[peer]}" for peer in results.outcomes])
    for row in ROWS:
        medians.add_row(row.title, *(_cell(results, peer, row) for peer in results.outcomes))
    console.print(medians)
    if others:
        console.print(f"How many times better {ours} is", highlight=False)
        ratios = _table([f"than {peer}" for peer in others])
        for row in (row for row in ROWS if row.compared):
            found = [results.ratio(row, ours, peer) for peer in others]
            ratios.add_row(row.title, *("" if ratio is None else f"{ratio:.2f}" for ratio in found))
        console.print(ratios)
    for peer, reason in results.absent.items():
        console.print(f"not measured: {peer}: {reason}", markup=False)


def _table(columns: Sequence[str]) -> Table:
    table = Table()
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(column.replace(" ", "\n"), justify="right")
    return table


def _cell(results: Results, peer: str, row: Row) -> str:
    low, high = results.spread(peer, row)
    median = results.median(peer, row)
    digits = row.digits
    spread = f"\n({low:,.{digits}f} to {high:,.{digits}f})" if low != high else ""
    return f"{median:,.{digits}f}{spread}"


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
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in ("aiohttp", "kubernetes-asyncio", "msgspec", "uvloop")},
    }


def write_json(results: Results, path: Path) -> None:
    """Write every outcome, the medians and the ratios."""
    ours, *others = results.outcomes
    document = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "plan": asdict(results.plan),
        "versions": dict(results.versions),
        "absent": dict(results.absent),
        "outcomes": {peer: [asdict(outcome) for outcome in found] for peer, found in results.outcomes.items()},
        "medians": {peer: {row.title: results.median(peer, row) for row in ROWS} for peer in results.outcomes},
        "times_better": {peer: {row.title: results.ratio(row, ours, peer) for row in ROWS} for peer in others},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n")
