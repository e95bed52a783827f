"""Recording Kubernetes Events without delaying reconciles.

Owns the bounded buffer between ``event()`` and the API server, writing its content, and the flush at stop. Leaves
aggregation to ``event_correlator``.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, Literal, Protocol

from plugin_operator import logs
from plugin_operator.client.models import Model
from plugin_operator.clock import Clock
from plugin_operator.errors import AlreadyExistsError, ApiError, NoMatchError, NotFoundError, PluginOperatorError
from plugin_operator.kube.objects import ApiObject
from plugin_operator.plugin.context.event_correlator import EventCorrelator, Occurrence, Reference, Series
from plugin_operator.plugin.runtime.task_tracking import current_fields
from plugin_operator.rendering import describe, valid_unicode
from plugin_operator.tasks import TaskOwner, TaskSupervisor

EventType = Literal["Normal", "Warning"]

_KIND = "v1/Event"
_MAX_WAITING = 1000
_ATTEMPTS = 3
_RETRY_SECONDS = 1.0
_STOP_SECONDS = 1.0

_log = logs.get_logger(__name__)


class Recorder(Protocol):
    """Recorder of Kubernetes Events for one controller; ``kubectl describe`` shows the Events.

    Equal events become one with a count. Each object has a rate limit: 25 at once, then one in five minutes. Events are
    best effort: a stopped process, or a buffer of more than a thousand, drops them.
    """

    def event(self, about: Mapping[str, Any] | ApiObject | Model, type: EventType, reason: str, message: str) -> None:  # noqa: A002 - the API's own field name
        """Record an event about an object. Thread-safe; never blocks and never raises.

        Args:
            about: the involved object, as a dict or a typed object, or a reference to one (``v1.ObjectReference``).
            type: ``"Normal"`` or ``"Warning"``.
            reason: one word in CamelCase, for machines.
            message: a sentence, for people; truncated after 1,024 characters.
        """


class EventClient(Protocol):
    """The methods of ``client.Client`` that write Events."""

    async def create(self, obj: dict[str, Any]) -> Any:
        """Create an object."""

    async def patch(self, kind: Any, name: str, patch: Any, namespace: str | None = None) -> Any:
        """Send a merge patch."""


class EventRecorder:
    """Runnable that buffers the Events of the process and writes them in one task.

    If the buffer is full, new Events are dropped and counted: Events are best effort.

    Args:
        client: writes the Events.
        instance: ``reportingInstance``, usually the name of the pod.
        clock: provides timestamps, and measures retries.
        supervisor: notified if the writing task ends unexpectedly.
    """

    name = "event-recorder"

    def __init__(
        self, client: EventClient, *, instance: str, clock: Clock, supervisor: TaskSupervisor | None = None
    ) -> None:
        self._client = client
        self._clock = clock
        self._aggregator = EventCorrelator(instance, clock)
        self._waiting: deque[Series] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._tasks = TaskOwner(self.name, clock=clock, supervisor=supervisor)
        self.dropped = 0

    def bind(self, component: str, plugin: str = "") -> "BoundRecorder":
        """Return the recorder of one controller, or of the operator for Events about one plugin.

        Args:
            component: source of the Events, which ``kubectl describe`` shows under From.
            plugin: plugin with a rate limit of its own; empty for a controller's Events.
        """
        return BoundRecorder(self, component, plugin)

    def record(self, occurrence: Occurrence) -> None:
        """Add an event to the buffer; must be called on the event loop."""
        series = self._aggregator.add(occurrence)
        if series is None:
            self.dropped += 1
        elif not series.waiting:
            if len(self._waiting) >= _MAX_WAITING:
                self.dropped += 1
                return
            series.waiting = True
            self._waiting.append(series)
            self._idle.clear()
            self._wake.set()

    async def start(self) -> None:
        """Start the writing task."""
        self._tasks.serve(self._run, "", kind=self.name)

    async def stop(self, deadline_seconds: float) -> None:
        """Flush the buffer within the deadline, and stop."""
        if not len(self._tasks):
            return
        timer = self._clock.call_later(deadline_seconds, self._idle.set)
        try:
            await self._idle.wait()
        finally:
            timer.cancel()
            await self._tasks.stop(_STOP_SECONDS)

    async def _run(self) -> None:
        while True:
            while self._waiting:
                series = self._waiting.popleft()
                series.waiting = False
                await self._write(series)
            self._idle.set()
            self._wake.clear()
            await self._wake.wait()

    async def _write(self, series: Series) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                await self._send(series)
            except ApiError as error:
                if error.status < 500 and error.status != 429 and not isinstance(error, NoMatchError):
                    self._drop(series, error)
                    return
                await self._clock.sleep(error.retry_after_seconds or _RETRY_SECONDS * 2**attempt)
            except PluginOperatorError:
                await self._clock.sleep(_RETRY_SECONDS * 2**attempt)
            except Exception as error:  # noqa: BLE001 - one bad event must not stop the others
                self._drop(series, error)
                return
            else:
                return
        self.dropped += 1

    async def _send(self, series: Series) -> None:
        if series.written:
            try:
                await self._client.patch(_KIND, series.name, series.patch(), series.namespace)
            except NotFoundError:
                # The Event has expired on the server (after an hour by default): create it again.
                series.written = False
            else:
                return
        try:
            await self._client.create(series.manifest())
        except AlreadyExistsError:
            await self._client.patch(_KIND, series.name, series.patch(), series.namespace)
        series.written = True

    def _drop(self, series: Series, error: Exception) -> None:
        self.dropped += 1
        first = series.first
        _log.warning(
            "Event not recorded", **first.whose, reason=first.reason, about=str(first.about), error=describe(error)
        )


class BoundRecorder:
    """The recorder of one controller."""

    __slots__ = ("_component", "_loop", "_plugin", "_recorder")

    def __init__(self, recorder: EventRecorder, component: str, plugin: str = "") -> None:
        self._recorder = recorder
        self._component = component
        self._plugin = plugin
        self._loop = asyncio.get_running_loop()

    def event(self, about: Mapping[str, Any] | ApiObject | Model, type: EventType, reason: str, message: str) -> None:  # noqa: A002 - the API's own field name
        """Record an event; thread-safe, never blocks and never raises."""
        try:
            reference = Reference.to(about)
        except BaseException as error:  # noqa: BLE001 - the plugin may pass any object
            whose = {"controller": self._component, **current_fields()}
            trouble = f"no reference to the object: {describe(error)}"
            _log.warning("Event not recorded", **whose, reason=valid_unicode(reason), error=trouble)
            return
        occurrence = Occurrence(
            self._component,
            reference,
            valid_unicode(type),
            valid_unicode(reason),
            valid_unicode(message),
            self._plugin,
            {"controller": self._component, **current_fields()},
        )
        try:
            on_loop = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            on_loop = False
        if on_loop:
            self._recorder.record(occurrence)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._recorder.record, occurrence)
