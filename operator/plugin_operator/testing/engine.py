"""The engine of ``PluginHarness`` and ``scenario``: an embedded API server and an operator in this process.

Owns start, stop, and waiting until the operator is idle, which ``Quiescence`` detects.
"""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from kube_apiserver import ApiServer, ApiServerConfig
from plugin_operator.app import App
from plugin_operator.app.build import FIELD_MANAGER
from plugin_operator.app.host_parts import HostParts
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper, Transport
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting import PluginState, PluginStatus
from plugin_operator.metrics import Metrics
from plugin_operator.options import Options
from plugin_operator.tasks import start_task
from plugin_operator.testing.checks.plugin_checks import PluginChecks
from plugin_operator.testing.checks.served_fields import ServedFields
from plugin_operator.testing.copied_plugins import copy_plugins
from plugin_operator.testing.mapper import PatientMapper
from plugin_operator.testing.permissions.checked_calls import CheckedTransport
from plugin_operator.testing.permissions.loaded_rules import LoadedRules
from plugin_operator.testing.quiescence import Quiescence, report_of
from plugin_operator.testing.reports.log_lines import naming_originals, set_up
from plugin_operator.testing.secret_masking import watch
from plugin_operator.testing.virtual_time import VirtualTime
from plugin_operator.threads import in_thread

_LOOK_SECONDS = 2.0
_POLL_SECONDS = 0.002
_STOP_SECONDS = 0.2
_YEARS_SECONDS = 1e9
_OUTSIDE = "not entered: use it inside async with"


