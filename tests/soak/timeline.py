"""When a key was reconciled, kept small enough for every run of an hour."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """From the beginning of a run to its end, in monotonic nanoseconds."""

    instance: int
    begin: int
    end: int


class Timeline:
    """The runs of one key in the order of their beginnings, in whichever order they become known."""

    __slots__ = ("_begins", "_ends", "_instances", "_longest")

    def __init__(self) -> None:
        self._begins = array("q")
        self._ends = array("q")
        self._instances = array("i")
        self._longest = 0

    def add(self, span: Span) -> list[Span]:
        """Keep a run and return those known so far that overlap with it."""
        found = list(self._overlapping(span))
        at = bisect_right(self._begins, span.begin)
        self._begins.insert(at, span.begin)
        self._ends.insert(at, span.end)
        self._instances.insert(at, span.instance)
        self._longest = max(self._longest, span.end - span.begin)
        return found

    def _overlapping(self, span: Span) -> Iterator[Span]:
        at = bisect_left(self._begins, span.end)
        # What began longer ago than the longest run took has ended.
        while at > 0 and self._begins[at - 1] + self._longest > span.begin:
            at -= 1
            if self._ends[at] > span.begin:
                yield Span(self._instances[at], self._begins[at], self._ends[at])
