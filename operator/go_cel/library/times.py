"""The parts of times and durations."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from go_cel.errors import EvaluationError, no_overload
from go_cel.library.conversions import Function
from go_cel.values.scalars import SECOND, Duration, Timestamp

_OFFSET = re.compile(r"([+-]?)([0-9]{2}):([0-9]{2})")


def _moment(time: Timestamp, zone: str) -> datetime:
    if zone in ("UTC", ""):
        return time.moment()
    match = _OFFSET.fullmatch(zone)
    if match is not None:
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return time.moment() + (-offset if match[1] == "-" else offset)
    try:
        return time.moment().astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        raise EvaluationError(f"unknown time zone {zone}") from None


def _part(of_time: Callable[[datetime], int]) -> Function:
    return lambda time, zone="UTC": of_time(_moment(time, zone))


def _part_of_both(of_time: Callable[[datetime], int], nanoseconds: int) -> Function:
    def run(value: Any, zone: str = "UTC") -> int:
        if isinstance(value, Duration):
            whole = abs(value.nanoseconds) // nanoseconds
            return -whole if value.nanoseconds < 0 else whole
        if isinstance(value, Timestamp):
            return of_time(_moment(value, zone))
        raise no_overload()

    return run


def _milliseconds(value: Any, *_zone: str) -> int:
    if isinstance(value, Duration):
        whole = abs(value.nanoseconds) // 10**6
        return -whole if value.nanoseconds < 0 else whole
    return int(value.nanoseconds % SECOND // 10**6)


FUNCTIONS: dict[str, Function] = {
    "getFullYear": _part(lambda moment: moment.year),
    "getMonth": _part(lambda moment: moment.month - 1),
    "getDayOfYear": _part(lambda moment: moment.timetuple().tm_yday - 1),
    "getDayOfMonth": _part(lambda moment: moment.day - 1),
    "getDate": _part(lambda moment: moment.day),
    "getDayOfWeek": _part(lambda moment: moment.isoweekday() % 7),
    "getHours": _part_of_both(lambda moment: moment.hour, 3600 * SECOND),
    "getMinutes": _part_of_both(lambda moment: moment.minute, 60 * SECOND),
    "getSeconds": _part_of_both(lambda moment: moment.second, SECOND),
    "getMilliseconds": _milliseconds,
}
