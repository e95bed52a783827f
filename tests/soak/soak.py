"""One soak: storms of trouble and calms in turn, until the time is over or something is wrong."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp

from plugin_operator.testing.eventually import eventually
from tests.soak.cluster import Cluster
from tests.soak.judge import Judge, Violation
from tests.soak.logs import Logs
from tests.soak.objects import CRD, Api, Writers
from tests.soak.plan import Plan, Step
from tests.soak.plugins import Editor
from tests.soak.records import Records
from tests.soak.settings import NAMESPACE, STORM_SECONDS, WRITERS, Settings

_FAULTS = "/debug/faults"


class Soak:
    """Everything that runs, and what has been done to it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.records = Records(settings.records)
        self.logs = Logs(settings.logs)
        self.editor = Editor(settings.plugins)
        self.cluster = Cluster(settings, self.records)
        self.done: Counter[tuple[str, str]] = Counter()
        self.judge: Judge
        self._hurting: set[asyncio.Task[None]] = set()
        self._journal = settings.folder / "steps"

    async def run(self) -> None:
        """Soak.

        Raises:
            Violation: something that must never happen has happened.
        """
        await self.cluster.server.start()
        try:
            async with Api.open(self.cluster.server.kubeconfig) as api:
                await self._run(api)
        finally:
            await self._settle_kills()
            await self.cluster.close()
        self.judge.look()
        if found := await self.cluster.strays():
            raise Violation(f"orphans at the end: {found}")

    async def _run(self, api: Api) -> None:
        writers = Writers(api, self.settings.objects, self.settings.seed)
        self.judge = Judge(self.cluster, self.records, self.logs, self.editor, api, writers)
        await self._prepare(api, writers)
        plan = Plan(self.settings.seed)
        ends = time.monotonic() + self.settings.minutes * 60
        async with self._at_work(writers):
            await self._calm(api, writers)
            while time.monotonic() < ends:
                writers.resume()
                await self._storm(api, plan)
                await self._calm(api, writers)

    async def _prepare(self, api: Api, writers: Writers) -> None:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        await api.call("POST", "/api/v1/namespaces", body)
        await api.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD)

        async def is_served() -> bool:
            return (await api.call("GET", f"/apis/soak.example.com/v1/namespaces/{NAMESPACE}/widgets"))[0] == 200

        served: bool = await eventually(is_served, timeout_seconds=30)
        assert served
        await writers.create_all()
        self.editor.heal()

    @asynccontextmanager
    async def _at_work(self, writers: Writers) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(writers.run(number)) for number in range(WRITERS)]
        tasks.append(asyncio.create_task(self.cluster.supervise()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(result, Exception):
                    raise result

    async def _storm(self, api: Api, plan: Plan) -> None:
        for step in plan.storm(STORM_SECONDS):
            with self._journal.open("a") as file:
                file.write(f"{time.strftime('%H:%M:%S')} {step}\n")
            self.done[step.kind, step.name] += 1
            await self._do(api, step)
            await asyncio.sleep(step.pause_seconds)
            self.judge.look()

    async def _do(self, api: Api, step: Step) -> None:
        if step.kind == "edit":
            self.editor.edit(step.details["role"], step.name)
        elif step.kind == "kill":
            task = asyncio.create_task(self.cluster.kill(step.name, step.details["seconds"]))
            self._hurting.add(task)
        else:
            path = "/debug/compact" if step.kind == "compaction" else _FAULTS
            with suppress(aiohttp.ClientError, TimeoutError, OSError):  # a server that is gone has no faults
                async with asyncio.timeout(1):
                    await api.call("POST", path, step.details or None)

    async def _calm(self, api: Api, writers: Writers) -> None:
        await self._settle_kills()
        await self.cluster.heal()
        await api.call("DELETE", _FAULTS)
        await writers.rest()
        self.editor.heal()
        with self._journal.open("a") as file:
            file.write(f"{time.strftime('%H:%M:%S')} calm\n")
        await self.judge.calm()
        changes = f"{writers.count} changes, {self.records.count} reconciles"
        print(f"calm after {sum(self.done.values())} steps: {changes}, nothing lost or doubled", flush=True)

    async def _settle_kills(self) -> None:
        while self._hurting:
            await asyncio.gather(*(self._hurting))
            self._hurting = {each for each in self._hurting if not each.done()}
