"""``ClosedGates``: which children wait for a gate, and since when."""

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from plugin_operator.clock import Clock
from plugin_operator.kube import NamespacedName
from plugin_operator.plugin.context.children import ChildName

#: The progress deadline of a Deployment: a gate that is closed for longer may never open.
LONG_SECONDS = 600.0
#: A gate that nothing in the set opens is probably a mistake.
LONG_STUCK_SECONDS = 60.0
# No event may tell that a gate has opened: on an object that is no child, or whose changes predicates drop. The owner
# looks again after a quarter of the time that it is closed, so that a wrong name costs little.
_SOONEST_SECONDS, _LATEST_SECONDS = 10.0, 300.0


class Waiting(NamedTuple):
    """A child that waits: since when, in monotonic seconds, why, and whether nothing in the set ends it."""

    since: float
    reason: str
    is_stuck: bool

    def is_long(self, now: float) -> bool:
        """Report whether it has waited so long that the gate may never open."""
        return now - self.since >= (LONG_STUCK_SECONDS if self.is_stuck else LONG_SECONDS)


class ClosedGates:
    """The closed gates of one controller.

    Args:
        clock: measures how long they are closed.
        exists: reports whether an owner exists; no event drops those that are gone.
        enqueue: enqueues a request after a delay in seconds.
    """

    def __init__(
        self,
        clock: Clock,
        exists: Callable[[NamespacedName], bool],
        enqueue: Callable[[NamespacedName, float], None],
    ) -> None:
        self._clock = clock
        self._exists = exists
        self._enqueue = enqueue
        self._waiting: dict[NamespacedName, dict[ChildName, Waiting]] = {}

    def note(
        self,
        owner: NamespacedName,
        waiting: Iterable[tuple[ChildName, str]],
        stuck: Collection[ChildName] = (),
        unheard: Collection[ChildName] = (),
    ) -> list[ChildName]:
        """Take over which children of an owner wait, with the reason.

        Args:
            owner: the owner.
            waiting: the children.
            stuck: those of them whose gate nothing in the set opens.
            unheard: those of them whose gate may open without an event that enqueues the owner.

        Returns:
            The stuck ones that did not count as such before.
        """
        known, now = self._waiting.pop(owner, {}), self._clock.monotonic()
        found = {
            child: Waiting(known[child].since if child in known else now, reason, child in stuck)
            for child, reason in waiting
        }
        if found:
            self._waiting[owner] = found
        if ages := [now - found[child].since for child in found.keys() & set(unheard)]:
            self._enqueue(owner, min(max(min(ages) / 4, _SOONEST_SECONDS), _LATEST_SECONDS))
        reported = {child for child, each in known.items() if each.is_stuck}
        return [child for child, each in found.items() if each.is_stuck and child not in reported]

    @property
    def long_closed(self) -> str:
        """The child that has waited longest, and how many others wait, if that is long; else empty."""
        now = self._clock.monotonic()
        self._waiting = {owner: known for owner, known in self._waiting.items() if self._exists(owner)}
        found = [
            (each.since, owner, child, each.reason)
            for owner, known in self._waiting.items()
            for child, each in known.items()
            if each.is_long(now)
        ]
        if not found:
            return ""
        since, owner, child, reason = min(found, key=lambda each: each[0])
        more = f"; {len(found) - 1} more children wait" if len(found) > 1 else ""
        minutes = int((now - since) // 60)
        noun = "minute" if minutes == 1 else "minutes"
        return f"{child}, a child of {owner}, waits for {minutes} {noun}: {reason}{more}"
