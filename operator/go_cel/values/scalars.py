"""Values that Python has no type for: unsigned integers, times, durations, optional values and types."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from go_cel.errors import EvaluationError

INT_MIN, INT_MAX, UINT_MAX = -(2**63), 2**63 - 1, 2**64 - 1
SECOND = 10**9
_FIRST_NANOSECOND, _LAST_NANOSECOND = -62135596800 * SECOND, 253402300800 * SECOND - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_DURATION = re.compile(r"([0-9]*)(\.[0-9]*)?(ns|us|µs|μs|ms|s|m|h)")
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?(Z|[+-][0-9]{2}:[0-9]{2})"
)


class Uint(int):
    """An unsigned integer."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A point in time, in nanoseconds since 1970.

    Attributes:
        offset_minutes: the zone that it is written in.
    """

    nanoseconds: int
    offset_minutes: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if not _FIRST_NANOSECOND <= self.nanoseconds <= _LAST_NANOSECOND:
            raise EvaluationError("timestamp overflow")

    @classmethod
    def parse(cls, text: str) -> "Timestamp":
        """Read a time in the form of RFC 3339.

        Raises:
            ValueError: it is none.
        """
        match = _TIMESTAMP.fullmatch(text)
        if match is None:
            raise ValueError(text)
        *fields, fraction, zone = match.groups()
        moment = datetime(*(int(each) for each in fields), tzinfo=UTC)  # type: ignore[arg-type, misc]
        offset = 0
        if zone != "Z":
            hours, minutes = int(zone[1:3]), int(zone[4:])
            if hours > 23 or minutes > 59:
                raise ValueError(text)
            offset = (hours * 60 + minutes) * (1 if zone[0] == "+" else -1)
        since = _since_epoch(moment) - offset * 60 * SECOND
        return cls(since + int((fraction or "0")[:9].ljust(9, "0")), offset)

    def plus(self, nanoseconds: int) -> "Timestamp":
        """Return the time that much later."""
        return Timestamp(self.nanoseconds + nanoseconds, self.offset_minutes)

    @classmethod
    def of_date(cls, day: date) -> "Timestamp":
        """Return the first moment of a day in UTC."""
        return cls(_since_epoch(datetime(day.year, day.month, day.day, tzinfo=UTC)))

    def __str__(self) -> str:
        seconds, rest = divmod(self.nanoseconds, SECOND)
        fraction = f".{rest:09d}".rstrip("0").rstrip(".")
        shown = _EPOCH + timedelta(seconds=seconds, minutes=self.offset_minutes)
        hours, minutes = divmod(abs(self.offset_minutes), 60)
        zone = f"{'-' if self.offset_minutes < 0 else '+'}{hours:02d}:{minutes:02d}" if self.offset_minutes else "Z"
        return f"{shown.replace(tzinfo=None).isoformat()}{fraction}{zone}"

    def moment(self) -> datetime:
        """Return the time in UTC without its nanoseconds."""
        return _EPOCH + timedelta(seconds=self.nanoseconds // SECOND)


def _since_epoch(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86400 + since.seconds) * SECOND


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time in nanoseconds."""

    nanoseconds: int

    def __post_init__(self) -> None:
        if not INT_MIN <= self.nanoseconds <= INT_MAX:
            raise EvaluationError("integer overflow")

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Read a duration of Go, such as ``1h30m``.

        Raises:
            ValueError: it is none.
        """
        digits = text[1:] if text[:1] in ("+", "-") else text
        total, at = 0, 0
        while at < len(digits) and digits != "0":
            match = _DURATION.match(digits, at)
            if match is None or not (match[1] or (match[2] or "").strip(".")):
                raise ValueError(text)
            unit = _UNITS[match[3]]
            fraction = (match[2] or "").lstrip(".")
            total += int(match[1] or 0) * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)
            at = match.end()
        if not digits or total > INT_MAX:
            raise ValueError(text)
        return cls(-total if text[0] == "-" else total)

    def __str__(self) -> str:
        seconds, rest = divmod(abs(self.nanoseconds), SECOND)
        fraction = f".{rest:09d}".rstrip("0").rstrip(".")
        return f"{'-' if self.nanoseconds < 0 else ''}{seconds}{fraction}s"


@dataclass(frozen=True, slots=True)
class TypeValue:
    """A type as a value: what ``type(x)`` returns."""

    name: str


class Optional:
    """A value that may be absent."""

    __slots__ = ("content", "is_present")

    def __init__(self, *content: Any) -> None:
        self.is_present = bool(content)
        self.content = content[0] if content else None

    def value(self) -> Any:
        """Return the value.

        Raises:
            EvaluationError: there is none.
        """
        if not self.is_present:
            raise EvaluationError("optional.none() dereference")
        return self.content


NONE = Optional()
