"""What should run in the background of this process and does not; what readiness asks."""

from collections.abc import Callable, Mapping

from plugin_operator import logs
from plugin_operator.clock import Clock, Timer
from plugin_operator.metrics import Counter
from plugin_operator.rendering import cause_of, describe
from plugin_operator.tasks.threads import TaskBroke

#: A task that was started again counts as working once it has gone on for so long.
PROVEN_SECONDS = 2.0

_MAX_REASON = 200

_log = logs.get_logger(__name__)


class TaskSupervisor:
    """Knows what should run in the background of this process and does not; what readiness asks.

    Args:
        clock: measures how long a restarted task has to go on to count as working.
        restarts: ``{task}``: counts the ends that nobody asked for; ``task`` is a kind and not a name, of which there
            are few.
    """

    def __init__(self, clock: Clock, restarts: Counter | None = None) -> None:
        self._clock = clock
        self._restarts = restarts
        self._down: dict[object, str] = {}
        self._proofs: dict[object, Timer] = {}
        self._is_closed = False

    @property
    def down(self) -> list[str]:
        """What ended unasked and does not work again, each with the reason; empty while all is well."""
        return sorted(self._down.values())

    @property
    def is_closed(self) -> bool:
        """Whether the process ends, so that nothing is started again."""
        return self._is_closed

    def close(self) -> None:
        """Say that the process ends: tasks that end from now on are nobody's loss."""
        self._is_closed = True
        for timer in self._proofs.values():
            timer.cancel()
        self._proofs.clear()

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
        """Note, log and count that a task ended unasked.

        Args:
            key: stands for the task until ``restarted`` and its proof.
            kind: what it is counted by.
            name: of the task, for people.
            error: what it raised, if anything.
            cancelled: it was cancelled.
            about: fields of the log line: whose work the task does.
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
        """Note that the task runs again: it works once it has for a while and ``is_working`` says so."""
        self._cancel_proof(key)
        if key not in self._down or self._is_closed:
            return

        def look() -> None:
            if is_working():
                self.forget(key)
                _log.info("Background task works again", task=name)
            else:
                self._proofs[key] = self._clock.call_later(PROVEN_SECONDS, look)

        self._proofs[key] = self._clock.call_later(PROVEN_SECONDS, look)

    def forget(self, key: object) -> None:
        """Note that the task is not wanted any more, or works."""
        self._cancel_proof(key)
        self._down.pop(key, None)

    def _cancel_proof(self, key: object) -> None:
        if (timer := self._proofs.pop(key, None)) is not None:
            timer.cancel()


def _reason(error: BaseException) -> str:
    cause = cause_of(error) if type(error) is TaskBroke else None
    return describe(error, _MAX_REASON) + (f" by {describe(cause, _MAX_REASON)}" if cause is not None else "")
