"""A test harness for plugins: a real operator on an embedded API server, in this process.

Owns the set-up, and waiting until the operator is idle, which ``Quiescence`` detects.
"""

import asyncio
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from kube_apiserver import ApiServer, ApiServerConfig
from plugin_operator.app import App
from plugin_operator.app.build import FIELD_MANAGER
from plugin_operator.client import ApiClient, Client, ConnectionConfig, RESTMapper
from plugin_operator.controllers import ControllerStatus
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting import PluginState, PluginStatus
from plugin_operator.options import Options
from plugin_operator.tasks import start_task
from plugin_operator.testing.copied_plugins import copy_plugins
from plugin_operator.testing.edits import Edit
from plugin_operator.testing.mapper import PatientMapper
from plugin_operator.testing.quiescence import Quiescence, report_of
from plugin_operator.testing.secret_masking import watch
from plugin_operator.threads import in_thread

_POLL_SECONDS = 0.005
_OUTSIDE = "the harness is not entered: use it inside async with"


class PluginHarness:
    """An embedded API server and an operator with the given plugins, as an async context manager.

    The harness copies the plugins, so that ``write`` and ``remove`` do not change your files. They pass the same
    scanner, trial import and loader as in production. Entering waits until every plugin is active. It raises
    PluginRejected if a plugin cannot be loaded, and AssertionError after ``timeout_seconds``. Leaving stops server and
    operator, also if the test is cancelled. It raises AssertionError if the operator failed and the test did not.

    Args:
        plugins: plugin files and folders.
        timeout_seconds: deadline of entering, of each ``settle`` and of each change of a plugin.

    Attributes:
        server: the embedded API server, in memory.

    Example:
        async with PluginHarness("plugins/configmap.py") as harness:
            await harness.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hello"}})
            await harness.settle()
            assert harness.reconciles("configmap") == 1
    """

    def __init__(self, *plugins: str | Path, timeout_seconds: float = 30.0) -> None:
        self._plugins = [Path(plugin) for plugin in plugins]
        self._originals = [str(plugin.absolute()) for plugin in self._plugins]
        self._timeout = timeout_seconds
        self._folder = Path()
        self.server = ApiServer(ApiServerConfig(tls=False))
        watch(self.server)
        self._app: App | None = None
        self._quiescence: Quiescence | None = None
        self._client: ApiClient | None = None
        self._run: asyncio.Task[int] | None = None

    async def __aenter__(self) -> Self:
        """Start server and operator, and wait until every plugin is active.

        Raises:
            PluginRejected: a plugin cannot be loaded.
        """
        _show_no_locals()
        self._folder = await in_thread(copy_plugins, self._plugins)
        endpoint = await self.server.start()
        options = Options(plugins_dir=self._folder, metrics_address=None, probe_address=None, stall_threshold_seconds=0)
        config = ConnectionConfig.for_endpoint(endpoint.url, token=endpoint.token or None)
        config = replace(config, namespace="default")
        self._app = App(options, config, (), originals=self._originals)
        # Separate mappers: the operator's caches for half a second that a kind is not served.
        mapper = RESTMapper(self._app.link, refetch_seconds=0)
        self._quiescence = Quiescence(self._app, ApiClient(self._app.link, mapper, field_manager="plugin-harness"))
        patient = PatientMapper(self._app.link)
        self._client = ApiClient(self._app.link, patient, field_manager=FIELD_MANAGER, default_namespace="default")
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
        """Stop server and operator, and raise if the operator failed during the test."""
        code = await self._end()
        if code and error is None:
            raise AssertionError(f"the operator ended with status {code}; its log says why")

    @property
    def client(self) -> Client:
        """API client like ``ctx.client`` in a plugin, but with the default namespace ``default``.

        Its field manager is that of the operator, so ``apply`` may conflict with fields that a plugin owns.
        Its calls wait for a kind whose CRD was just created.

        Raises:
            RuntimeError: the harness is not entered.
        """
        if self._client is None:
            raise RuntimeError(_OUTSIDE)
        return self._client

    async def settle(self) -> None:
        """Wait until every cache equals the server, and no plugin is loading and no key is queued or in process.

        A plugin that waits for a kind counts as idle only while the server does not serve it. Delayed keys (backoff,
        ``requeue_after``) do not count, because they are not due.

        Raises:
            AssertionError: the operator is not idle within the timeout; the message lists its work.
        """
        end = time.monotonic() + self._timeout
        calm = 0
        # Twice in a row, because an event may be between cache and queue when the operator looks idle.
        while calm < 2:
            calm = calm + 1 if await self._judge.is_reached() else 0
            if time.monotonic() > end:
                raise AssertionError(f"the operator is not idle after {self._timeout:g} s: {report_of(self.plugins())}")
            await asyncio.sleep(_POLL_SECONDS)

    async def write(self, name: str, text: str) -> PluginStatus | None:
        """Create or replace a file, and wait until it and all plugins that import it are loaded or rejected.

        A rejected file is not an error here: check the ``state`` of the returned status.

        Args:
            name: name of the file, with or without ``.py``.
            text: new content of the file.

        Returns:
            The plugin's status; None for a helper, which declares no controller and is imported by others.

        Raises:
            AssertionError: the change is not processed within the timeout, or the operator has ended.
        """
        name = name.removesuffix(".py")
        fresh = self._folder / f".{name}.new"
        await in_thread(fresh.write_text, text, "utf-8")
        await in_thread(fresh.rename, self._folder / f"{name}.py")
        edit = Edit(self._operator.host, name, text.encode())
        await self._wait(edit.is_followed, f"{name} to be loaded")
        return self._find(name)

    async def remove(self, name: str) -> None:
        """Delete a file, and wait until its plugin is unloaded and all plugins that imported it are rejected.

        Args:
            name: name of the file, with or without ``.py``.

        Raises:
            FileNotFoundError: the file does not exist.
            AssertionError: the change is not processed within the timeout, or the operator has ended.
        """
        name = name.removesuffix(".py")
        edit = Edit(self._operator.host, name, None)
        await in_thread((self._folder / f"{name}.py").unlink)
        await self._wait(edit.is_followed, f"{name} to be unloaded")

    def plugins(self) -> list[PluginStatus]:
        """Return the current status of each plugin.

        Raises:
            RuntimeError: the harness is not entered.
        """
        return list(self._operator.host.status())

    def plugin(self, name: str) -> PluginStatus:
        """Return the current status of one plugin.

        Args:
            name: name of the file, with or without ``.py``, or of the folder.

        Raises:
            LookupError: the plugin does not exist.
        """
        found = self._find(name)
        if found is None:
            raise LookupError(f"no plugin {name!r}, only {[plugin.name for plugin in self.plugins()]}")
        return found

    def controller(self, name: str) -> ControllerStatus:
        """Return the current status of one controller.

        Args:
            name: declared name of the controller.

        Raises:
            LookupError: the controller does not exist.
        """
        for plugin in self.plugins():
            for controller in plugin.controllers:
                if controller.name == name:
                    return controller
        known = [each.name for plugin in self.plugins() for each in plugin.controllers]
        raise LookupError(f"no controller {name!r}, only {known}")

    def reconciles(self, controller: str) -> int:
        """Return how many reconciles of a controller have ended, with any result, including those before a reload.

        Args:
            controller: declared name of the controller.

        Raises:
            LookupError: the controller does not exist.
        """
        return sum(self.controller(controller).reconciles.values())

    def failing(self, controller: str) -> dict[str, str]:
        """Return the objects whose last reconcile failed: the error by ``namespace/name``.

        Args:
            controller: declared name of the controller.

        Raises:
            LookupError: the controller does not exist.
        """
        return {str(request): key.error for request, key in self.controller(controller).failing.items()}

    @property
    def _operator(self) -> App:
        if self._app is None:
            raise RuntimeError(_OUTSIDE)
        return self._app

    @property
    def _judge(self) -> Quiescence:
        if self._quiescence is None:
            raise RuntimeError(_OUTSIDE)
        return self._quiescence

    @property
    def _loaded(self) -> bool:
        return self._operator.host.is_settled

    def _find(self, name: str) -> PluginStatus | None:
        return next((plugin for plugin in self.plugins() if plugin.name == name.removesuffix(".py")), None)

    def _raise_rejected(self) -> None:
        for plugin in self.plugins():
            if plugin.state is PluginState.REJECTED:
                raise PluginRejected(plugin.reason, path=plugin.path, line=plugin.line)

    async def _wait(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + self._timeout
        while not condition():
            if self._run is not None and self._run.done():
                self._run.result()
                raise AssertionError("the operator ended; its log says why")
            if time.monotonic() > end:
                raise AssertionError(f"waited {self._timeout:g} s for {what}: {report_of(self.plugins())}")
            await asyncio.sleep(_POLL_SECONDS)

    async def _end(self) -> int:
        code = 0
        if self._app is not None and self._run is not None:
            self._app.manager.request_stop()
            code = await self._run
        await self.server.stop()
        await in_thread(partial(shutil.rmtree, self._folder, ignore_errors=True))
        return code


def _show_no_locals() -> None:
    """Omit local variables from logged tracebacks, which structlog's default configuration shows."""
    if structlog.is_configured():
        return
    colors = sys.stdout.isatty()
    plain = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
    before = structlog.get_config()["processors"]
    is_console = [isinstance(each, structlog.dev.ConsoleRenderer) for each in before]
    structlog.configure(processors=[plain if it else each for each, it in zip(before, is_console, strict=True)])
