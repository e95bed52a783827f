"""How long the cache works without letting the event loop turn."""

SLICE_SECONDS = 0.004
"""How long events are applied before other tasks run; ten streams in a burst then still leave a loop below 50 ms."""

LOOK_EVERY = 32
"""After how many events the clock is read, for reading it costs a tenth of an event."""
