"""What the manager starts and stops."""

from collections.abc import Callable
from typing import Protocol

FailureCallback = Callable[[str, BaseException], None]
"""How a Runnable that breaks after its start says so: its name and the reason. The process then ends."""


class Runnable(Protocol):
    """A part of the process.

    Attributes:
        name: for people, in logs and messages.
    """

    @property
    def name(self) -> str:
        """For people."""

    async def start(self) -> None:
        """Get ready and return; what goes on afterwards runs in tasks the Runnable owns. Cancellable."""

    async def stop(self, deadline_seconds: float) -> None:
        """End everything within the deadline; also called if ``start`` failed or was cancelled half-way."""
