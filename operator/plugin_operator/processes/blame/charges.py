"""``Charges``: what each content has ended so far, and when that is too much.

Owns the limits. A worker that was killed may have been killed from elsewhere, so such an end counts only if the same
code ran in it each time.
"""

import itertools
from collections import Counter
from collections.abc import Sequence

import msgspec

from plugin_operator.processes.blame.marks import Mark
from plugin_operator.processes.blame.suspects import Suspicion

#: Ends that are longer ago count no more.
WINDOW_SECONDS = 3600.0
#: Most objects of one content that are held; one more, and the content is at fault.
MOST_HELD = 5
#: Ends of workers that may come from elsewhere, until a new revision is rolled back for them.
_UNCERTAIN_IN_PROBATION = 3
_MOST_REMEMBERED = 1000


class Limits(msgspec.Struct, frozen=True):
    """The limits for plugins, which hold in one process as well.

    Attributes:
        probation_seconds: time after a swap in which an end of a worker rolls the content back.
        most: number of ends at which a content, or an object, is at fault.
    """

    probation_seconds: float
    most: int


class Charge(msgspec.Struct, frozen=True):
    """One end of a worker that is laid on a content.

    Attributes:
        end: number of the end; one end may be laid on several reconciles.
        mark: the code.
        at: second at which it ended the worker, or began to block it.
        is_certain, on_loop: see ``Suspicion``.
    """

    end: int
    mark: Mark
    at: float
    is_certain: bool
    on_loop: bool


class Charges:
    """The ends that are laid on one content."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._numbers = itertools.count()
        self._charges: list[Charge] = []
        self._held: set[tuple[str, str, str]] = set()

    def add(self, marks: Sequence[Mark], suspicion: Suspicion, at: float) -> None:
        """Lay an end on a content, which may have run several reconciles then."""
        known = [each for each in self._charges if at - each.at < WINDOW_SECONDS]
        end = next(self._numbers)
        added = [Charge(end, each, at, suspicion.is_certain, suspicion.on_loop) for each in marks]
        self._charges = [*known, *added][-_MOST_REMEMBERED:]

    def is_too_much_for_a_new_one(self) -> bool:
        """Report whether a content that is new is at fault."""
        certain = {each.end for each in self._charges if each.is_certain}
        on_loop = {each.end for each in self._charges if each.on_loop}
        again = max((count for _, count in self._counts(self._charges)), default=0)
        return bool(certain) or max(len(on_loop), again) >= _UNCERTAIN_IN_PROBATION

    def is_too_much(self) -> bool:
        """Report whether the content is at fault, after ``objects_to_hold``."""
        return self._certain_ends() >= self._limits.most or len(self._held) > MOST_HELD

    def objects_to_hold(self) -> list[Mark]:
        """Return the objects that are at fault, each once."""
        found = [mark for mark, count in self._counts(self._charges) if mark.name and count >= self._limits.most]
        if self._certain_ends() >= self._limits.most:
            certain = self._counts([each for each in self._charges if each.is_certain])
            found += [mark for mark, count in certain if mark.name and count > 1 and mark not in found]
        if len(self._held) + len(found) > MOST_HELD:
            self._held |= {_unit(each) for each in found}
            return []
        for each in found:
            self._held.add(_unit(each))
            self._charges = [charge for charge in self._charges if _unit(charge.mark) != _unit(each)]
        return found

    def _certain_ends(self) -> int:
        return len({each.end for each in self._charges if each.is_certain})

    @staticmethod
    def _counts(charges: Sequence[Charge]) -> list[tuple[Mark, int]]:
        """Return code and the number of its ends, most first."""
        marks = {_unit(each.mark): each.mark for each in charges}
        ends = {(_unit(each.mark), each.end) for each in charges}
        return [(marks[unit], count) for unit, count in Counter(unit for unit, _ in ends).most_common()]


def _unit(mark: Mark) -> tuple[str, str, str]:
    return mark.controller, mark.object, "" if mark.name else mark.what
