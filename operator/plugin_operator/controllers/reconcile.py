"""The interface of reconcilers: request, result and errors.

Owns ``Request``, ``Result``, ``Reconciler`` and ``Failure``. Leaves running reconcilers to ``workers``.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import msgspec

from plugin_operator.controllers import value_checks
from plugin_operator.errors import PluginOperatorError
from plugin_operator.kube import NamespacedName
from plugin_operator.workqueue import MAX_DELAY_SECONDS

Request: TypeAlias = NamespacedName

#: Priorities are 32-bit integers, which most metrics clients can represent.
MAX_PRIORITY = 2**31 - 1
MIN_PRIORITY = -(2**31)


@dataclass(frozen=True, slots=True)
class Result:
    """Result of a reconciler; ``Result()`` and ``None`` mean that the object needs nothing until its next change.

    Attributes:
        requeue_after: reconcile again after this many seconds, a float or int from 0 to a century; overrides
            ``requeue``. 0 and None mean no requeue. It resets the backoff; a change meanwhile comes first.
        requeue: reconcile again with backoff, as after an error.
        priority: priority of the requeue, a 32-bit int; higher comes first. None means the priority of this reconcile.
            Changes have 0; initial lists and resyncs have a lower one.

    Raises:
        TypeError: a value has another type; a bool is not a number.
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
    """Return the result of a reconciler as a ``Result`` with validated fields.

    A subclass may override fields and ``__post_init__``, and ``object.__setattr__`` bypasses both.

    Raises:
        TypeError: the value is not a ``Result``, or a field has another type.
        ValueError: a field is out of range.
    """
    kind = type(value)
    if not issubclass(kind, Result):
        way_out = f": return Result(requeue_after={value})" if kind in _NUMBERS else ""
        raise TypeError(f"reconcile returned {value_checks.shown(value)}; it takes a Result or None{way_out}")
    try:
        after, requeue, priority = (field.__get__(value) for field in _FIELDS)
    except AttributeError as error:
        raise TypeError(f"reconcile returned an incomplete Result: {error}") from None
    return Result(requeue_after=after, requeue=requeue, priority=priority)


Reconciler: TypeAlias = Callable[[Request], Awaitable[Result | None]]


class TemporaryError(PluginOperatorError):
    """Raised by a reconciler to retry after a given delay instead of the exponential backoff.

    The reconcile counts as failed in logs, metrics and status, and against the revision. The failure count of the
    backoff does not change. A change of the object comes before the delay. The counterpart of kopf's
    ``TemporaryError``.

    Args:
        message: says what is not ready.
        retry_after_seconds: the delay, a float or int from 0 to a century.

    Raises:
        TypeError: ``retry_after_seconds`` is not a number; a bool is not one.
        ValueError: ``retry_after_seconds`` is negative, NaN or longer than a century.
    """

    __slots__ = ("retry_after_seconds",)

    def __init__(self, message: str = "", *, retry_after_seconds: float) -> None:
        self.retry_after_seconds = value_checks.seconds(
            "retry_after_seconds", retry_after_seconds, most=MAX_DELAY_SECONDS
        )
        super().__init__(message)


_RETRY_AFTER = TemporaryError.__dict__["retry_after_seconds"]


def retry_delay(error: BaseException) -> float | None:
    """Return the retry delay that a failed reconcile requests in seconds; None means backoff.

    It reads the slot directly, because a subclass may hide it, leave it empty or set it to any value.
    """
    if not issubclass(type(error), TemporaryError):
        return None
    try:
        return value_checks.seconds("retry_after_seconds", _RETRY_AFTER.__get__(error), most=MAX_DELAY_SECONDS)
    except (AttributeError, TypeError, ValueError):
        return None


class ReconcileTimeoutError(PluginOperatorError, TimeoutError):
    """A reconcile exceeded its timeout and was cancelled; it is retried with backoff."""


class ControllerStopped(PluginOperatorError):
    """The controller is stopping and accepts no further revision."""


class Failure(msgspec.Struct, frozen=True):
    """One failed reconcile, for failure callbacks.

    Attributes:
        controller, revision: names of controller and revision.
        request: the request.
        error: the exception. Do not keep it: its traceback references the revision's module.
        text: type and message of the exception, with the fix if one is known.
        places: ``file:line`` of the plugin's frames in its traceback, innermost first.
        at: when it failed, in UTC.
        is_terminal: whether it is not retried.
        is_panic: whether ``error`` is not an ``Exception``.
        is_timeout: whether it exceeded the controller's timeout.
    """

    controller: str
    revision: str
    request: Request
    error: BaseException
    text: str
    places: tuple[str, ...]
    at: datetime
    is_terminal: bool
    is_panic: bool
    is_timeout: bool


FailureCallback: TypeAlias = Callable[[Failure], None]
