"""``every()`` and ``cron()``: declare the schedules of a controller."""

from typing import Any, Literal

import msgspec


class Schedule(msgspec.Struct, frozen=True):
    """The result of ``every()`` and ``cron()``, for ``schedules=``; checked when the plugin is loaded."""

    seconds: Any = None
    expression: Any = None
    tz: Any = "UTC"
    missed: Any = "once"


def every(seconds: float) -> Schedule:
    """Run a controller at an interval.

    With ``for_``, a run enqueues every object of the kind. Without it, a run enqueues the only request of the
    controller, which has an empty namespace and the controller's name. The first run is immediate. If a run takes
    longer than the interval, the next one starts when it has ended.

    For intervals from one minute, the operator stores the time of the last run in the cluster. So a restart does
    not reset the interval. Values are checked when the plugin is loaded; the call itself raises nothing.

    Args:
        seconds: interval from 1 second to a century.

    Returns:
        A value for ``schedules=`` of ``controller``.
    """
    return Schedule(seconds=seconds)


def cron(expression: str, *, tz: str = "UTC", missed: Literal["once", "skip"] = "once") -> Schedule:
    """Run a controller at the times of a cron expression.

    A run enqueues the same requests as for ``every``. The operator stores the scheduled time in the cluster before
    the run. So each time runs at most once, also after failures and changes of the leader. A local time that daylight
    saving time skips runs at the first moment after it; one that occurs twice runs the first time.

    Values are checked when the plugin is loaded; the call itself raises nothing.

    Args:
        expression: minute, hour, day of month, month and day of week, as in ``"0 3 * * MON-FRI"``.
        tz: name of the time zone in the IANA database, for example ``"Europe/Berlin"``.
        missed: handling of times missed by more than a minute, for example while the operator was down. ``"once"`` runs
            once for all of them, ``"skip"`` not at all.

    Returns:
        A value for ``schedules=`` of ``controller``.
    """
    return Schedule(expression=expression, tz=tz, missed=missed)
