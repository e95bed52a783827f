"""Time slices: how long the cache works before it yields to the event loop."""

SLICE_SECONDS = 0.004
"""Longest time slice; a burst on ten streams then delays other tasks by less than 50 ms."""

LOOK_EVERY = 32
"""Events between two reads of the clock, because a read costs a tenth of an event."""

_SLOW_SECONDS = 4 * SLICE_SECONDS


def look_every(took_seconds: float, events: int) -> int:
    """Return the number of events before the next read of the clock, from the duration of the last ones.

    Predicates and map functions of plugins run per event: 32 slow ones in a row would block the event loop.
    """
    return LOOK_EVERY if took_seconds * LOOK_EVERY < _SLOW_SECONDS * events else 1
