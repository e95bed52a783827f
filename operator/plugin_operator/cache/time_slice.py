"""How long the cache works without letting the event loop turn."""

SLICE_SECONDS = 0.004
"""How long events are applied before other tasks run; ten streams in a burst then still leave a loop below 50 ms."""

LOOK_EVERY = 32
"""After how many events the clock is read, for reading it costs a tenth of an event."""

_SLOW_SECONDS = 4 * SLICE_SECONDS


def look_every(took_seconds: float, events: int) -> int:
    """Return after how many events the clock is to be read next, by what the last events took.

    Predicates and map functions of plugins run with the events: 32 slow ones in a row would keep everybody waiting.
    """
    return LOOK_EVERY if took_seconds * LOOK_EVERY < _SLOW_SECONDS * events else 1
