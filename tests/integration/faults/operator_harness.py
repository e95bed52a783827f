"""A whole operator in this process, a server that misbehaves as planned, and a spectator whom no fault meets."""

import asyncio
import contextlib
import os
import time
from pathlib import Path
from typing import Any

import aiohttp

from plugin_operator.app.build import App
from plugin_operator.app.host_parts import HostParts
from plugin_operator.cache import Informer, ReflectorSettings
from plugin_operator.client import ApiClient, ConnectionConfig
from plugin_operator.client.credentials.access import Access, FixedAccess
from plugin_operator.errors import NotFoundError
from plugin_operator.hosting import PluginState
from plugin_operator.kube import Object
from plugin_operator.options import Options
from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.server import HttpServer
from plugin_operator.testing.eventually import eventually
from tests import realserver
from tests.integration.faults.servers import NAMESPACE, ServerUnderTest

RESTARTS = "plugin_operator_watch_restarts_total"
USER = "operator-under-test"
WAIT_SECONDS = 30


def shrunken() -> ReflectorSettings:
    """Return waits that tests can afford; kube-apiserver sends a bookmark a minute, so silence has to last longer."""
    is_real = realserver.is_chosen()
    return ReflectorSettings(
        silence_seconds=12.0 if is_real else 2.0,
        list_silence_seconds=3.0 if is_real else 1.0,
        page_seconds=3.0 if is_real else 1.0,
        healthy_seconds=0.3,
        backoff_seconds=0.02,
        backoff_cap_seconds=0.2,
        poll_kind_seconds=0.2,
        poll_access_seconds=0.2,
    )


PLUGIN = """
from plugin_operator import controller

@controller(for_={kind!r}, name={name!r}, namespaces=[{namespace!r}])
async def reconcile(ctx, request):
    obj = ctx.lister.get(request)
    value = 'gone' if obj is None else (obj['metadata'].get('annotations') or {{}}).get('n')
    with open({journal!r}, 'a') as journal:
        journal.write(f'{name} {{request.name}} {{value}}\\n')
"""
EVERYTHING = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}


def marked(kind: str, name: str, n: object) -> Object:
    version, _, kind = kind.rpartition("/")
    metadata = {"name": name, "namespace": NAMESPACE, "annotations": {"n": str(n)}}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


