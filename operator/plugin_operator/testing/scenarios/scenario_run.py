"""A scenario: plugins on an embedded API server, in virtual time, with everything that they do on record.

Owns time, planned failures and what is on record. Leaves start, stop and waiting to ``Engine``, and objects to
``ScenarioObjects``.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from kube_apiserver import ApiServer
from plugin_operator.app.host_parts import HostParts
from plugin_operator.client import Client
from plugin_operator.hosting import PluginStatus
from plugin_operator.testing.checks.plugin_checks import PluginChecks
from plugin_operator.testing.engine import Engine
from plugin_operator.testing.recording.observations import (
    LogLine,
    ObservedRecorder,
    ReconciledRequest,
    RecordedEvent,
    captured_logs,
    observed,
)
from plugin_operator.testing.recording.writes import (
    Failure,
    ObservedTransport,
    Write,
    WriteLog,
    kind_in,
    planned,
    planned_failures,
)
from plugin_operator.testing.scenarios import seeds
from plugin_operator.testing.scenarios.late_seeds import Seeding
from plugin_operator.testing.scenarios.scenario_objects import ScenarioObjects
from plugin_operator.testing.virtual_time import VirtualTime


class Scenario(ScenarioObjects):
    """Plugins that run on an embedded API server in virtual time; ``scenario`` makes it.

    Attributes:
        server: the embedded API server, in memory. ``server.faults`` plans faults for all clients, watches included.
        requests: the reconciles that have ended, in order.
        events: the Events that plugins recorded, in order, before equal ones are merged.
        logs: the log lines of plugins, in order.
    """

    def __init__(
        self,
        plugins: Sequence[Path],
        *,
        objects: Sequence[seeds.SeedObject],
        fail: Mapping[str, Failure | Sequence[Failure]],
        start: datetime,
        timeout_seconds: float,
        checks: PluginChecks,
    ) -> None:
        self._clock, self._stack = VirtualTime(start), ExitStack()
        self._seeding = Seeding(objects, lambda: self.client)
        self.requests: list[ReconciledRequest] = []
        self.events: list[RecordedEvent] = []
        self.logs: list[LogLine] = []
        # No child process tries the import, and nothing watches the files: the test process imports them, once.
        parts = HostParts(
            clock=self._clock,
            validates=False,
            watches=False,
            transport=lambda transport: ObservedTransport(transport, self._log),
            recorder=lambda recorder, name: ObservedRecorder(recorder, name, self.events),
            definitions=self._seeding.with_definitions,
            instrument=lambda scope, reconcile: observed(scope, reconcile, self.requests, self._log),
        )
        self._engine = Engine(
            plugins, timeout_seconds, parts, self._clock, lambda: bool(self._log.pending),
            lambda: self._log.unmet_waits(), checks,  # noqa: PLW0108 - made below
        )  # fmt: skip
        self._log = WriteLog(partial(kind_in, self._engine.server.cluster.registry), failures=planned_failures(fail))
        self.server: ApiServer = self._engine.server

    async def __aenter__(self) -> Self:
        """Start server and operator, with the objects there, and wait until all are reconciled.

        Raises:
            PluginRejected: a plugin cannot be loaded.
            ApiError: the server rejects an object.
            AssertionError: the plugins are not idle within the timeout.
        """
        self._stack.enter_context(captured_logs(self.logs))
        try:
            await self._engine.start(self._seeding.before_start)
            await self._create_rest()
        except BaseException:
            self._stack.close()
            raise
        return self

    async def _create_rest(self) -> None:
        try:
            if await self._seeding.after_start():
                await self.settle()
        except BaseException:
            await self._engine.stop()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop server and operator, and raise if the operator failed, or a plugin made a call that a check refuses.

        Raises:
            AssertionError: one of both, and the test did not fail before.
        """
        with self._stack:
            await self._engine.leave(error)

    @property
    def client(self) -> Client:
        """API client of the test, with the default namespace ``default``. ``writes`` does not show its writes.

        Raises:
            RuntimeError: the scenario is not entered.
        """
        return self._engine.client

    @property
    def writes(self) -> list[Write]:
        """What plugins wrote and the server accepted, in order; not the writes of the test. Raises nothing."""
        return [each for each in self._log.writes if not each.error]

    @property
    def failed_writes(self) -> list[Write]:
        """The writes of plugins that failed, in order, with their errors. Raises nothing."""
        return [each for each in self._log.writes if each.error]

    @property
    def now(self) -> datetime:
        """The virtual time: of schedules, Events and the server's timestamps. Raises nothing."""
        return self._clock.now()

    @property
    def plugins(self) -> list[PluginStatus]:
        """The current status of each plugin.

        Raises:
            RuntimeError: the scenario is not entered.
        """
        return self._engine.status()

    def fail(self, verb: str, error: Failure, *, kind: str = "", times: int | None = None) -> None:
        """Let requests of plugins fail from now on. Requests of caches, operator and test are not affected.

        The plugin meets the error at once: the client does not retry 429 and 503 as it does in production.

        Args:
            verb: ``get``, ``list``, ``create``, ``update``, ``patch``, ``apply`` or ``delete``. ``patch`` includes
                ``apply``.
            error: an HTTP status of 400 and above, or an exception such as ``ApiConnectionError("no route")``.
            kind: only requests about this kind, for example "v1/Secret".
            times: how many requests fail; None for all, until ``heal``.

        Raises:
            ValueError: the verb is unknown, or the status is below 400.
        """
        self._log.failures.append(planned(verb, error, kind, times))

    def heal(self) -> None:
        """Drop all planned failures. Raises nothing."""
        self._log.failures.clear()

    async def settle(self) -> None:
        """Wait until plugins have done everything that is due: caches equal the server, and no request is left.

        Raises:
            AssertionError: they have not within the timeout; the message lists what is left.
        """
        await self._engine.settle()

    async def advance(self, seconds: float, *, settle: bool = True) -> None:
        """Move virtual time forward; each timer fires when it is due, and its work is done before time moves on.

        It fires backoff, ``requeue_after``, ``every``, ``cron``, resync and timeouts of reconciles. Time that a plugin
        takes from elsewhere (``asyncio.sleep``, ``time.time()``) does not move.

        Args:
            seconds: how far to move time, at least 0.
            settle: False waits for no work, so that time passes while a reconcile runs, for example to its timeout.

        Raises:
            AssertionError: work that has become due is not done within the timeout.
            ValueError: ``seconds`` is negative.
        """
        if seconds < 0:
            raise ValueError("time does not go back: seconds must be 0 or more")
        if not settle:
            await self._engine.in_virtual_time(self._clock.advance(seconds))
            return
        end = self._clock.monotonic() + seconds
        await self.settle()
        while (due := self._clock.next_due()) is not None and due <= end:
            await self._engine.in_virtual_time(self._clock.advance(max(0.0, due - self._clock.monotonic())))
            if not self._engine.is_unchanged:
                await self.settle()
        await self._engine.in_virtual_time(self._clock.advance(max(0.0, end - self._clock.monotonic())))
