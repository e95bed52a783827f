"""The wall clock, so that tests can set the times that objects get."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the server takes the time from."""

    def now(self) -> datetime:
        """Return the wall time in UTC."""


class SystemClock:
    """The real clock."""

    __slots__ = ()

    def now(self) -> datetime:
        """See ``Clock``."""
        return datetime.now(UTC)
