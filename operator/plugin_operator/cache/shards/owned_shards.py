"""The shards that this process owns.

Owns the ranges and the hand-over of a part: first no new work, then a wait for the work in flight, then the objects.
Leaves it to ``sharding`` which process owns what.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Protocol

from plugin_operator.cache.shards.work_meter import WorkMeter
from plugin_operator.clock import Clock
from plugin_operator.kube.shards import ShardRanges

_POLL_SECONDS = 0.01
#: Longest pause between two groups of drained parts: each group costs requests here and at the next owner.
_LONGEST_PAUSE_SECONDS = 0.1


class Follower(Protocol):
    """A part that follows the ranges: a cache, or a controller."""

    def shards_changed(self) -> None:
        """Adapt to the ranges. Must be fast and must not raise."""

    def is_busy(self, ranges: ShardRanges) -> bool:
        """Report whether it works on an object of ``ranges``."""


class OwnedShards:
    """The ranges of hashes that this process owns, and whether it also runs what runs once.

    It begins with none. Not thread-safe.

    Args:
        clock: measures the pauses between two looks at a drain.

    Attributes:
        ranges: the hashes whose objects caches keep.
        draining: the part of ``ranges`` that controllers leave.
        leads: whether single controllers, schedules and definitions of kinds run here.
        meters: how long reconciles took, of each controller of this process.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._followers: list[Follower] = []
        self._on_lead: list[Callable[[], None]] = []
        self.ranges = ShardRanges()
        self.draining = ShardRanges()
        self.leads = False
        self.meters: list[WorkMeter] = []

    @property
    def working(self) -> ShardRanges:
        """The hashes whose objects controllers reconcile."""
        return self.ranges - self.draining

    def gain(self, ranges: ShardRanges) -> None:
        """Own further ranges."""
        self.ranges |= ranges
        self.changed()

    async def drain(self, ranges: ShardRanges) -> None:
        """Take no new work of ``ranges``, wait until none is in flight, and drop them.

        On cancel the ranges stay draining.
        """
        async for _ in self.drain_each({"": ranges}):
            pass

    async def drain_each(self, parts: Mapping[str, ShardRanges]) -> AsyncIterator[Sequence[str]]:
        """Take no new work of all parts; drop each when none of its work is in flight, and yield the names together.

        On cancel those that were not yielded stay draining.
        """
        self.draining |= _joined(parts.values()) & self.ranges
        self.changed()
        left, pause = dict(parts), _POLL_SECONDS
        while left:
            joined = _joined(left.values())
            at_work = [each for each in self._followers if each.is_busy(joined)]
            idle = [name for name, ranges in left.items() if not any(each.is_busy(ranges) for each in at_work)]
            if idle:
                self.drop(_joined(left.pop(name) for name in idle))
                yield idle
            if left:
                await self._clock.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def drop(self, ranges: ShardRanges) -> None:
        """Own ``ranges`` no more, at once: nothing of them is queued or cached any more."""
        self.ranges -= ranges
        self.draining -= ranges
        self.changed()

    def lead(self) -> None:
        """Run here what runs once, until the process ends."""
        self.leads = True
        self.changed()
        for each in self._on_lead:
            each()

    def when_leading(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` once this process runs what runs once."""
        self._on_lead.append(callback)

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Notify ``follower`` of changes from now on; return what ends that."""
        self._followers.append(follower)

        def end() -> None:
            if follower in self._followers:
                self._followers.remove(follower)

        return end

    def changed(self) -> None:
        """Notify the followers; a cache calls it too when it holds a gained range."""
        for each in tuple(self._followers):
            each.shards_changed()


def _joined(parts: Iterable[ShardRanges]) -> ShardRanges:
    return ShardRanges(each for ranges in parts for each in ranges)
