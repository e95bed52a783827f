"""Which services and jobs of this process are down; readiness reads it."""

from collections.abc import Callable, Mapping

from plugin_operator import logs
from plugin_operator.clock import Clock, Timer
from plugin_operator.metrics import Counter
from plugin_operator.metrics.declaration import counter
from plugin_operator.rendering import cause_of, describe
from plugin_operator.tasks.threads import TaskBroke

BACKGROUND_TASK_RESTARTS = counter(
    "plugin_operator_background_task_restarts_total", "Background tasks that ended unexpectedly, by kind", "task"
)

#: A restarted task counts as working after running for this long.
PROVEN_SECONDS = 2.0

_MAX_REASON = 200

_log = logs.get_logger(__name__)


class TaskSupervisor:
    """Tracks the services and jobs that are down, for readiness.

    Args:
        clock: measures how long a restarted task has run.
        restarts: ``{task}``: counts unexpected ends; ``task`` is the kind, to bound the number of series.
    """

    def __init__(self, clock: Clock, restarts: Counter | None = None) -> None:
        self._clock = clock
        self._restarts = restarts
        self._down: dict[object, str] = {}
        self._proofs: dict[object, Timer] = {}
        self._is_closed = False

    @property
    def down(self) -> list[str]:
        """Each task that ended unexpectedly and does not work yet, with the reason; empty when all tasks work."""
        return sorted(self._down.values())

    @property
    def is_closed(self) -> bool:
        """Whether the process is stopping, so that no task is restarted."""
        return self._is_closed

    def close(self) -> None:
        """Stop restarting and counting: the process is stopping."""
        self._is_closed = True
        for timer in self._proofs.values():
            timer.cancel()
        self._proofs.clear()

    def expects(self, kind: str) -> None:
        """Expose the restarts of a kind as 0: Prometheus sees no increase in a series that begins with 1."""
        if self._restarts is not None:
            self._restarts.inc(kind, by=0)

    def lost(
        self,
        key: object,
        kind: str,
        name: str,
        error: BaseException | None,
        *,
        cancelled: bool = False,
        about: Mapping[str, str] | None = None,
    ) -> None:
        """Record, log and count the unexpected end of a task.

        Args:
            key: identifies the task until it works again.
            kind: label of the metric.
            name: name of the task in messages.
            error: the exception, if it raised one.
            cancelled: whether it was cancelled.
            about: further fields of the log line, such as the plugin.
        """
        if self._is_closed:
            return
        self._cancel_proof(key)
        reason = "was cancelled" if cancelled else "returned" if error is None else f"raised {_reason(error)}"
        self._down[key] = f"{name} {reason}"
        if self._restarts is not None:
            self._restarts.inc(kind)
        _log.error(
            "Background task ended, restarting it", task=name, kind=kind, reason=reason, exc_info=error, **(about or {})
        )

    def restarted(self, key: object, name: str, is_working: Callable[[], bool] = lambda: True) -> None:
        """Record a restart; the task counts as working after a while, if ``is_working`` agrees."""
        self._cancel_proof(key)
        if key not in self._down or self._is_closed:
            return

        def look() -> None:
            if is_working():
                self.forget(key)
                _log.info("Background task recovered", task=name)
            else:
                self._proofs[key] = self._clock.call_later(PROVEN_SECONDS, look)

        self._proofs[key] = self._clock.call_later(PROVEN_SECONDS, look)

    def forget(self, key: object) -> None:
        """Remove the task from the list of those that are down."""
        self._cancel_proof(key)
        self._down.pop(key, None)

    def _cancel_proof(self, key: object) -> None:
        if (timer := self._proofs.pop(key, None)) is not None:
            timer.cancel()


def _reason(error: BaseException) -> str:
    cause = cause_of(error) if type(error) is TaskBroke else None
    return describe(error, _MAX_REASON) + (f" by {describe(cause, _MAX_REASON)}" if cause is not None else "")
