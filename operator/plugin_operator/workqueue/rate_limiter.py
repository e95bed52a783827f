"""Backoff of failed items.

Owns the ``RateLimiter`` protocol and per-item exponential backoff. Leaves waiting to the queue.
"""

from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

T = TypeVar("T", bound=Hashable)
T_contra = TypeVar("T_contra", bound=Hashable, contravariant=True)

#: Largest exponent of 2: above any useful cap, and below the overflow of a float.
_MAX_EXPONENT = 64


class RateLimiter(Protocol[T_contra]):
    """Tracker of failures per item, as client-go's ``workqueue.TypedRateLimiter``."""

    def when(self, item: T_contra) -> float:
        """Count one more failure and return the seconds to wait."""

    def forget(self, item: T_contra) -> None:
        """Stop tracking the item: it succeeded, or is not retried."""

    def num_requeues(self, item: T_contra) -> int:
        """Return the number of failures since the last ``forget``."""

    def clear(self) -> None:
        """Forget every item."""


class ExponentialBackoff(Generic[T]):
    """Backoff of ``base * 2**failures`` seconds up to a cap; defaults are controller-runtime's 5 ms and 1000 s."""

    __slots__ = ("_base", "_cap", "_failures")

    def __init__(self, base_seconds: float = 0.005, cap_seconds: float = 1000.0) -> None:
        self._base = base_seconds
        self._cap = cap_seconds
        self._failures: dict[T, int] = {}

    def when(self, item: T) -> float:
        """Count one more failure and return the seconds to wait."""
        failures = self._failures.get(item, 0)
        self._failures[item] = failures + 1
        return min(self._cap, self._base * 2.0 ** min(failures, _MAX_EXPONENT))

    def forget(self, item: T) -> None:
        """Stop tracking the item."""
        if self._failures:
            self._failures.pop(item, None)

    def num_requeues(self, item: T) -> int:
        """Return the number of failures since the last ``forget``."""
        return self._failures.get(item, 0)

    def clear(self) -> None:
        """Forget every item."""
        self._failures.clear()
