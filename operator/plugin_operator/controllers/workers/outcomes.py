"""Handling the outcome of a reconcile.

Owns requeuing, counting and logging, by the rules of controller-runtime's ``reconcileHandler``. A success and
``requeue_after`` reset the backoff; ``requeue`` and errors back off; a terminal error is not retried.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.containment import LineLimiter, PluginGuard
from plugin_operator.controllers.metrics import ControllerMetrics
from plugin_operator.controllers.reconcile import (
    Failure,
    FailureCallback,
    ReconcileTimeoutError,
    Request,
    checked_result,
    retry_delay,
)
from plugin_operator.controllers.workers.tracebacks import TracebackThrottle
from plugin_operator.error_hints import described
from plugin_operator.errors import TerminalError
from plugin_operator.rendering import qualified_class_name
from plugin_operator.workqueue import WorkQueue

_log = logs.get_logger(__name__)

#: Most failing keys in the status; the oldest is dropped first.
MAX_REMEMBERED = 200
# Most log lines about failures at one code location per period; the next line has the count of the others.
_BURST = 100
# ... and at all locations, whose number is unbounded.
_MOST = 200
_PERIOD_SECONDS = 10.0


class FailingKey(msgspec.Struct, frozen=True, gc=False):
    """The last failure of a key that has not succeeded since.

    Attributes:
        error: type and message.
        revision: revision that failed.
        count: consecutive failures.
        at: time of the last failure in UTC.
        is_terminal: whether it waits for a change instead of a retry.
    """

    error: str
    revision: str
    count: int
    at: datetime
    is_terminal: bool


class Outcomes:
    """Handles the outcome of each reconcile of one controller.

    Args:
        name: name of the controller.
        queue: queue of the keys; the key must still be processing.
        metrics: counters to update.
        clock: provides the time of failures.
        on_failure: called for each failure.
    """

    __slots__ = ("_clock", "_failing", "_limiter", "_metrics", "_name", "_on_failure", "_queue", "_tracebacks")

    def __init__(
        self,
        name: str,
        *,
        queue: WorkQueue[Request],
        metrics: ControllerMetrics,
        clock: Clock,
        on_failure: FailureCallback | None,
    ) -> None:
        self._name = name
        self._queue = queue
        self._metrics = metrics
        self._clock = clock
        self._on_failure = on_failure
        self._failing: dict[Request, FailingKey] = {}
        self._limiter = LineLimiter(clock, burst=_BURST, period_seconds=_PERIOD_SECONDS, most=_MOST)
        self._tracebacks = TracebackThrottle(clock)

    @property
    def failing(self) -> Mapping[Request, FailingKey]:
        """The keys whose last reconcile failed, at most ``MAX_REMEMBERED``."""
        return self._failing

    def forget(self, where: Callable[[Request], bool]) -> None:
        """Forget the failures of the keys for which ``where`` returns true: another process reconciles them."""
        for request in [each for each in self._failing if where(each)]:
            del self._failing[request]

    def succeeded(self, request: Request) -> None:
        """Handle a success: the key needs nothing until its next change."""
        self._queue.forget(request)
        self._metrics.success += 1
        if self._failing:
            self._failing.pop(request, None)

    def returned(self, guard: PluginGuard, request: Request, result: object) -> None:
        """Handle a result other than None."""
        try:
            result = checked_result(result)
        except (TypeError, ValueError) as error:
            self.failed(guard, request, error)
            return
        priority = self._queue.priority_of(request) if result.priority is None else result.priority
        if result.requeue_after:
            self._queue.forget(request)
            self._queue.add_after(request, result.requeue_after, priority)
            self._metrics.requeue_after += 1
        elif result.requeue:
            self._queue.add_rate_limited(request, priority)
            self._metrics.requeue += 1
        else:
            self.succeeded(request)
            return
        if self._failing:
            self._failing.pop(request, None)

    def interrupted(self, request: Request) -> None:
        """Handle a reconcile cancelled for a newer revision, which reconciles the key again."""
        self._queue.add(request, self._queue.priority_of(request))

    def failed(self, guard: PluginGuard, request: Request, error: BaseException) -> None:
        """Handle a reconcile that ended with an exception of any type."""
        failure = Failure(
            controller=self._name,
            revision=guard.revision,
            request=request,
            error=error,
            text=described(error),
            places=guard.places_of(error),
            at=self._clock.now(),
            # issubclass of the type: isinstance reads __class__, which a plugin's class may define.
            is_terminal=issubclass(type(error), TerminalError),
            is_panic=not issubclass(type(error), Exception),
            is_timeout=issubclass(type(error), ReconcileTimeoutError),
        )
        # Requeue first, because logging the failure may itself fail.
        self._retry(failure)
        self._count(failure)
        self._remember(failure)
        self._log(failure, guard)
        self._tell(failure)

    def _retry(self, failure: Failure) -> None:
        """Requeue the key, unless the error is terminal."""
        request, priority = failure.request, self._queue.priority_of(failure.request)
        delay = retry_delay(failure.error)
        if failure.is_terminal:
            self._queue.forget(request)
        elif delay is not None:
            self._queue.add_after(request, delay, priority)
        else:
            self._queue.add_rate_limited(request, priority)

    def _log(self, failure: Failure, guard: PluginGuard) -> None:
        error, request = failure.error, failure.request
        reconcile_id = guard.take_reconcile_id(request)
        place = failure.places[0] if failure.places else ""
        left_out = self._limiter.pass_one((guard.revision, qualified_class_name(error), place))
        if left_out is None:
            return
        more = {"left_out": left_out} if left_out else {}
        _log.error(
            "Reconciler error",
            **guard.fields(request),
            reconcile_id=reconcile_id() or None,
            retried=not failure.is_terminal,
            at=place or None,
            error=failure.text,
            exc_info=error if self._tracebacks.should_show(failure.revision, error) else None,
            **more,
        )

    def _count(self, failure: Failure) -> None:
        self._metrics.error += 1
        self._metrics.errors += 1
        self._metrics.terminal_errors += failure.is_terminal
        self._metrics.panics += failure.is_panic
        self._metrics.timeouts += failure.is_timeout

    def _remember(self, failure: Failure) -> None:
        known = self._failing.pop(failure.request, None)
        if len(self._failing) >= MAX_REMEMBERED:
            del self._failing[next(iter(self._failing))]
        self._failing[failure.request] = FailingKey(
            error=failure.text,
            revision=failure.revision,
            count=known.count + 1 if known is not None else 1,
            at=failure.at,
            is_terminal=failure.is_terminal,
        )

    def _tell(self, failure: Failure) -> None:
        if self._on_failure is None:
            return
        try:
            self._on_failure(failure)
        except Exception as error:  # noqa: BLE001 - a failure callback must not stop the worker
            _log.error("Failure callback raised", controller=self._name, exc_info=error)
