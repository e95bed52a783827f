"""``Runnable``: a part of the process that the manager starts and stops."""

from collections.abc import Callable
from typing import Protocol

FailureCallback = Callable[[str, BaseException], None]
"""Reports the failure of a started Runnable by its name and the error. The process then stops."""


class Runnable(Protocol):
    """A part of the process with start and stop, as controller-runtime's ``manager.Runnable``.

    Attributes:
        name: display name in logs and messages.
    """

    @property
    def name(self) -> str:
        """Display name in logs and messages."""

    async def start(self) -> None:
        """Start and return once ready; further work runs in tasks that the Runnable owns. Cancellable."""

    async def stop(self, deadline_seconds: float) -> None:
        """Stop all work within the deadline; also called if ``start`` failed or was cancelled."""
