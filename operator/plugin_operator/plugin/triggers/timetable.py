"""Timetables: the times of a validated schedule."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from plugin_operator.controllers import value_checks
from plugin_operator.plugin.triggers.schedule import Schedule
from plugin_operator.workqueue import MAX_DELAY_SECONDS

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from plugin_operator.plugin.triggers.cron_times import CronTimes

#: Most schedules of one controller; each is a task, and text in an annotation.
MAX_SCHEDULES = 16

_LEAST_SECONDS = 1.0
_RECORDED_FROM_SECONDS = 60.0
_MAX_CHARACTERS = 100


class Timetable(Protocol):
    """The times of one schedule, as aware UTC times."""

    @property
    def text(self) -> str:
        """Identity of the schedule in the cluster and in logs; equal for equal schedules."""

    @property
    def is_recorded(self) -> bool:
        """Whether the time of the last run is stored in the cluster."""

    @property
    def runs_missed(self) -> bool:
        """Whether one run replaces all missed ones."""

    @property
    def is_due_at_first(self) -> bool:
        """Whether a schedule without a previous run is due at once."""

    def after(self, last: datetime | None, began: datetime) -> datetime:
        """Return the next time after the last run, or the first time since ``began`` if there was none."""

    def latest(self, due: datetime, now: datetime) -> datetime:
        """Return the last time up to ``now``; ``due`` is a time that has passed."""


class Interval(msgspec.Struct, frozen=True):
    """Timetable with an interval of ``seconds``, counted from the first run."""

    seconds: float

    @property
    def text(self) -> str:
        """See ``Timetable``."""
        return f"every {self.seconds:g} s"

    @property
    def is_recorded(self) -> bool:
        """Whether the interval is long enough to be stored."""
        return self.seconds >= _RECORDED_FROM_SECONDS

    @property
    def runs_missed(self) -> bool:
        """True: the time since the last run counts."""
        return True

    @property
    def is_due_at_first(self) -> bool:
        """True: the first run starts the interval."""
        return True

    def after(self, last: datetime | None, began: datetime) -> datetime:
        """See ``Timetable``."""
        return began if last is None else _shifted(last, self.seconds)

    def latest(self, due: datetime, now: datetime) -> datetime:
        """See ``Timetable``."""
        passed = (now - due).total_seconds() // self.seconds
        return _shifted(due, passed * self.seconds) if passed > 0 else due


class CronTimetable(msgspec.Struct, frozen=True):
    """Timetable of a cron expression."""

    expression: str
    zone: str
    runs_missed: bool
    times: "CronTimes"

    @property
    def text(self) -> str:
        """See ``Timetable``."""
        return f"cron {self.expression} {self.zone}"

    @property
    def is_recorded(self) -> bool:
        """True."""
        return True

    @property
    def is_due_at_first(self) -> bool:
        """False: the first run is at the next time of the expression."""
        return False

    def after(self, last: datetime | None, began: datetime) -> datetime:
        """See ``Timetable``."""
        return self.times.after(began if last is None else last)

    def latest(self, due: datetime, now: datetime) -> datetime:
        """See ``Timetable``."""
        return max(due, self.times.latest(now))


def timetable(value: Any) -> Timetable:
    """Return the timetable of an ``every()`` or ``cron()``.

    Raises:
        TypeError, ValueError: a value is invalid; the message has the fix.
    """
    if not isinstance(value, Schedule):
        raise TypeError(f"{value_checks.shown(value)} is not a schedule: write every(60) or cron('0 3 * * *')")
    return _interval(value.seconds) if value.expression is None and value.seconds is not None else _cron(value)


def _interval(given: Any) -> Interval:
    seconds = value_checks.seconds("every(seconds)", given, most=MAX_DELAY_SECONDS)
    if seconds < _LEAST_SECONDS:
        raise ValueError(f"every({seconds:g}) runs too often: it takes seconds from 1 to {MAX_DELAY_SECONDS:.0f}")
    return Interval(seconds)


def _cron(value: Schedule) -> CronTimetable:
    hint = ", such as '0 3 * * *'"
    given = value_checks.text("cron(expression)", value.expression, most=_MAX_CHARACTERS, hint=hint)
    expression = " ".join(given.split())
    zone = _zone(value.tz)
    if type(value.missed) is not str or value.missed not in {"once", "skip"}:
        raise ValueError(f"missed is {value_checks.shown(value.missed)}: it takes 'once' or 'skip'")
    from plugin_operator.plugin.triggers.cron_times import CronTimes  # imported on demand, with cronsim

    try:
        times = CronTimes(expression, zone)
    except ValueError as error:
        way_out = "write it as in cron('0 3 * * MON-FRI')"
        raise ValueError(f"cron({expression!r}) cannot be used: {error}; {way_out}") from None
    return CronTimetable(expression, zone.key, value.missed == "once", times)


def _zone(value: Any) -> "ZoneInfo":
    from zoneinfo import ZoneInfo  # imported on demand, with the build settings of the interpreter

    name = value_checks.text("tz", value, most=_MAX_CHARACTERS, hint=", such as 'Europe/Berlin'")
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # a path outside of the database, a folder in it, or a broken file
        hint = "write a name of the IANA database, such as 'Europe/Berlin' or 'UTC'"
        raise ValueError(f"tz={name!r} is not a time zone of this machine: {hint}") from None


def _shifted(moment: datetime, seconds: float) -> datetime:
    """Return ``moment`` plus ``seconds``, limited to the last representable time."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
