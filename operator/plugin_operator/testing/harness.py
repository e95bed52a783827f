"""Running plugins in a test: a real operator on a real, embedded API server, in this process.

Owns the set-up, and waiting until nothing is left to do. What is then true is for the test to say.
"""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from plugin_operator.apiserver import ApiServer, ApiServerConfig
from plugin_operator.app import App
from plugin_operator.cache import Informer
from plugin_operator.client import Client, ConnectionConfig
from plugin_operator.controllers import ControllerStatus
from plugin_operator.errors import ApiError, NoMatchError, PluginRejected
from plugin_operator.hosting import PluginState, PluginStatus
from plugin_operator.kube import NamespacedName
from plugin_operator.options import Options
from plugin_operator.tasks import start_task
from plugin_operator.threads import in_thread

_POLL_SECONDS = 0.005
_AT_WORK = (PluginState.DISCOVERED, PluginState.VALIDATING, PluginState.WARMING, PluginState.DRAINING)


class PluginHarness:
    """An API server and an operator with the given plugins, for the length of an ``async with``.

    The plugins are copied, so that ``write`` and ``remove`` harm no file of yours; they pass the same scanner, trial
    import and loader as in production.

    Args:
        plugins: plugin files and folders.
        timeout_seconds: how long entering, ``settle`` and changes of plugins may take.

    Attributes:
        server: the API server, in memory.

    Example:
        async with PluginHarness("plugins/configmap.py") as harness:
            await harness.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hello"}})
            await harness.settle()
            assert harness.reconciles("configmap") == 1
    """

    def __init__(self, *plugins: str | Path, timeout_seconds: float = 30.0) -> None:
        self._plugins = [Path(plugin) for plugin in plugins]
        self._timeout = timeout_seconds
        self._folder = Path()
        self.server = ApiServer(ApiServerConfig(tls=False))
        self._app: App | None = None
        self._run: asyncio.Task[int] | None = None

    async def __aenter__(self) -> Self:
        """Start everything and wait until every plugin works.

        Raises:
            PluginRejected: a plugin cannot be loaded.
        """
        self._folder = Path(await in_thread(self._copy))
        endpoint = await self.server.start()
        options = Options(plugins_dir=self._folder, metrics_address=None, probe_address=None, stall_threshold_seconds=0)
        config = ConnectionConfig.for_endpoint(endpoint.url, token=endpoint.token or None)
        config = replace(config, namespace="default")
        self._app = App(options, config, ())
        self._run = start_task(self._app.run(), "plugin-harness")
        try:
            await self._wait(lambda: self._loaded, "the plugins to load")
            self._raise_rejected()
            await self.settle()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything; an operator that broke meanwhile is an error of the test."""
        code = await self._end()
        if code and error is None:
            raise AssertionError(f"the operator ended with status {code}; its log says why")

    @property
    def client(self) -> Client:
        """Reads and writes objects, as ``ctx.client`` does; the default namespace is ``default``."""
        return self._operator.client

    async def settle(self) -> None:
        """Wait until every cache equals the server and nothing is queued or running.

        Keys that wait for a time (backoff, ``requeue_after``) do not count: they are not due.

        Raises:
            AssertionError: there is no rest within the timeout; says what is still going on.
        """
        end = time.monotonic() + self._timeout
        calm = 0
        # Twice in a row, for what is seen idle may have an event on its way between cache and queue.
        while calm < 2:
            calm = calm + 1 if await self._is_calm() else 0
            if time.monotonic() > end:
                raise AssertionError(f"no rest within {self._timeout:g} s: {self._report()}")
            await asyncio.sleep(_POLL_SECONDS)

    async def write(self, name: str, text: str) -> PluginStatus:
        """Create or replace the plugin ``name`` and wait until it works or is refused; return its status."""
        before = {plugin.name: plugin.since for plugin in self.plugins()}.get(name)
        fresh = self._folder / f".{name}.new"
        await in_thread(fresh.write_text, text)
        await in_thread(fresh.rename, self._folder / f"{name}.py")

        def settled() -> bool:
            plugin = self._find(name)
            return plugin is not None and plugin.since != before and plugin.state not in _AT_WORK

        await self._wait(settled, f"plugin {name} to be loaded")
        return self.plugin(name)

    async def remove(self, name: str) -> None:
        """Delete the plugin ``name`` and wait until it is unloaded."""
        await in_thread((self._folder / f"{name}.py").unlink)
        await self._wait(lambda: self._find(name) is None, f"plugin {name} to be unloaded")

    def plugins(self) -> list[PluginStatus]:
        """Return what is known of each plugin."""
        return list(self._operator.host.status())

    def plugin(self, name: str) -> PluginStatus:
        """Return what is known of one plugin.

        Raises:
            LookupError: there is no such plugin.
        """
        found = self._find(name)
        if found is None:
            raise LookupError(f"no plugin {name!r}, only {[plugin.name for plugin in self.plugins()]}")
        return found

    def controller(self, name: str) -> ControllerStatus:
        """Return what is known of one controller.

        Raises:
            LookupError: there is no such controller.
        """
        for plugin in self.plugins():
            for controller in plugin.controllers:
                if controller.name == name:
                    return controller
        raise LookupError(f"no controller {name!r}")

    def reconciles(self, controller: str) -> int:
        """Return how many reconciles of a controller have ended, in whatever way."""
        return sum(self.controller(controller).reconciles.values())

    def failing(self, controller: str) -> dict[str, str]:
        """Return what a controller fails at: the last error by ``namespace/name``."""
        return {str(request): key.error for request, key in self.controller(controller).failing.items()}

    @property
    def _operator(self) -> App:
        if self._app is None:
            raise RuntimeError("the harness works inside its async with")
        return self._app

    @property
    def _loaded(self) -> bool:
        return self._operator.host.is_settled

    def _find(self, name: str) -> PluginStatus | None:
        return next((plugin for plugin in self.plugins() if plugin.name == name), None)

    def _raise_rejected(self) -> None:
        for plugin in self.plugins():
            if plugin.state is PluginState.REJECTED:
                raise PluginRejected(plugin.reason, path=plugin.path, line=plugin.line)

    async def _is_calm(self) -> bool:
        before = self._progress()
        if before is None:
            return False
        for informer in self._operator.factory.informers():
            if not await self._equals_server(informer):
                return False
        # Each look awaits a list, and a reconcile that ran meanwhile may have written what was looked at before.
        return self._progress() == before

    def _progress(self) -> tuple[object, ...] | None:
        """How far each controller has come; None while one is at work."""
        plugins = self.plugins()
        controllers = [controller for plugin in plugins for controller in plugin.controllers]
        if any(each.queue_depth or each.in_flight for each in controllers):
            return None
        ended = [(each.name, each.revision, sum(each.reconciles.values())) for each in controllers]
        return (*ended, *((plugin.name, plugin.state) for plugin in plugins))

    async def _equals_server(self, informer: Informer) -> bool:
        key = informer.key
        try:
            objects = await self.client.list(key.gvk, key.namespace, key.label_selector, key.field_selector)
        except (ApiError, NoMatchError):
            return not informer.has_synced  # its kind does not exist, so there is nothing to wait for
        there = {NamespacedName.of(obj): obj["metadata"]["resourceVersion"] for obj in objects}
        names = informer.lister.keys()
        here = {name: cached.resource_version for name in names if (cached := informer.lister.raw(name)) is not None}
        return informer.has_synced and there == here

    async def _wait(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + self._timeout
        while not condition():
            if self._run is not None and self._run.done():
                self._run.result()
                raise AssertionError("the operator ended; its log says why")
            if time.monotonic() > end:
                raise AssertionError(f"waited {self._timeout:g} s for {what}: {self._report()}")
            await asyncio.sleep(_POLL_SECONDS)

    def _report(self) -> str:
        return "; ".join(
            f"{plugin.name} is {plugin.state} {plugin.reason}".strip()
            + "".join(
                f", {each.name}: {each.queue_depth} queued, {len(each.in_flight)} running, failing {dict(each.failing)}"
                for each in plugin.controllers
            )
            for plugin in self.plugins()
        )

    def _copy(self) -> str:
        folder = tempfile.mkdtemp(prefix="plugin-harness-")
        # An operator takes an empty directory for a broken mount and keeps what runs; a folder of helpers is not empty.
        helpers = Path(folder) / "harness_helpers"
        helpers.mkdir()
        (helpers / "nothing.py").touch()
        for plugin in self._plugins:
            if plugin.is_dir():
                shutil.copytree(plugin, Path(folder) / plugin.name)
            else:
                shutil.copy(plugin, folder)
        for path in Path(folder).rglob("*"):
            # The scanner waits for files that were written just now; a past time says that these are whole.
            os.utime(path, (0, 0))
        return folder

    async def _end(self) -> int:
        code = 0
        if self._app is not None and self._run is not None:
            self._app.manager.request_stop()
            code = await self._run
        await self.server.stop()
        await in_thread(partial(shutil.rmtree, self._folder, ignore_errors=True))
        return code
