"""What a scenario shows of its plugins besides their writes: requests, Events and log lines.

Owns the records and how they are taken. Their texts show no Secret data.
"""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import structlog

from plugin_operator import logs
from plugin_operator.client.models import Model
from plugin_operator.controllers import Reconciler, Request, Result
from plugin_operator.error_hints import described
from plugin_operator.kube.objects import ApiObject
from plugin_operator.log_fields import OwnedFields
from plugin_operator.plugin import ControllerScope, Recorder
from plugin_operator.plugin.context.event_correlator import Reference
from plugin_operator.plugin.context.recorder import EventType
from plugin_operator.testing.recording.writes import WriteLog
from plugin_operator.testing.secret_masking import SECRETS


@dataclass(frozen=True, slots=True, repr=False)
class ReconciledRequest:
    """One reconcile that has ended; its text is ``controller namespace/name: outcome``.

    Attributes:
        controller: name of the controller.
        namespace, name: of the request.
        outcome: ``success``, ``requeue_after``, ``requeue``, ``error``, or ``cancelled``.
        requeue_after: seconds of ``requeue_after``; else None.
        error: class and text of the exception; else empty.
    """

    controller: str
    namespace: str
    name: str
    outcome: str
    requeue_after: float | None = None
    error: str = ""

    def __str__(self) -> str:
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.controller} {where}: {SECRETS.mask(self.error or self.outcome)}"

    def __repr__(self) -> str:
        return f"<{self}>"


@dataclass(frozen=True, slots=True, repr=False)
class RecordedEvent:
    """One call of ``ctx.recorder.event``; its text is ``type reason kind [namespace/]name: message``.

    Attributes:
        type: ``Normal`` or ``Warning``.
        reason, message: as the plugin recorded them.
        kind: the kind of the object, for example ``apps/v1/Deployment``.
        namespace, name: of the object.
        controller: name of the controller.
    """

    type: str
    reason: str
    message: str
    kind: str
    namespace: str
    name: str
    controller: str

    def __str__(self) -> str:
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.type} {self.reason} {self.kind} {where}: {SECRETS.mask(self.message)}"

    def __repr__(self) -> str:
        return f"<{self}>"


class LogLine(dict[str, Any]):
    """One log line of a plugin: its fields, with ``event`` and ``level``. Its text shows no Secret data."""

    def __repr__(self) -> str:
        return SECRETS.mask(super().__repr__())


class ObservedRecorder:
    """A recorder that notes each Event and passes it on.

    Args:
        recorder: the controller's recorder.
        controller: its name.
        events: takes the Events.
    """

    def __init__(self, recorder: Recorder, controller: str, events: list[RecordedEvent]) -> None:
        self._recorder = recorder
        self._controller = controller
        self._events = events

    def event(self, about: Mapping[str, Any] | ApiObject | Model, type: EventType, reason: str, message: str) -> None:  # noqa: A002 - the API's own field name
        """Record an event; see ``Recorder``."""
        try:
            at = Reference.to(about)
        except Exception:  # noqa: BLE001 - the recorder itself logs what is wrong, and drops the Event
            at = None
        if at is not None:
            kind = f"{at.api_version}/{at.kind}"
            self._events.append(RecordedEvent(type, reason, message, kind, at.namespace, at.name, self._controller))
        self._recorder.event(about, type, reason, message)


def observed(
    scope: ControllerScope, reconcile: Reconciler, requests: list[ReconciledRequest], log: WriteLog
) -> Reconciler:
    """Return ``reconcile`` with a note in ``requests`` after each call; ``log`` learns of the waits for its writes."""
    if scope.writes is not None:
        log.expectations.append(scope.writes)

    async def observe(request: Request) -> Result | None:
        outcome, after, error = "cancelled", None, ""
        try:
            result = await reconcile(request)
            after = result.requeue_after if result is not None else None
            outcome = "requeue_after" if after else "requeue" if result is not None and result.requeue else "success"
        except Exception as raised:
            outcome, error = "error", described(raised)
            raise
        finally:
            requests.append(
                ReconciledRequest(scope.controller, request.namespace, request.name, outcome, after or None, error)
            )
        return result

    return observe


@contextmanager
def captured_logs(lines: list[LogLine]) -> Iterator[None]:
    """Record the log lines of plugins, from ``ctx.log``, structlog or the standard library.

    So are those that the operator writes to the log of a controller, such as that of a child that waits.
    """

    def note(_logger: Any, method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        # Only the logs of controllers have such fields.
        if isinstance(event, OwnedFields) or _is_of_plugin(sys._getframe(1)):  # noqa: SLF001 - the documented way
            lines.append(LogLine({**event, "level": method}))
        return event

    processors = structlog.get_config()["processors"]
    handler = _Handler(lines)
    processors.insert(0, note)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        if note in processors:
            processors.remove(note)


class _Handler(logging.Handler):
    """Notes the records of plugins' code."""

    def __init__(self, lines: list[LogLine]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        if logs.owner_of(record.name, record.pathname) is not None:
            self._lines.append(LogLine(event=record.getMessage(), level=record.levelname.lower(), logger=record.name))


def _is_of_plugin(frame: FrameType | None) -> bool:
    """Report whether the first frame outside of the logging library is of a plugin's file."""
    while frame is not None and str(frame.f_globals.get("__name__", "")).startswith("structlog"):
        frame = frame.f_back
    return frame is not None and logs.owner_of("", frame.f_code.co_filename) is not None
