"""The faults that are planned, and the watches they can still meet."""

from collections.abc import Iterator
from typing import Protocol

from kube_apiserver.faults.fault import IN_WATCH, Fault, Subject


class OpenWatch(Protocol):
    """A watch that is being answered."""

    subject: Subject

    def disturb(self, fault: Fault) -> None:
        """Let ``fault`` happen in it."""


class Planned:
    """A fault in the plan.

    Attributes:
        number: names it in the plan.
        fault: what it does.
        hits: how many requests or watches it has met.
    """

    __slots__ = ("fault", "hits", "number")

    def __init__(self, number: int, fault: Fault) -> None:
        self.number = number
        self.fault = fault
        self.hits = 0

    @property
    def is_used_up(self) -> bool:
        """Whether it has met as many as it was meant for."""
        return self.fault.count is not None and self.hits >= self.fault.count


class FaultPlan:
    """Decides which request meets which fault. What is planned first is met first."""

    def __init__(self) -> None:
        self._planned: dict[int, Planned] = {}
        self._watches: set[OpenWatch] = set()
        self._numbers = 0

    def add(self, fault: Fault) -> Planned:
        """Plan a fault; one that happens inside watches meets those that are open at once."""
        self._numbers += 1
        planned = Planned(self._numbers, fault)
        self._planned[planned.number] = planned
        if fault.action in IN_WATCH:
            for watch in tuple(self._watches):
                if not planned.is_used_up and fault.meets(watch.subject):
                    planned.hits += 1
                    watch.disturb(fault)
        return planned

    def remove(self, planned: Planned | int) -> None:
        """Plan a fault no longer; a watch that is silent stays so, for what it missed cannot be made up."""
        self._planned.pop(planned if isinstance(planned, int) else planned.number, None)

    def clear(self) -> None:
        """Plan nothing any more."""
        self._planned.clear()

    def take(self, subject: Subject) -> Fault | None:
        """Return the fault that a request meets before it is answered, counted as a hit."""
        return next(self._hits(subject, in_watch=False), None)

    def enter(self, watch: OpenWatch) -> None:
        """A watch begins."""
        self._watches.add(watch)
        for fault in self._hits(watch.subject, in_watch=True):
            watch.disturb(fault)

    def leave(self, watch: OpenWatch) -> None:
        """A watch has ended."""
        self._watches.discard(watch)

    def _hits(self, subject: Subject, *, in_watch: bool) -> Iterator[Fault]:
        for planned in tuple(self._planned.values()):
            fault = planned.fault
            if (fault.action in IN_WATCH) is in_watch and not planned.is_used_up and fault.meets(subject):
                planned.hits += 1
                yield fault

    def __iter__(self) -> Iterator[Planned]:
        return iter(tuple(self._planned.values()))

    def __len__(self) -> int:
        return len(self._planned)
