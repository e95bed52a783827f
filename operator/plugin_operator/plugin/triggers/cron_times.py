"""The times of a cron expression in one time zone.

Owns daylight saving time: each local time runs once. Local times that a clock change skips run together at the first
moment after it; if a local time occurs twice, the first counts. Leaves parsing and local time to cronsim, which only
this module imports, so that operators without cron schedules do not load it.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_FIELDS = 5
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class CronTimes:
    """The times of one cron expression, as aware UTC times in order.

    Args:
        expression: five fields: minute, hour, day of month, month, day of week.
        zone: time zone of the expression.

    Raises:
        ValueError: the expression cannot be parsed, or matches no time.
    """

    __slots__ = ("_expression", "_zone")

    def __init__(self, expression: str, zone: ZoneInfo) -> None:
        if len(expression.split()) != _FIELDS:
            raise ValueError("it takes five fields: minute, hour, day of month, month, day of week")
        self._expression = expression
        self._zone = zone
        try:
            next(CronSim(expression, datetime(2026, 1, 1)))  # noqa: DTZ001 - local, in no zone
        except CronSimError as error:
            raise ValueError(str(error)) from None
        except StopIteration:
            raise ValueError("no date ever fits it") from None

    def after(self, moment: datetime) -> datetime:
        """Return the first time after ``moment``."""
        local = moment.astimezone(self._zone).replace(tzinfo=None)
        for each in CronSim(self._expression, local):
            if (found := self._moment_of(each)) > moment:
                return found
        raise ValueError(f"no date fits {self._expression!r} for fifty years")

    def latest(self, moment: datetime) -> datetime:
        """Return the last time that is not after ``moment``."""
        local = moment.astimezone(self._zone).replace(tzinfo=None)
        # Around a clock change, a later local time may be an earlier moment.
        upper = local + _DAY if self._changes_near(moment) else local
        for each in CronSim(self._expression, upper + _SECOND, reverse=True):
            if (found := self._moment_of(each)) <= moment:
                return found
        raise ValueError(f"no date has fitted {self._expression!r} for fifty years")

    def _changes_near(self, moment: datetime) -> bool:
        offsets = {(moment + shift).astimezone(self._zone).utcoffset() for shift in (-_DAY, _DAY)}
        return len(offsets) > 1

    def _moment_of(self, local: datetime) -> datetime:
        """Return the first moment of a local time in the zone, or the moment after it if it is skipped."""
        moment = local.replace(tzinfo=self._zone).astimezone(UTC)
        if moment.astimezone(self._zone).replace(tzinfo=None) == local:
            return moment
        # The local time is skipped: with the old offset it is after the change, with the new one before.
        after, before = moment, local.replace(tzinfo=self._zone, fold=1).astimezone(UTC)
        offset = before.astimezone(self._zone).utcoffset()
        while after - before > _SECOND:
            middle = before + (after - before) // 2
            if middle.astimezone(self._zone).utcoffset() == offset:
                before = middle
            else:
                after = middle
        return after.replace(microsecond=0)