class OperatorHarness:
    """The operator, its API server and everything a test does to them."""

    def __init__(self, root: Path, server: ServerUnderTest) -> None:
        self.root = root
        self.plugins = root / "plugins"
        self.journal = root / "journal"
        self.plugins.mkdir()
        self.journal.touch()
        self.server = server
        self.app: App
        self.client: ApiClient
        self.http: aiohttp.ClientSession
        self.lines: list[Any] = []
        self._running: asyncio.Task[int]
        self._started: float  # monotonic

    # the operator

    def plugin(self, name: str, kind: str) -> None:
        path = self.plugins / f"{name}.py"
        path.write_text(PLUGIN.format(kind=kind, name=name, namespace=NAMESPACE, journal=str(self.journal)))
        os.utime(path, (1e9, 1e9))

    def start_operator(self) -> None:
        local = BindAddress("127.0.0.1", 0)
        options = Options(plugins_dir=self.plugins, metrics_address=local, probe_address=local)
        access = Access(self.server.url, impersonation=(("Impersonate-User", USER),))
        # A child process for each test proves nothing here.
        parts = HostParts(reflector=shrunken(), validates=False)
        self.app = App(options, ConnectionConfig(self.server.url, FixedAccess(access)), (), parts=parts)
        self._started = time.monotonic()
        self._running = asyncio.create_task(self.app.run())

    async def stop_operator(self) -> None:
        self.app.manager.request_stop()
        assert await asyncio.wait_for(self._running, 30) == 0

    @property
    def is_running(self) -> bool:
        return not self._running.done()

    async def active(self, *names: str) -> None:
        def reached() -> bool:
            states = {each.name: each.state for each in self.app.host.status()}
            return all(states.get(name) is PluginState.ACTIVE for name in names)

        await eventually(reached, timeout_seconds=WAIT_SECONDS)

    def informer(self, plugin: str) -> Any:
        """Return the status of the plugin's cache, None before there is one."""
        for each in self.app.host.status():
            if each.name == plugin and each.controllers:
                return next(iter(each.controllers[0].informers), None)
        return None

    async def shows(self, plugin: str, state: str, reason: str = "") -> None:
        """Wait until the plugin's cache is shown in a state, with a reason that contains a text."""

        def reached() -> bool:
            informer = self.informer(plugin)
            assert informer is not None
            assert (informer.state, reason in informer.reason) == (state, True), f"{informer.state}: {informer.reason}"
            return True

        await eventually(reached, timeout_seconds=WAIT_SECONDS)

    def port_of(self, name: str) -> int:
        return next(
            each.port for each in self.app.manager._runnables if isinstance(each, HttpServer) and each.name == name
        )

    async def get(self, server: str, path: str) -> tuple[int, str]:
        async with self.http.get(f"http://127.0.0.1:{self.port_of(server)}{path}") as answer:
            return answer.status, await answer.text()

    async def metric(self, name: str, **labels: str) -> float:
        """Return a value as it is scraped, 0 if it is not there."""
        _, text = await self.get("metrics server", "/metrics")
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        lines = [line for line in text.splitlines() if line.startswith((name + "{", name + " "))]
        return sum(float(line.rpartition(" ")[2]) for line in lines if all(each in line for each in wanted))

    async def counts(self, value: float, name: str, *, at_least: bool = False, **labels: str) -> None:
        """Wait until a value is scraped."""

        async def reached() -> bool:
            found = await self.metric(name, **labels)
            assert found == value or (at_least and found > value)
            return True

        await eventually(reached, timeout_seconds=WAIT_SECONDS)

    async def is_undisturbed(self, kind: str) -> bool:
        """Tell whether no stream of a kind was opened again, but for its own quiet, since the operator started.

        kube-apiserver lets a stream on which nothing happens be quiet for longer than is waited for here.
        """
        quiet = (time.monotonic() - self._started) // shrunken().silence_seconds if realserver.is_chosen() else 0
        return await self.metric(RESTARTS, kind=kind) <= quiet

    async def status(self) -> str:
        code, text = await self.get("probe server", "/status")
        assert code == 200
        return text

    def logged(self, event: str, informer: str) -> int:
        """Count the lines about an informer."""
        return sum(each["event"] == event and informer in str(each.get("informer")) for each in self.lines)

    def forget_kinds(self) -> None:
        """Have the spectator ask discovery again."""
        self.client._requests.mapper.invalidate()

    async def eventually(self, condition: Any) -> None:
        """Wait until something holds."""
        await eventually(condition, timeout_seconds=WAIT_SECONDS)

    # objects

    async def put(self, kind: str, name: str, n: object) -> Object:
        found: Object = await self.client.apply(marked(kind, name, n), force=True)
        return found

    def cache_of(self, kind: str) -> Informer:
        return next(each for each in self.app.factory.informers() if str(each.key.gvk) == kind)

    def last(self, plugin: str, name: str) -> str:
        """Return what the plugin saw of an object last; empty if nothing."""
        prefix = f"{plugin} {name} "
        lines = [line for line in self.journal.read_text().splitlines() if line.startswith(prefix)]
        return lines[-1].removeprefix(prefix) if lines else ""

    async def seen(self, plugin: str, name: str, n: object, timeout_seconds: float = WAIT_SECONDS) -> None:
        try:
            await eventually(lambda: self.last(plugin, name) == str(n), timeout_seconds=timeout_seconds)
        except AssertionError:
            raise AssertionError(
                f"{plugin} saw {self.last(plugin, name)!r} of {name}, not {n!r}; {self.informer(plugin)}"
            ) from None

    async def equal(self, plugin: str, kind: str) -> None:
        """Wait until the plugin's cache holds exactly what the server has."""
        lister = self.cache_of(kind).lister

        async def are_equal() -> bool:
            there = {
                (o["metadata"]["name"], o["metadata"]["resourceVersion"])
                for o in await self.client.list(kind, NAMESPACE)
            }
            here = {(o["metadata"]["name"], o["metadata"]["resourceVersion"]) for o in lister.list()}
            return there == here

        for _ in range(300):
            if await are_equal():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"the cache of {plugin} differs from the server")

    # the server

    async def prepare(self) -> None:
        """Let the operator do everything, in a namespace that is there."""
        if NAMESPACE != "default":
            await self.client.apply(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, force=True
            )
        await self.grant(EVERYTHING)

    async def revoke(self) -> None:
        """Take away all that was granted."""
        for kind in ("ClusterRoleBinding", "ClusterRole"):
            with contextlib.suppress(NotFoundError):
                await self.client.delete(f"rbac.authorization.k8s.io/v1/{kind}", USER)

    async def grant(self, *rules: Object) -> None:
        """Replace everything the operator may do."""
        api = "rbac.authorization.k8s.io"
        await self.client.apply(
            {"apiVersion": f"{api}/v1", "kind": "ClusterRole", "metadata": {"name": USER}, "rules": list(rules)},
            force=True,
        )
        await self.client.apply(
            {
                "apiVersion": f"{api}/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": USER},
                "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": USER},
                "subjects": [{"apiGroup": api, "kind": "User", "name": USER}],
            },
            force=True,
        )
