"""What authors write to have a controller run by time: ``every()``, ``cron()`` and the value they make."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Schedule:
    """What ``every()`` and ``cron()`` return, for ``schedules=``; checked when the plugin is loaded."""

    seconds: Any = None
    expression: Any = None
    tz: Any = "UTC"
    missed: Any = "once"


def every(seconds: float) -> Schedule:
    """Have a controller run at an interval.

    With ``for_``, every object of the kind is made due; without, the one request of the controller, whose namespace is
    empty and whose name is that of the controller. The first run is at once. A run that takes longer than the interval
    is not overtaken: the next one begins when it has ended.

    From a minute up, the time of the last run is kept in the cluster, so that a restart does not begin the interval
    anew. Values are checked when the plugin is loaded; the call itself raises nothing.

    Args:
        seconds: between two runs, from 1 to a century.

    Returns:
        A value for ``schedules=`` of ``controller``.
    """
    return Schedule(seconds=seconds)


def cron(expression: str, *, tz: str = "UTC", missed: Literal["once", "skip"] = "once") -> Schedule:
    """Have a controller run at the times of a cron expression.

    What is made due is as for ``every``. The last scheduled time is kept in the cluster, and written before the run: a
    time runs at most once, whatever fails and whoever leads. Each local time runs once: one that daylight saving skips,
    at the first moment after it; one that comes twice, the first time.

    Values are checked when the plugin is loaded; the call itself raises nothing.

    Args:
        expression: minute, hour, day of month, month and day of week, as in ``"0 3 * * MON-FRI"``.
        tz: the time zone, by its name in the IANA database: ``"Europe/Berlin"``.
        missed: what happens to times that have passed while the operator was away, or for more than a minute for
            another reason: ``"once"`` runs one time for all of them, ``"skip"`` not at all.

    Returns:
        A value for ``schedules=`` of ``controller``.
    """
    return Schedule(expression=expression, tz=tz, missed=missed)
