"""Backoff between attempts to open a stream or connection.

Owns ``Backoff``. Each stream has one of its own with jitter, so that streams that fail together retry at different
times. Backoff per work item belongs to ``workqueue``.
"""

import random
from collections.abc import Callable

from plugin_operator.clock import Clock


class Backoff:
    """Exponential backoff with a cap, jitter, and a reset after a time without failures.

    The defaults are those of client-go's reflector: 0.8 s doubling to 30 s, plus up to 100 % jitter, reset after two
    minutes without a failure.

    Args:
        clock: measures the time since the last failure.
        base_seconds: the first delay, before jitter.
        cap_seconds: the longest delay, before jitter.
        factor: ratio of each delay to the one before.
        jitter: upper bound of the random share that is added to each delay.
        reset_after_seconds: the backoff resets if ``next_seconds`` was not called for this long.
        random_share: returns a number in [0, 1); tests pass their own.
    """

    __slots__ = ("_base", "_cap", "_clock", "_factor", "_jitter", "_last", "_next", "_random", "_reset_after")

    def __init__(
        self,
        clock: Clock,
        *,
        base_seconds: float = 0.8,
        cap_seconds: float = 30.0,
        factor: float = 2.0,
        jitter: float = 1.0,
        reset_after_seconds: float = 120.0,
        random_share: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._base = base_seconds
        self._cap = cap_seconds
        self._factor = factor
        self._jitter = jitter
        self._reset_after = reset_after_seconds
        self._random = random_share
        self._next = base_seconds
        self._last: float | None = None

    def next_seconds(self) -> float:
        """Return the delay in seconds and increase the next one."""
        now = self._clock.monotonic()
        if self._last is not None and now - self._last > self._reset_after:
            self._next = self._base
        self._last = now
        delay = min(self._next, self._cap)
        self._next = min(self._next * self._factor, self._cap)
        return delay * (1.0 + self._jitter * self._random())

    def reset(self) -> None:
        """Reset to the first delay after a success."""
        self._next = self._base
        self._last = None
