"""``Election``: what decides whether this process leads."""

from collections.abc import Callable
from typing import NoReturn, Protocol


class Election(Protocol):
    """Leadership by a Lease, or by the supervisor of a worker process."""

    @property
    def leader(self) -> str:
        """Identity of the leader; empty if it is unknown."""

    @property
    def leads_until(self) -> float | None:
        """Monotonic second at which leadership ends without a renewal; None while not leading, or without a limit."""

    def is_leader(self) -> bool:
        """Report whether this process leads now."""

    async def run(self, on_lead: Callable[[], None]) -> NoReturn:
        """Call ``on_lead`` once this process leads, and run until cancelled.

        Raises:
            LeadershipLost: leadership is lost.
        """

    async def release(self) -> None:
        """Give leadership up, because all work that needs it has stopped."""
