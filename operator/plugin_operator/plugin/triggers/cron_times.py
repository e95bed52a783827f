"""The moments that a cron expression means in one time zone.

Owns daylight saving: each local time runs once. A local time that a change of the clock skips runs at the first moment
after it, together with others of its kind; of a local time that comes twice, the first counts. Reading expressions and
counting in local time is left to cronsim, imported here and nowhere else: operators without cron do not pay for it.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_FIELDS = 5
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class CronTimes:
    """The moments of one expression, as aware UTC times, in order.

    Args:
        expression: five fields: minute, hour, day of month, month, day of week.
        zone: whose local time they are in.

    Raises:
        ValueError: the expression cannot be read, or no moment fits it.
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
        """Return the first moment later than this one."""
        local = moment.astimezone(self._zone).replace(tzinfo=None)
        for each in CronSim(self._expression, local):
            if (found := self._moment_of(each)) > moment:
                return found
        raise ValueError(f"no date fits {self._expression!r} for fifty years")

    def latest(self, moment: datetime) -> datetime:
        """Return the last moment that is not later than this one."""
        local = moment.astimezone(self._zone).replace(tzinfo=None)
        # Near a change of the clock, a later local time may be an earlier moment.
        upper = local + _DAY if self._changes_near(moment) else local
        for each in CronSim(self._expression, upper + _SECOND, reverse=True):
            if (found := self._moment_of(each)) <= moment:
                return found
        raise ValueError(f"no date has fitted {self._expression!r} for fifty years")

    def _changes_near(self, moment: datetime) -> bool:
        offsets = {(moment + shift).astimezone(self._zone).utcoffset() for shift in (-_DAY, _DAY)}
        return len(offsets) > 1

    def _moment_of(self, local: datetime) -> datetime:
        """Return when the clocks of the zone show that time for the first time, or would have."""
        moment = local.replace(tzinfo=self._zone).astimezone(UTC)
        if moment.astimezone(self._zone).replace(tzinfo=None) == local:
            return moment
        # It is skipped. Read by the old offset it lies after the change, by the new one before.
        after, before = moment, local.replace(tzinfo=self._zone, fold=1).astimezone(UTC)
        offset = before.astimezone(self._zone).utcoffset()
        while after - before > _SECOND:
            middle = before + (after - before) // 2
            if middle.astimezone(self._zone).utcoffset() == offset:
                before = middle
            else:
                after = middle
        return after.replace(microsecond=0)
