"""The wall clock of the server, replaceable in tests that set the times of objects."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The source of the wall time."""

    def now(self) -> datetime:
        """Return the wall time in UTC."""


class SystemClock:
    """The clock of the machine."""

    __slots__ = ()

    def now(self) -> datetime:
        """Return the wall time in UTC."""
        return datetime.now(UTC)
