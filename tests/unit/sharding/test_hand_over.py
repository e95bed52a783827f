"""A slice moves when its own last key is done, whatever other slices of the same map still do."""

from collections.abc import Sequence

import pytest

from plugin_operator.cache import OwnedShards
from plugin_operator.kube.shards import ShardRanges
from plugin_operator.sharding import LEAD, Member, MembershipTiming, Shard, ShardMap, StoredMap
from plugin_operator.sharding.actions import DrainShard, Publish
from plugin_operator.sharding.hand_over import HandOver
from plugin_operator.tasks import TaskOwner
from plugin_operator.testing.virtual_clock import VirtualClock

SLICES = ShardMap.found("series", 64)


class Busy:
    """Work in flight on some slices."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def shards_changed(self) -> None:
        """Do nothing."""

    def is_busy(self, ranges: ShardRanges) -> bool:
        """Report whether it works on one of the hashes."""
        return bool(SLICES.ranges_of(self.names) & ranges)


class Moving:
    """Slices that are given away, and the groups in which they were told as drained."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.shards = OwnedShards(self.clock)
        self.work = Busy()
        self.shards.follow(self.work)
        self.told: list[list[str]] = []
        self.tasks = TaskOwner("moves", clock=self.clock)
        self._hand_over = HandOver(self.shards, self.tasks)

    def start(self, *names: str) -> None:
        """Own slices."""
        self._hand_over.start(SLICES, names)

    async def drain(self, *names: str) -> None:
        """Give slices away."""
        self._hand_over.drain(SLICES, [DrainShard(name, 1) for name in names], self._tell)
        await self.clock.advance(0.0)

    def _tell(self, drained: Sequence[DrainShard]) -> None:
        self.told.append([each.shard for each in drained])


@pytest.fixture
def moving() -> Moving:
    """Four slices."""
    made = Moving()
    made.start("1", "2", "3", "4", LEAD)
    return made


async def test_slices_without_work_move_together_and_at_once(moving: Moving) -> None:
    await moving.drain("1", "2", "3")
    assert moving.told == [["1", "2", "3"]]
    assert moving.shards.ranges == SLICES.ranges_of(["4"])
    assert not moving.shards.draining


async def test_a_key_that_takes_long_keeps_its_own_slice_alone(moving: Moving) -> None:
    moving.work.names = {"2"}
    await moving.drain("1", "2", "3")
    await moving.clock.advance(30.0)
    assert moving.told == [["1", "3"]]
    assert moving.shards.draining == SLICES.ranges_of(["2"])
    moving.work.names = set()
    await moving.clock.advance(0.2)
    assert moving.told == [["1", "3"], ["2"]]
    assert not moving.shards.draining


async def test_slices_whose_work_ends_about_together_move_together(moving: Moving) -> None:
    moving.work.names = {"1", "2", "3"}
    await moving.drain("1", "2", "3")
    await moving.clock.advance(5.0)
    moving.work.names = {"3"}
    await moving.clock.advance(0.1)
    assert moving.told == [["1", "2"]]
    await moving.tasks.stop(0.0)


def test_one_record_acknowledges_all_slices_that_were_drained_together() -> None:
    member = Member("a", timing=MembershipTiming(), now=0.0)
    owned = {name: Shard("a", 1) for name in ("1", "2")}
    member.on_map(StoredMap("uid", "1", 2, SLICES.changed(owned, object_uid="uid", version=2)), 0.0)
    (publish,) = member.tick(0.0) or [Publish(member._record())]
    assert isinstance(publish, Publish)
    member.on_renewed(publish.record.renewals, 0.0)
    draining = {name: each.moving_to("b") for name, each in owned.items()}
    member.on_map(StoredMap("uid", "2", 3, SLICES.changed(draining, object_uid="uid", version=3)), 1.0)
    (acknowledged,) = member.on_several_drained([DrainShard("1", 1), DrainShard("2", 1)], 1.0)
    assert isinstance(acknowledged, Publish)
    assert acknowledged.record.acknowledged == {"1": 1, "2": 1}
