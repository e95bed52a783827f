"""``ClosedGates``: which children wait for a gate, and since when."""

from collections.abc import Callable, Iterable

from plugin_operator.clock import Clock
from plugin_operator.kube import NamespacedName
from plugin_operator.plugin.context.children import ChildName

#: The progress deadline of a Deployment: a gate that is closed for longer may never open.
LONG_SECONDS = 600.0


class ClosedGates:
    """The closed gates of one controller.

    Args:
        clock: measures how long they are closed.
        exists: reports whether an owner exists; no event drops those that are gone.
    """

    def __init__(self, clock: Clock, exists: Callable[[NamespacedName], bool]) -> None:
        self._clock = clock
        self._exists = exists
        #: Since when each child of an owner waits, in monotonic seconds, and why.
        self._waiting: dict[NamespacedName, dict[ChildName, tuple[float, str]]] = {}

    def note(self, owner: NamespacedName, waiting: Iterable[tuple[ChildName, str]]) -> None:
        """Take over which children of an owner wait, with the reason."""
        known, now = self._waiting.pop(owner, {}), self._clock.monotonic()
        if found := {child: (known.get(child, (now,))[0], reason) for child, reason in waiting}:
            self._waiting[owner] = found

    @property
    def long_closed(self) -> str:
        """The child that has waited longest, and how many others wait, if that is long; else empty."""
        now = self._clock.monotonic()
        self._waiting = {owner: known for owner, known in self._waiting.items() if self._exists(owner)}
        found = [
            (since, owner, child, reason)
            for owner, known in self._waiting.items()
            for child, (since, reason) in known.items()
            if now - since >= LONG_SECONDS
        ]
        if not found:
            return ""
        since, owner, child, reason = min(found, key=lambda each: each[0])
        more = f"; {len(found) - 1} more children wait" if len(found) > 1 else ""
        return f"{child}, a child of {owner}, waits for {int((now - since) // 60)} minutes: {reason}{more}"