class Engine:
    """An embedded API server and an operator with a copy of the given plugins.

    Args:
        plugins: plugin files and folders.
        timeout_seconds: deadline of start and of each wait.
        parts: replacements for parts of the operator's host.
        clock: the virtual time of host and server; None for the clocks of the machine.
        is_busy: reports whether requests of plugins and schedules are in flight; None if that is not known.
        unmet_waits: see ``Quiescence``.
        checks: what fails the test at its end; None for all.

    Attributes:
        server: the embedded API server.
    """

    def __init__(
        self,
        plugins: Sequence[Path],
        timeout_seconds: float,
        parts: HostParts | None = None,
        clock: VirtualTime | None = None,
        is_busy: Callable[[], bool] | None = None,
        unmet_waits: Callable[[], int] = lambda: 0,
        checks: PluginChecks | None = None,
    ) -> None:
        set_up()
        self._plugins = plugins
        self._timeout = timeout_seconds
        self._checks = checks or PluginChecks()
        self._clock = clock
        self._is_busy = is_busy
        self._unmet_waits = unmet_waits
        self._stack = AsyncExitStack()
        self._app: App | None = None
        self._quiescence: Quiescence | None = None
        self._client: ApiClient | None = None
        self._run: asyncio.Task[int] | None = None
        self._settled_at = -1
        self._folder: Path | None = None
        self.server = ApiServer(ApiServerConfig(tls=False), clock=clock)
        watch(self.server)
        self._parts = self._checked(parts or HostParts())

    def _checked(self, parts: HostParts) -> HostParts:
        """Return ``parts`` with a check of each call of a plugin, closest to the API server."""
        registry = self.server.cluster.registry
        rules, served = LoadedRules(registry), ServedFields(registry)

        def transport(inner: Transport) -> Transport:
            return parts.wrapped(CheckedTransport(inner, rules.of, self._checks, served, self._original))

        originals = tuple(str(each.absolute()) for each in self._plugins)
        return replace(parts, originals=originals, loader=rules, reviews=False, transport=transport)

    @property
    def app(self) -> App:
        """The operator.

        Raises:
            RuntimeError: the engine was never started.
        """
        if self._app is None:
            raise RuntimeError(_OUTSIDE)
        return self._app

    @property
    def folder(self) -> Path:
        """The plugins directory, a copy.

        Raises:
            RuntimeError: the engine was never started.
        """
        if self._folder is None:
            raise RuntimeError(_OUTSIDE)
        return self._folder

    @property
    def client(self) -> ApiClient:
        """API client of the test, with the operator's field manager and the default namespace ``default``.

        Raises:
            RuntimeError: the engine was never started.
        """
        if self._client is None:
            raise RuntimeError(_OUTSIDE)
        return self._client

    async def start(self, prepare: Callable[[], Awaitable[None]] | None = None) -> None:
        """Start the server, await ``prepare``, start the operator, and wait until every plugin is active and idle.

        Raises:
            PluginRejected: a plugin cannot be loaded.
            AssertionError: the plugins are not idle within the timeout.
        """
        try:
            await self._start(prepare)
        except BaseException:
            await self.stop()
            raise

    async def _start(self, prepare: Callable[[], Awaitable[None]] | None) -> None:
        self._folder = await in_thread(copy_plugins, self._plugins)
        self._stack.enter_context(naming_originals(self._folder, self._original))
        endpoint = await self.server.start()
        config = ConnectionConfig.for_endpoint(endpoint.url, token=endpoint.token or None)
        link = await self._stack.enter_async_context(Connection.open(config, Metrics(), user_agent="test"))
        self._client = ApiClient(link, PatientMapper(link), field_manager=FIELD_MANAGER, default_namespace="default")
        if prepare is not None:
            await prepare()
        options = Options(
            plugins_dir=self.folder,
            metrics_address=None,
            probe_address=None,
            stall_threshold_seconds=0,
            apply_crds=True,
        )
        if self._clock is not None:
            options = replace(options, scan_interval_seconds=_YEARS_SECONDS)  # in virtual time, files do not change
        self._app = App(options, replace(config, namespace="default"), (), parts=self._parts)
        # Separate mappers: the operator's caches for half a second that a kind is not served.
        looker = ApiClient(link, RESTMapper(link, refetch_seconds=0), field_manager="plugin-harness")
        self._quiescence = Quiescence(self._app, looker, self._unmet_waits)
        self._run = start_task(self._app.run(), "plugin-harness")
        await self.wait(lambda: self.app.host.is_settled, "the plugins to load")
        for plugin in self.app.host.status():
            if plugin.state is PluginState.REJECTED:
                raise PluginRejected(plugin.reason, path=self._original(plugin.path), line=plugin.line)
        await self.settle()

    def _original(self, copy: str) -> str:
        """Return the path of the author's file, from that of its copy."""
        first, *rest = Path(copy).relative_to(self.folder).parts
        return str(next((each.joinpath(*rest) for each in self._plugins if each.name == first), copy))

    async def leave(self, error: BaseException | None) -> None:
        """Stop operator and server at the end of a test, which ``error`` has failed if it is not None.

        Raises:
            AssertionError: the operator failed, or a plugin made a call that a check refuses; ``error`` is None.
        """
        code = await self.stop()
        if error is not None:
            if message := self._checks.message:
                error.add_note(message)
        elif code:
            raise AssertionError(f"the operator ended with status {code}; its log says why")
        elif message := self._checks.message:
            raise AssertionError(message)

    async def stop(self) -> int:
        """Stop operator and server, and return the operator's exit status."""
        try:
            if self._app is None or self._run is None:
                return 0
            self._app.manager.request_stop()
            return await self._ended(self._run)
        finally:
            await self._stack.aclose()
            await self.server.stop()
            if self._folder is not None:
                await in_thread(partial(shutil.rmtree, self._folder, ignore_errors=True))

    async def _ended(self, run: "asyncio.Task[int]") -> int:
        """Wait for the end of the operator; its deadlines pass in virtual time, if it does not end by itself."""
        if self._clock is not None:
            await asyncio.wait([run], timeout=_STOP_SECONDS)
            while not run.done():
                await self._clock.advance(1.0)
                await asyncio.sleep(_POLL_SECONDS)
        return await run

    async def settle(self) -> None:
        """Wait until every cache equals the server, and no plugin is loading and no key is queued or in process.

        Raises:
            AssertionError: the operator is not idle within the timeout; the message lists its work.
        """
        if self._quiescence is None:
            raise RuntimeError(_OUTSIDE)
        end = time.monotonic() + self._timeout
        calm = 0
        revision = -1
        # Twice in a row, because an event may be between cache and queue when the operator looks idle.
        while calm < 2:
            revision = self.server.cluster.store.revision
            if self._clock is not None:
                # A schedule has no request in flight before its task has begun.
                await self.in_virtual_time(self._clock.settle())
            calm = calm + 1 if await self._quiescence.is_reached() and not self._has_requests else 0
            if time.monotonic() > end:
                plugins = report_of(self.app.host.status())
                raise AssertionError(f"the operator is not idle after {self._timeout:g} s: {plugins}")
            await asyncio.sleep(_POLL_SECONDS)
        self._settled_at = revision

    async def in_virtual_time(self, step: Awaitable[None]) -> None:
        """Await a step of the virtual clock.

        Raises:
            AssertionError: the event loop stays busy; the message names the plugins that write in loops.
        """
        try:
            await step
        except TimeoutError as busy:
            end, looks = time.monotonic() + _LOOK_SECONDS, self.app.host.looks
            self.app.host.hint()  # the look at the plugins finds out
            while self.app.host.looks == looks and time.monotonic() < end:  # noqa: ASYNC110 - a look has no event
                await asyncio.sleep(_POLL_SECONDS)
            charges = [f"plugin {each.name}: {charge.detail}" for each in self.status() for charge in each.charges]
            raise AssertionError("; ".join([str(busy), *charges])) from None

    @property
    def is_unchanged(self) -> bool:
        """Whether the server's data is as ``settle`` found it, and no plugin is loading and no key is due."""
        quiescence = self._quiescence
        return (
            quiescence is not None
            and self.server.cluster.store.revision == self._settled_at
            and not quiescence.has_work
            and not self._has_requests
        )

    @property
    def _has_requests(self) -> bool:
        return self._is_busy is not None and self._is_busy()

    async def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until ``condition`` holds.

        Raises:
            AssertionError: it does not hold within the timeout, or the operator has ended.
        """
        end = time.monotonic() + self._timeout
        while not condition():
            if self._run is not None and self._run.done():
                self._run.result()
                raise AssertionError("the operator ended; its log says why")
            if time.monotonic() > end:
                found = report_of(self.status()) or f"no plugin was found yet in {', '.join(map(str, self._plugins))}"
                raise AssertionError(f"waited {self._timeout:g} s for {what}: {found}")
            await asyncio.sleep(_POLL_SECONDS)

    def status(self) -> list[PluginStatus]:
        """Return the current status of each plugin."""
        return list(self.app.host.status())
