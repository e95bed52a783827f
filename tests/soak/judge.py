"""What has to hold: continuously, and whenever things have calmed down."""

import asyncio
import time
from dataclasses import dataclass, field

from tests.soak.cluster import Cluster
from tests.soak.logs import Logs
from tests.soak.objects import Api, Writers
from tests.soak.plugins import ROLES, Editor
from tests.soak.records import Records
from tests.soak.settings import CALM_SECONDS

_SHOWN = 10
_GROWTH = 1.5
_GROWTH_MIB = 32.0


class Violation(Exception):
    """Something that must never happen has happened."""


@dataclass(slots=True)
class Judge:
    """Holds what the plugins recorded to what the server has.

    Attributes:
        memory: MiB of the leader and of the API server, calm after calm.
    """

    cluster: Cluster
    records: Records
    logs: Logs
    editor: Editor
    api: Api
    writers: Writers
    memory: list[tuple[float, float]] = field(default_factory=list)

    def look(self) -> None:
        """Check what holds at any moment.

        Raises:
            Violation: something does not.
        """
        self.records.poll()
        self.logs.poll()
        for title, found in (
            ("doubled", self.records.doubled),
            ("of the wrong kind", self.records.misdirected),
            ("unexpected in the logs", self.logs.unexpected),
            ("unexpected ends", self.cluster.unexpected),
        ):
            if found:
                raise Violation(f"{title}: {len(found)}\n" + "\n".join(found[:_SHOWN]))

    async def calm(self) -> None:
        """Wait until everything is as it should be, at most CALM_SECONDS.

        Raises:
            Violation: it does not get there.
        """
        truth = await self.api.states()
        self._compare_with_acknowledged(truth)
        deadline = time.monotonic() + CALM_SECONDS
        while True:
            self.look()
            lost = self._lost(truth)
            whole = await self.cluster.is_whole()
            if not lost and whole:
                break
            if time.monotonic() > deadline:
                raise Violation(await self._explain(lost))
            await asyncio.sleep(0.5)
        if found := await self.cluster.strays():
            raise Violation(f"orphans: {found}")
        await self._weigh()

    def _lost(self, truth: dict[str, dict[str, str]]) -> list[str]:
        lost = []
        for role, kind in ROLES.items():
            edit = self.editor.files[role].good
            for name, step in truth[kind].items():
                run = self.records.last.get((role, name))
                if run is None or run.step != step or run.edit != edit:
                    lost.append(f"{role} {name}: step {step} by edit {edit} is due, last was {run}")
        return lost + self._deleted_and_not_told(truth)

    def _deleted_and_not_told(self, truth: dict[str, dict[str, str]]) -> list[str]:
        # A process or plugin that began after a deletion never hears of it: that is what finalizers are for.
        leader = self.records.leader()
        return [
            f"{role} {name}: it is gone, last was {run}"
            for (role, name), run in self.records.last.items()
            if name not in truth[ROLES[role]]
            and run.step != "gone"
            and run.instance == leader
            and run.begin > self.editor.files[role].fresh_since_ns
        ]

    def _compare_with_acknowledged(self, truth: dict[str, dict[str, str]]) -> None:
        wrong = [
            f"{kind} {name}: acknowledged {step}, the server has {truth[kind].get(name)}"
            for (kind, name), step in self.writers.acknowledged.items()
            if truth[kind].get(name) != step
        ]
        if wrong:
            raise Violation(f"the API server lost {len(wrong)} writes\n" + "\n".join(wrong[:_SHOWN]))

    async def _weigh(self) -> None:
        leader = await self.cluster.leader()
        self.memory.append((leader.process.rss_mib if leader else 0.0, self.cluster.server.process.rss_mib))
        for name, first, last in zip(("leader", "API server"), self.memory[0], self.memory[-1], strict=True):
            if last > first * _GROWTH + _GROWTH_MIB:
                raise Violation(f"the {name} grew from {first:.0f} to {last:.0f} MiB")

    async def _explain(self, lost: list[str]) -> str:
        lines = [f"lost: {len(lost)} after {CALM_SECONDS:.0f} s of calm", *lost[:_SHOWN]]
        for replica in self.cluster.replicas:
            lines.append(f"{replica.name} runs: {replica.process.is_running}")
            lines += [f"  {path}: {await replica.get(path)}" for path in ("/readyz?verbose", "/status")]
        return "\n".join(lines)
