"""What has to hold: continuously, and whenever things have calmed down."""

import asyncio
import time
from dataclasses import dataclass, field

import aiohttp

from tests.soak.cluster import Cluster
from tests.soak.logs import Logs
from tests.soak.memory import Memory
from tests.soak.objects import Api, States
from tests.soak.plugins import ROLES, Editor
from tests.soak.processes import rss_mib_of
from tests.soak.records import Records
from tests.soak.writers import Writers

_SHOWN = 10
_SERVER_SECONDS = 60.0


class Violation(Exception):
    """Something that must never happen has happened."""


@dataclass(slots=True)
class Judge:
    """Holds what the plugins recorded to what the server has.

    Attributes:
        calm_seconds: how long a calm may take until everything is as it should be.
        longest_calm_seconds: how long one took.
    """

    cluster: Cluster
    records: Records
    logs: Logs
    editor: Editor
    api: Api
    writers: Writers
    calm_seconds: float
    memory: Memory = field(default_factory=Memory)
    longest_calm_seconds: float = 0.0

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
        """Wait until everything is as it should be, for a limited time.

        Raises:
            Violation: it does not get there.
        """
        began = time.monotonic()
        truth = (await self._truth()).steps
        while True:
            self.look()
            lost = self._lost(truth)
            if not lost and await self.cluster.is_whole():
                now = await self._truth()
                lost = now.behind
                if not lost and now.steps == truth:
                    break
                truth = now.steps  # a request whose client had given up was done after all
            if time.monotonic() > began + self.calm_seconds:
                raise Violation(await self._explain(lost))
            await asyncio.sleep(0.5)
        self.longest_calm_seconds = max(self.longest_calm_seconds, time.monotonic() - began)
        self._compare_with_acknowledged(truth)
        if found := await self.cluster.strays():
            raise Violation(f"orphans: {found}")
        await self._weigh()

    async def _truth(self) -> States:
        deadline = time.monotonic() + _SERVER_SECONDS
        while True:
            try:
                return await self.api.states()
            except (aiohttp.ClientError, TimeoutError, OSError):
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.5)

    def _lost(self, truth: dict[str, dict[str, str]]) -> list[str]:
        lost = []
        for role, kind in ROLES.items():
            edit = self.editor.files[role].good
            for name, step in truth[kind].items():
                run = self.records.latest(role, name, step)
                if run is None or run.step != step or run.edit != edit:
                    lost.append(f"{role} {name}: step {step} by edit {edit} is due, last was {run}")
        return lost + self._deleted_and_not_told(truth)

    def _deleted_and_not_told(self, truth: dict[str, dict[str, str]]) -> list[str]:
        # A process or plugin that began after a deletion never hears of it: that is what finalizers are for. The same
        # holds for a worker process that gets an object's shard, or runs in place of one that was killed.
        leader = self.records.leader()
        return [
            f"{role} {name}: it is gone, last was {run}"
            for (role, name), run in self.records.last.items()
            if name not in truth[ROLES[role]]
            and run.step != "gone"
            and (run.replica == leader or (self.records.is_shared and run.uid))
            and (run.begin > self.logs.moved if run.uid else self.records.runs_singles(run.instance))
            and run.edit >= self.editor.files[role].fresh
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
        for replica in self.cluster.replicas:
            role = "leader" if replica is leader else "standby"
            self.memory.weigh(role, replica.name, replica.process.rss_mib)
            for pid, _ in await replica.workers():
                self.memory.weigh("worker", f"{replica.name}.{pid}", rss_mib_of(pid))
        server = self.cluster.server.process
        self.memory.weigh("API server", f"of pid {server.pid}", server.rss_mib)
        # What kube-apiserver needs is its own affair.
        judged = ("leader", "standby", "worker", *(["API server"] if self.cluster.server.compacts else []))
        if grown := self.memory.grown(*judged):
            raise Violation("\n".join(grown))

    async def _explain(self, lost: list[str]) -> str:
        lines = [f"lost: {len(lost)} after {self.calm_seconds:.0f} s of calm", *lost[:_SHOWN]]
        for replica in self.cluster.replicas:
            lines.append(f"{replica.name} runs: {replica.process.is_running}")
            lines += [f"  {path}: {await replica.get(path)}" for path in ("/readyz?verbose", "/status")]
        return "\n".join(lines)
