"""What a reconciler gets, gives back and may end with.

Owns ``Request``, ``Result``, ``Reconciler`` and what is said about a failure. Running reconcilers is the workers' job.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from plugin_operator.controllers import value_checks
from plugin_operator.errors import PluginOperatorError
from plugin_operator.kube import NamespacedName
from plugin_operator.workqueue import MAX_DELAY_SECONDS

Request: TypeAlias = NamespacedName

#: Priorities are 32-bit integers, as most clients of metrics can show them.
MAX_PRIORITY = 2**31 - 1
MIN_PRIORITY = -(2**31)


@dataclass(frozen=True, slots=True)
class Result:
    """What a reconciler wants to happen next; ``Result()`` and ``None`` mean: nothing until the next change.

    Attributes:
        requeue_after: reconcile again after so many seconds, a float or an int, 0 to a century; wins over ``requeue``.
            0 and None mean that nothing is due. It forgets earlier failures; a change meanwhile comes first.
        requeue: reconcile again with backoff, as after an error.
        priority: of the requeue, a 32-bit int; higher comes first, None for that of this run. Changes have 0, initial
            lists and resyncs less.

    Raises:
        TypeError: a value is of another type; a bool is no number.
        ValueError: a number is negative, NaN, infinite or otherwise out of range.
    """

    requeue_after: float | None = None
    requeue: bool = False
    priority: int | None = None

    def __post_init__(self) -> None:
        after, requeue, priority = self.requeue_after, self.requeue, self.priority
        if after is not None and not (type(after) in _NUMBERS and 0 <= after <= MAX_DELAY_SECONDS):
            hint = ", or None to wait for the next change"
            object.__setattr__(
                self, "requeue_after", value_checks.seconds("requeue_after", after, most=MAX_DELAY_SECONDS, hint=hint)
            )
        if requeue is not False and requeue is not True:
            raise TypeError(
                f"requeue is {value_checks.shown(requeue)}; it takes True or False (requeue_after takes seconds)"
            )
        if priority is not None and not (type(priority) is int and MIN_PRIORITY <= priority <= MAX_PRIORITY):
            hint = ", or None for that of this run"
            object.__setattr__(
                self,
                "priority",
                value_checks.whole("priority", priority, least=MIN_PRIORITY, most=MAX_PRIORITY, hint=hint),
            )


_NUMBERS = frozenset({float, int})
_FIELDS = tuple(getattr(Result, field) for field in ("requeue_after", "requeue", "priority"))


def checked_result(value: object) -> Result:
    """Return what a reconciler returned as a ``Result`` whose fields are checked once more.

    A subclass may override fields and ``__post_init__``, and ``object.__setattr__`` gets around both.

    Raises:
        TypeError: it is no ``Result``, or a field is of another type.
        ValueError: a field is out of range.
    """
    kind = type(value)
    if not issubclass(kind, Result):
        raise TypeError(f"reconcile returned {value_checks.shown(value)}; it takes a Result or None")
    try:
        after, requeue, priority = (field.__get__(value) for field in _FIELDS)
    except AttributeError as error:
        raise TypeError(f"reconcile returned an incomplete Result: {error}") from None
    return Result(requeue_after=after, requeue=requeue, priority=priority)


Reconciler: TypeAlias = Callable[[Request], Awaitable[Result | None]]


class TemporaryError(PluginOperatorError):
    """Raised by a reconciler: retry after a delay of one's own, in place of the exponential backoff.

    The reconcile counts as failed, in logs, metrics, status and against the revision. The number of failures that the
    backoff remembers stays as it is. A change of the object comes before the delay. The counterpart of kopf's
    ``TemporaryError``.

    Args:
        message: says what is not ready, for people.
        retry_after_seconds: the delay, a float or an int, 0 to a century.

    Raises:
        TypeError: ``retry_after_seconds`` is no number; a bool is none.
        ValueError: it is negative, NaN or longer than a century.
    """

    __slots__ = ("retry_after_seconds",)

    def __init__(self, message: str = "", *, retry_after_seconds: float) -> None:
        self.retry_after_seconds = value_checks.seconds(
            "retry_after_seconds", retry_after_seconds, most=MAX_DELAY_SECONDS
        )
        super().__init__(message)


_RETRY_AFTER = TemporaryError.__dict__["retry_after_seconds"]


def retry_delay(error: BaseException) -> float | None:
    """Return the seconds after which a failed reconcile asks to be retried; None leaves it to the backoff.

    Reads the slot itself: a subclass may hide it, leave it empty or set it to anything.
    """
    if not issubclass(type(error), TemporaryError):
        return None
    try:
        return value_checks.seconds("retry_after_seconds", _RETRY_AFTER.__get__(error), most=MAX_DELAY_SECONDS)
    except (AttributeError, TypeError, ValueError):
        return None


class ReconcileTimeoutError(PluginOperatorError, TimeoutError):
    """A reconcile ran longer than its controller allows, was cancelled, and is retried with backoff."""


class ControllerStopped(PluginOperatorError):
    """The controller is stopping: it takes no further revision."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed reconcile, as told to whoever watches over revisions.

    Attributes:
        controller, revision: who ran.
        request: for which key.
        error: what it ended with. Do not keep it: its traceback holds on to the revision's module.
        is_terminal: it is not retried.
        is_panic: ``error`` is no ``Exception``.
        is_timeout: it ran into the controller's own timeout.
    """

    controller: str
    revision: str
    request: Request
    error: BaseException
    is_terminal: bool
    is_panic: bool
    is_timeout: bool


FailureCallback: TypeAlias = Callable[[Failure], None]
