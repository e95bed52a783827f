"""Ranges of sizes and costs, in unsigned 64-bit arithmetic that stays at its end."""

import math
from typing import NamedTuple

MOST = 2**64 - 1
TRAVERSAL, PATTERN = 0.1, 0.25
LIST_COST, MAP_COST, STRUCT_COST = 10, 30, 40


class Range(NamedTuple):
    """The least and the most that something may be."""

    low: int
    high: int

    def plus(self, other: "Range") -> "Range":
        """Return the sum."""
        return Range(min(self.low + other.low, MOST), min(self.high + other.high, MOST))

    def times(self, other: "Range") -> "Range":
        """Return the product."""
        return Range(min(self.low * other.low, MOST), min(self.high * other.high, MOST))

    def scaled(self, factor: float) -> "Range":
        """Return the product with a factor, rounded up."""
        return Range(_scaled(self.low, factor), _scaled(self.high, factor))

    def union(self, other: "Range") -> "Range":
        """Return the range around both."""
        return Range(min(self.low, other.low), max(self.high, other.high))


def fixed(value: int) -> Range:
    """Return the range of one value."""
    return Range(value, value)


UNKNOWN = Range(0, MOST)
ZERO, ONE = fixed(0), fixed(1)


def _scaled(value: int, factor: float) -> int:
    number = float(value)
    if number > 0 and factor > 0 and number > MOST / factor:
        return MOST
    return min(math.ceil(number * factor), MOST)
