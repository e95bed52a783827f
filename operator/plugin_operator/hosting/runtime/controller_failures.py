"""Failures of one controller in one revision, the source for status, metrics, probes, logs and CLI.

Owns when a controller counts as failing most of the time, and the location of an error in the plugin's code. All
failures count: errors of the API server, ``TerminalError``, timeouts, predicates and map functions. Leaves rollbacks to
``health``.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from plugin_operator.clock import Clock
from plugin_operator.controllers import ControllerStatus, Failure, Request
from plugin_operator.controllers.workers.failure_summary import failure_summary
from plugin_operator.controllers.workers.outcomes import MAX_REMEMBERED
from plugin_operator.error_hints import described
from plugin_operator.rendering import Locate, places_of

#: Consecutive failures, without a success of any object in between, after which a controller may be failing.
FAILURES_IN_A_ROW = 3
#: ... if this many objects failed, or all objects, or none has succeeded since the revision started.
FAILING_OBJECTS = 3
#: How long the failure of a predicate or map function is shown.
CODE_FAILURE_SHOWN_SECONDS = 300.0

_SHOWN_NAMES = 3
_MAX_WORDS = 300


class LastFailure(msgspec.Struct, frozen=True, gc=False):
    """The last error of a controller.

    Attributes:
        what: role of the code that failed: reconcile, predicate, map.
        text: type and message, truncated.
        places: ``file:line`` of the plugin's frames in its traceback, innermost first.
        at: time of the failure in UTC.
    """

    what: str
    text: str
    places: tuple[str, ...]
    at: datetime

    @property
    def error(self) -> str:
        """``text`` in one line."""
        return " ".join(self.text.split())

    @property
    def place(self) -> str:
        """The innermost of ``places``; empty if there is none."""
        return self.places[0] if self.places else ""


class ControllerFailures(msgspec.Struct, frozen=True):
    """The current failures of one controller.

    Attributes:
        controller: name of the controller.
        objects: number of objects whose last reconcile failed, up to ``MAX_REMEMBERED``.
        names: names of some of them.
        code: number of recent exceptions of its predicates and map functions.
        last: the last error; None if nothing fails.
        keeps_failing: whether the controller fails most of the time.
    """

    controller: str
    objects: int = 0
    names: tuple[str, ...] = ()
    code: int = 0
    last: LastFailure | None = None
    keeps_failing: bool = False

    @property
    def summary(self) -> str:
        """All failures in one line of text; empty if nothing fails."""
        if self.last is None:
            return ""
        return failure_summary(
            self.controller,
            objects=self.objects,
            names=self.names,
            handlers=self.code,
            last=(self.last.what, self.last.error, self.last.place),
        )


class FailureLog:
    """Log of the failures of one controller since its revision started.

    Args:
        controller: name of the controller.
        clock: provides the time of failures.
        locate: maps file names of the plugin's code to paths shown to users.
        succeeded: returns the number of successful reconciles so far.
    """

    __slots__ = (
        "_charged_at",
        "_clock",
        "_code",
        "_code_at",
        "_controller",
        "_failed",
        "_in_a_row",
        "_last",
        "_last_code",
        "_locate",
        "_row",
        "_succeeded",
        "_succeeded_at_row",
        "_succeeded_at_start",
    )  # fmt: skip

    def __init__(self, controller: str, *, clock: Clock, locate: Locate, succeeded: Callable[[], int]) -> None:
        self._controller = controller
        self._clock = clock
        self._locate = locate
        self._succeeded = succeeded
        self._succeeded_at_start = self._succeeded_at_row = succeeded()
        self._row: dict[Request, None] = {}
        self._in_a_row = 0
        self._failed = 0
        self._last: LastFailure | None = None
        self._last_code: LastFailure | None = None
        self._code = 0
        self._code_at = 0.0
        self._charged_at: tuple[int, int] | None = None

    def reconcile_failed(self, failure: Failure) -> None:
        """Record a failed reconcile."""
        done = self._succeeded()
        if done != self._succeeded_at_row:
            self._succeeded_at_row, self._in_a_row = done, 0
            self._row.clear()
        self._in_a_row += 1
        self._failed += 1
        if len(self._row) < MAX_REMEMBERED:
            self._row[failure.request] = None
        text = failure.text if len(failure.text) <= _MAX_WORDS else described(failure.error, _MAX_WORDS)
        self._last = LastFailure("reconcile", text, failure.places, failure.at)

    def code_failed(self, what: str, error: BaseException) -> None:
        """Record an exception of a predicate or map function."""
        if self._clock.monotonic() - self._code_at > CODE_FAILURE_SHOWN_SECONDS:
            self._code = 0
        self._code += 1
        self._code_at = self._clock.monotonic()
        places = places_of(error, self._locate)
        self._last_code = LastFailure(what, described(error, _MAX_WORDS), places, self._clock.now())

    def look(self, status: ControllerStatus) -> ControllerFailures:
        """Update whether the controller fails most of the time, and return its failures."""
        if self._charged_at is None:
            if self._fails(status) or self._recent_code() >= FAILURES_IN_A_ROW:
                self._charged_at = self._succeeded(), self._failed
        elif self._is_over(status, self._charged_at):
            self._charged_at = None
        return self.snapshot(status)

    def snapshot(self, status: ControllerStatus) -> ControllerFailures:
        """Return the failures, as of the last ``look``."""
        code = self._recent_code()
        lasts = [self._last if status.failing else None, self._last_code if code else None]
        known = [last for last in lasts if last is not None]
        names = tuple(str(request) for request in list(status.failing)[-_SHOWN_NAMES:])
        if not known and status.failing:
            # The object failed in the previous revision and has not been retried.
            key = list(status.failing.values())[-1]
            known = [LastFailure("reconcile", key.error[:_MAX_WORDS], (), key.at)]
        return ControllerFailures(
            self._controller,
            len(status.failing),
            names,
            code,
            max(known, key=lambda last: last.at) if known else None,
            self._charged_at is not None,
        )

    def _fails(self, status: ControllerStatus) -> bool:
        if not status.failing or self._succeeded() != self._succeeded_at_row:
            return False
        is_final = all(key.is_terminal for key in status.failing.values())
        if self._in_a_row < FAILURES_IN_A_ROW and not (self._in_a_row and is_final):
            return False
        objects = max((each.objects for each in status.informers), default=0)
        enough = min(FAILING_OBJECTS, objects) if objects else 1
        return self._succeeded() == self._succeeded_at_start or len(self._row) >= enough

    def _is_over(self, status: ControllerStatus, charged_at: tuple[int, int]) -> bool:
        """Report whether a failing controller has recovered: more successes than failures, or no failing object."""
        if self._recent_code() >= FAILURES_IN_A_ROW:
            return False
        succeeded, failed = self._succeeded() - charged_at[0], self._failed - charged_at[1]
        return not status.failing or (succeeded >= FAILURES_IN_A_ROW and succeeded > failed)

    def _recent_code(self) -> int:
        is_recent = self._clock.monotonic() - self._code_at <= CODE_FAILURE_SHOWN_SECONDS
        return self._code if is_recent else 0
