"""How long to wait before trying the same thing again.

Owns ``Backoff``, one per stream or connection, so that many that fail together do not come back together. Backoff per
work item belongs to ``workqueue``.
"""

import random
from collections.abc import Callable

from plugin_operator.clock import Clock


class Backoff:
    """Exponential delays with a cap and jitter that start over after a time without failures.

    The defaults are those of client-go's reflector: 0.8 s doubling to 30 s, stretched by up to as much again, and
    forgotten after two minutes of quiet.

    Args:
        clock: measures the quiet time.
        base_seconds: the first delay, before jitter.
        cap_seconds: the largest delay, before jitter.
        factor: what each delay is multiplied with to get the next.
        jitter: each delay is stretched by a random share between 0 and this.
        reset_after_seconds: start over if this long has passed since ``next_seconds`` was last called.
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
        """Return how long to wait now, and make the next wait longer."""
        now = self._clock.monotonic()
        if self._last is not None and now - self._last > self._reset_after:
            self._next = self._base
        self._last = now
        delay = min(self._next, self._cap)
        self._next = min(self._next * self._factor, self._cap)
        return delay * (1.0 + self._jitter * self._random())

    def reset(self) -> None:
        """Start over: what was tried has worked."""
        self._next = self._base
        self._last = None
