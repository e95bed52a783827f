"""A checked schedule: which moments it means."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from plugin_operator.controllers import value_checks
from plugin_operator.plugin.triggers.schedule import Schedule
from plugin_operator.workqueue import MAX_DELAY_SECONDS

if TYPE_CHECKING:
    from plugin_operator.plugin.triggers.cron_times import CronTimes

#: So many schedules one controller may have: each is a task, and text in an annotation.
MAX_SCHEDULES = 16

_LEAST_SECONDS = 1.0
_RECORDED_FROM_SECONDS = 60.0
_MAX_CHARACTERS = 100


class Timetable(Protocol):
    """When a controller is due. All moments are aware UTC times."""

    @property
    def text(self) -> str:
        """What it is called in the cluster and in the log; equal for equal schedules."""

    @property
    def is_recorded(self) -> bool:
        """Whether the time of the last run is kept in the cluster."""

    @property
    def runs_missed(self) -> bool:
        """Whether one run makes up for the moments that were missed."""

    @property
    def is_due_at_first(self) -> bool:
        """Whether it is due as soon as it begins, if it never ran."""

    def after(self, last: datetime | None, began: datetime) -> datetime:
        """Return the moment that comes after the last run, or the first one if it never ran since it ``began``."""

    def latest(self, due: datetime, now: datetime) -> datetime:
        """Return the last moment until ``now``; ``due`` is one that has come."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The moments that are ``seconds`` apart, counted from the first run."""

    seconds: float

    @property
    def text(self) -> str:
        """See ``Timetable``."""
        return f"every {self.seconds:g} s"

    @property
    def is_recorded(self) -> bool:
        """Whether a restart matters."""
        return self.seconds >= _RECORDED_FROM_SECONDS

    @property
    def runs_missed(self) -> bool:
        """Yes: what counts is how long ago the last run was."""
        return True

    @property
    def is_due_at_first(self) -> bool:
        """Yes: then the interval begins."""
        return True

    def after(self, last: datetime | None, began: datetime) -> datetime:
        """See ``Timetable``."""
        return began if last is None else _shifted(last, self.seconds)

    def latest(self, due: datetime, now: datetime) -> datetime:
        """See ``Timetable``."""
        passed = (now - due).total_seconds() // self.seconds
        return _shifted(due, passed * self.seconds) if passed > 0 else due


@dataclass(frozen=True, slots=True)
class CronTimetable:
    """The moments of a cron expression."""

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
        """Yes, always."""
        return True

    @property
    def is_due_at_first(self) -> bool:
        """No: at the first moment after that."""
        return False

    def after(self, last: datetime | None, began: datetime) -> datetime:
        """See ``Timetable``."""
        return self.times.after(began if last is None else last)

    def latest(self, due: datetime, now: datetime) -> datetime:
        """See ``Timetable``."""
        return max(due, self.times.latest(now))


def timetable(value: Any) -> Timetable:
    """Return what ``every()`` or ``cron()`` says, checked.

    Raises:
        TypeError, ValueError: something in it is wrong; says what, and the way out.
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
    from plugin_operator.plugin.triggers.cron_times import CronTimes  # cronsim is only for those who use it

    try:
        times = CronTimes(expression, zone)
    except ValueError as error:
        way_out = "write it as in cron('0 3 * * MON-FRI')"
        raise ValueError(f"cron({expression!r}) cannot be used: {error}; {way_out}") from None
    return CronTimetable(expression, zone.key, value.missed == "once", times)


def _zone(value: Any) -> ZoneInfo:
    name = value_checks.text("tz", value, most=_MAX_CHARACTERS, hint=", such as 'Europe/Berlin'")
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # a path that leads outside, a folder of the database, a broken file
        hint = "write a name of the IANA database, such as 'Europe/Berlin' or 'UTC'"
        raise ValueError(f"tz={name!r} is no time zone that this machine knows: {hint}") from None


def _shifted(moment: datetime, seconds: float) -> datetime:
    """Return a moment so much later; the last one there is if it is beyond the calendar."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
