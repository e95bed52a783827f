"""Validation of the schedules of CronJobs, with the texts of the parser that Kubernetes has: robfig/cron."""

import re
from collections.abc import Iterator

from kube_apiserver.schema import Cause, messages

_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMES: tuple[dict[str, int], ...] = (
    {},
    {},
    {},
    {name: place for place, name in enumerate(_MONTHS, 1)},
    {name: place for place, name in enumerate(_DAYS)},
)
_DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_EVERY = "@every "
_DURATION = re.compile(r"[-+]?(0|(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+")
_ZONE_PART = re.compile(r"[A-Za-z.\-_0-9+]{1,14}")
_EXPLICIT = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"


def schedule_causes(schedule: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of a schedule, which cannot name a time zone."""
    if problem := _problem(schedule):
        yield messages.invalid(path, schedule, problem)
    if "TZ" in schedule:
        detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        yield messages.invalid(path, schedule, detail)


def time_zone_causes(name: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the name of a time zone."""
    if not name:
        yield messages.invalid(path, name, "timeZone must be nil or non-empty string")
        return
    parts = name.split("/")
    if any(part in (".", "..") or part.startswith("-") or not _ZONE_PART.fullmatch(part) for part in parts):
        yield messages.invalid(path, name, f"unknown time zone {name}")
        return
    if name.lower() == "local":
        yield messages.invalid(path, name, _EXPLICIT)
    if name != "Local" and not _is_zone(name):
        yield messages.invalid(path, name, f"unknown time zone {name}")


def _is_zone(name: str) -> bool:
    # Imported on demand: few servers get CronJobs.
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def _problem(schedule: str) -> str:
    """Return why a text is no schedule, "" if it is one."""
    if schedule.startswith(("TZ=", "CRON_TZ=")):
        zone, space, rest = schedule.partition("=")[2].partition(" ")
        if not space:
            start = schedule.index("=") + 1
            return f"invalid schedule format: runtime error: slice bounds out of range [{start}:-1]"
        if zone not in ("", "UTC", "Local") and not _is_zone(zone):
            return f"provided bad location {zone}: unknown time zone {zone}"
        schedule = rest.strip()
    if schedule.startswith("@"):
        return _descriptor_problem(schedule)
    fields = schedule.split()
    if len(fields) != len(_BOUNDS):
        return f"expected exactly {len(_BOUNDS)} fields, found {len(fields)}: [{' '.join(fields)}]"
    for field, bounds, names in zip(fields, _BOUNDS, _NAMES, strict=True):
        for part in filter(None, field.split(",")):
            if problem := _range_problem(part, bounds, names):
                return problem
    return ""


def _descriptor_problem(text: str) -> str:
    if text in _DESCRIPTORS:
        return ""
    if not text.startswith(_EVERY):
        return f"unrecognized descriptor: {text}"
    duration = text.removeprefix(_EVERY)
    if _DURATION.fullmatch(duration):
        return ""
    return f"failed to parse duration {text}: time: invalid duration {messages.shown(duration)}"


def _range_problem(part: str, bounds: tuple[int, int], names: dict[str, int]) -> str:
    least, most = bounds
    limits, *steps = part.split("/")
    ends = limits.split("-")
    try:
        if ends[0] in ("*", "?"):
            start, end = bounds
        else:
            start = _number(ends[0], names)
            if len(ends) > 2:
                return f"too many hyphens: {part}"
            end = _number(ends[-1], names)
        step = _number(steps[0], {}) if len(steps) == 1 else 1
    except ValueError as error:
        return str(error)
    if len(steps) > 1:
        return f"too many slashes: {part}"
    if steps and len(ends) == 1:
        end = most
    if start < least:
        return f"beginning of range ({start}) below minimum ({least}): {part}"
    if end > most:
        return f"end of range ({end}) above maximum ({most}): {part}"
    if start > end:
        return f"beginning of range ({start}) beyond end of range ({end}): {part}"
    return "" if step else f"step of range should be a positive number: {part}"


def _number(text: str, names: dict[str, int]) -> int:
    if (named := names.get(text.lower())) is not None:
        return named
    if not re.fullmatch("[+-]?[0-9]+", text):
        why = f"strconv.Atoi: parsing {messages.shown(text)}: invalid syntax"
        raise ValueError(f"failed to parse int from {text}: {why}")
    number = int(text[:20])
    if number < 0:
        raise ValueError(f"negative number ({number}) not allowed: {text}")
    return number
