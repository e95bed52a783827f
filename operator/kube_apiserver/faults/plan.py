"""The planned faults, and the open watches that they can hit."""

from collections.abc import Iterator
from typing import Protocol

from kube_apiserver.faults.fault import IN_WATCH, Action, Fault, Subject


class OpenWatch(Protocol):
    """An open watch, as the plan sees it."""

    subject: Subject

    @property
    def is_impaired(self) -> bool:
        """Report whether a fault lasts in the watch."""

    def inject(self, fault: Fault) -> None:
        """Inject ``fault`` into the watch."""


class Planned:
    """A planned fault.

    Attributes:
        number: its number in the plan.
        fault: the fault itself.
        hits: how many requests or watches it has hit.
    """

    __slots__ = ("_hit_last", "_skipped", "fault", "hits", "number")

    def __init__(self, number: int, fault: Fault) -> None:
        self.number = number
        self.fault = fault
        self.hits = 0
        self._skipped = 0
        self._hit_last: set[tuple[str, str]] = set()

    @property
    def is_used_up(self) -> bool:
        """Report whether the fault has reached its ``count``."""
        return self.fault.count is not None and self.hits >= self.fault.count

    def hit(self, subject: Subject) -> bool:
        """Report whether the fault hits a request or watch that matches, and count it."""
        if self._skipped < self.fault.skip:
            self._skipped += 1
            return False
        place = (subject.verb, subject.path)
        if self.fault.alternating and place in self._hit_last:
            self._hit_last.discard(place)
            return False
        if self.fault.alternating:
            self._hit_last.add(place)
        self.hits += 1
        return True


class FaultPlan:
    """Holds the planned faults and assigns them to requests, oldest first."""

    def __init__(self) -> None:
        self._planned: dict[int, Planned] = {}
        self._watches: set[OpenWatch] = set()
        self._numbers = 0

    def add(self, fault: Fault) -> Planned:
        """Plan a fault, and return it with its number. Raises nothing.

        Args:
            fault: the fault. One of watches hits the matching open watches immediately.
        """
        self._numbers += 1
        planned = Planned(self._numbers, fault)
        self._planned[planned.number] = planned
        if fault.action in IN_WATCH:
            for watch in tuple(self._watches):
                if not planned.is_used_up and fault.matches(watch.subject) and planned.hit(watch.subject):
                    watch.inject(fault)
        return planned

    def remove(self, planned: Planned | int) -> None:
        """Remove a fault from the plan, if it is in it. Raises nothing.

        Args:
            planned: the fault or its number. A silenced watch stays silent, because it has lost events.
        """
        self._planned.pop(planned if isinstance(planned, int) else planned.number, None)

    def clear(self) -> None:
        """Remove all faults. Raises nothing."""
        self._planned.clear()

    def reset(self) -> None:
        """Remove all faults, and end the open watches in which one lasts."""
        self.clear()
        for watch in tuple(self._watches):
            if watch.is_impaired:
                watch.inject(Fault(action=Action.END))

    def take(self, subject: Subject) -> Fault | None:
        """Return the fault to inject before a request is answered, None if none matches. Count the hit."""
        return next(self._hits(subject, in_watch=False), None)

    def enter(self, watch: OpenWatch) -> None:
        """Register an open watch, and inject the faults that match it."""
        self._watches.add(watch)
        for fault in self._hits(watch.subject, in_watch=True):
            watch.inject(fault)

    def leave(self, watch: OpenWatch) -> None:
        """Unregister a watch."""
        self._watches.discard(watch)

    def _hits(self, subject: Subject, *, in_watch: bool) -> Iterator[Fault]:
        for planned in tuple(self._planned.values()):
            fault = planned.fault
            is_due = (fault.action in IN_WATCH) is in_watch and not planned.is_used_up and fault.matches(subject)
            if is_due and planned.hit(subject):
                yield fault

    def __iter__(self) -> Iterator[Planned]:
        return iter(tuple(self._planned.values()))

    def __len__(self) -> int:
        return len(self._planned)
