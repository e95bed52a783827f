"""One soak: storms of trouble and calms in turn, until the time is over or something is wrong."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp

from plugin_operator.testing.eventually import eventually
from tests.soak import hands, hostile
from tests.soak.cluster import Cluster
from tests.soak.judge import Judge, Violation
from tests.soak.logs import Logs
from tests.soak.objects import CRD, Api
from tests.soak.plan import Plan, Step
from tests.soak.plugins import Editor
from tests.soak.records import Records
from tests.soak.settings import NAMESPACE, STORM_SECONDS, WRITERS, Settings
from tests.soak.writers import Writers

_FAULTS = "/debug/faults"
_COMPACT = "/debug/compact"


class Soak:
    """Everything that runs, and what has been done to it.

    Attributes:
        done: how often, by kind and name of the step.
        met: how many requests and watches have met a fault, as far as the server lived to tell.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.records = Records(settings.records, is_shared=settings.is_sharded)
        self.logs = Logs(settings.logs)
        self.editor = Editor(settings.plugins, is_sharded=settings.processes > 1 or settings.is_sharded)
        self.cluster = Cluster(settings, self.records)
        self.done: Counter[tuple[str, str]] = Counter()
        self.met = 0
        self.judge: Judge
        self._faults: Api
        self._admin: Api
        self._hurting: set[asyncio.Task[None]] = set()
        self._journal = settings.folder / "steps"

    async def run(self) -> None:
        """Soak.

        Raises:
            Violation: something that must never happen has happened.
        """
        await self.cluster.server.start()
        try:
            server = self.cluster.server
            for line in (f"on {server.name}", *server.remarks):
                print(line, flush=True)
            async with Api.open(server.kubeconfig) as api, Api.open(server.for_operators) as faults:
                self._faults, self._admin = faults, api
                await self._run(api)
        finally:
            await self._settle_kills()
            await self.cluster.close()
        self.judge.look()
        if found := await self.cluster.strays():
            raise Violation(f"orphans at the end: {found}")

    async def _run(self, api: Api) -> None:
        settings = self.settings
        writers = Writers(api, settings.objects, settings.seed, self.cluster.server.refusals)
        self.judge = Judge(self.cluster, self.records, self.logs, self.editor, api, writers, settings.calm_seconds)
        await self._prepare(api, writers)
        plan = Plan(settings.seed, settings.hostile, processes=settings.processes, is_sharded=settings.is_sharded)
        ends = time.monotonic() + settings.minutes * 60
        async with self._at_work(writers):
            await self._calm(writers)
            while time.monotonic() < ends:
                writers.resume()
                await self._storm(plan)
                await self._calm(writers)

    async def _prepare(self, api: Api, writers: Writers) -> None:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        await api.call("POST", "/api/v1/namespaces", body)
        await api.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD)

        async def is_served() -> bool:
            with suppress(aiohttp.ContentTypeError):  # a page that says 404, as long as the group is not known
                return (await api.call("GET", f"/apis/soak.example.com/v1/namespaces/{NAMESPACE}/widgets"))[0] == 200
            return False

        served: bool = await eventually(is_served, timeout_seconds=60)
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

    async def _storm(self, plan: Plan) -> None:
        for step in plan.storm(STORM_SECONDS):
            self._note(f"{plan.weather}: {step}")
            await self._do(step)
            await asyncio.sleep(step.pause_seconds)
            self.judge.look()
        self.done["storm", plan.weather] += 1

    async def _do(self, step: Step) -> None:
        if step.kind == "edit":
            self.editor.edit(step.details["role"], step.name)
        elif step.kind == "hostile":
            hostile.write(self.settings.plugins, step.name)
        elif step.kind == "kill":
            self._hurting.add(asyncio.create_task(self._kill(step)))
            return
        elif step.kind == "hand":
            if not await self._meddle(step):
                return
        elif step.kind == "compaction":
            if not self.cluster.server.compacts or not await self._ask("POST", _COMPACT):
                return
        elif not await self._ask("POST", _FAULTS, step.details):
            return
        self.done[step.kind, step.name] += 1

    async def _meddle(self, step: Step) -> bool:
        with suppress(aiohttp.ClientError, TimeoutError, OSError):  # a server that is gone has no Leases
            return await hands.meddle(self._admin, step.name, step.details["which"])
        return False

    async def _kill(self, step: Step) -> None:
        if await self.cluster.kill(step.name, step.details["seconds"]):
            self.done[step.kind, step.name] += 1

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> bool:
        with suppress(aiohttp.ClientError, TimeoutError, OSError):  # a server that is gone has no faults
            async with asyncio.timeout(1):
                status, answer = await self._faults.call(method, path, body)
                if status not in {200, 201}:
                    raise RuntimeError(f"{method} {path}: {status} {answer}")
                return True
        return False

    async def _forget_faults(self) -> bool:
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            _, planned = await self._faults.call("GET", _FAULTS)
            status, _ = await self._faults.call("DELETE", _FAULTS)
            self.met += sum(each["hits"] for each in planned["faults"])
            return status == 200
        return False

    async def _calm(self, writers: Writers) -> None:
        await self._settle_kills()
        await self.cluster.heal()
        await eventually(self._forget_faults, timeout_seconds=60)
        await writers.rest()
        self.editor.heal()
        self._note("calm")
        await self.judge.calm()
        steps = sum(count for (kind, _), count in self.done.items() if kind != "storm")
        changes = f"{writers.count} changes, {self.records.count} reconciles"
        print(f"calm after {steps} steps: {changes}, nothing lost or doubled", flush=True)

    def _note(self, text: str) -> None:
        with self._journal.open("a") as file:
            file.write(f"{time.strftime('%H:%M:%S')} {text}\n")

    async def _settle_kills(self) -> None:
        while self._hurting:
            await asyncio.gather(*(self._hurting))
            self._hurting = {each for each in self._hurting if not each.done()}
