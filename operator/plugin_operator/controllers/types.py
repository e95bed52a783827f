"""What a reconciler gets, gives back and may end with.

Owns ``Request``, ``Result``, ``Reconciler`` and what is said about a failure. Running reconcilers is the workers' job.
"""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from plugin_operator.errors import PluginOperatorError
from plugin_operator.kube import NamespacedName

Request: TypeAlias = NamespacedName


@dataclass(frozen=True, slots=True)
class Result:
    """What a reconciler wants to happen next; ``Result()`` and ``None`` mean: nothing until the next change.

    Attributes:
        requeue_after: reconcile again after so many seconds; wins over ``requeue``.
        requeue: reconcile again with backoff, as after an error.
        priority: of the requeue; that of this run unless given.

    Raises:
        ValueError: ``requeue_after`` is negative or not finite.
    """

    requeue_after: float | None = None
    requeue: bool = False
    priority: int | None = None

    def __post_init__(self) -> None:
        if self.requeue_after is not None and not 0 <= self.requeue_after < math.inf:
            raise ValueError(f"requeue_after is {self.requeue_after!r}; it takes seconds from 0 on")


Reconciler: TypeAlias = Callable[[Request], Awaitable[Result | None]]


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
