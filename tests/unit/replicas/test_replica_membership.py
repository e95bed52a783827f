"""One replica as a member, on virtual time: how it joins, renews, lapses, loses its Lease, leaves and releases."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from plugin_operator.cache import OwnedShards
from plugin_operator.cache.shards.work_meter import WorkMeter
from plugin_operator.errors import LeadershipLost
from plugin_operator.kube.shards import ShardRanges
from plugin_operator.replicas.lease_names import LeaseNames
from plugin_operator.replicas.map_lease import MapLease
from plugin_operator.replicas.map_watch import MapWatch
from plugin_operator.replicas.member_fence import MemberFence
from plugin_operator.replicas.member_leases import MemberLeases, record_in
from plugin_operator.replicas.membership import ReplicaMembership
from plugin_operator.sharding import LEAD, MemberRecord, MembershipTiming, Phase, Shard, ShardMap, StoredMap
from plugin_operator.sharding.lease_writer import lease_of
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.replicas.lease_store import LeaseStore

TIMING = MembershipTiming()
NAMES = LeaseNames.beside("default", "widgets-leader-election")
OTHER = "widgets-member-other/uid-other"
SLICES = 4


class Process:
    """The process of the replica: its work on shards, and what was asked of it.

    Attributes:
        ready: whether its plugins are loaded.
        is_working: whether work of every shard is in flight.
        has_resigned, must_stop: what the membership asked for.
    """

    def __init__(self) -> None:
        self.ready = True
        self.is_working = self.has_resigned = self.must_stop = False

    def is_ready(self) -> bool:
        """Report whether plugins are loaded."""
        return self.ready

    def revision(self) -> str:
        """Return what it runs."""
        return "0.1.0-of-tests"

    def has_other(self, member: str, origin: str) -> bool:
        """Report that no replica is known but those that the map names."""
        return False

    def request_stop(self) -> None:
        """Note it."""
        self.must_stop = True

    async def resign(self) -> None:
        """Note it."""
        self.has_resigned = True

    def shards_changed(self) -> None:
        """Do nothing."""

    def is_busy(self, ranges: ShardRanges) -> bool:
        """Report whether work is in flight."""
        return self.is_working and bool(ranges)


class Replica:
    """A membership with a store of its own. The test is its coordinator."""

    def __init__(self) -> None:
        self.clock, self.store, self.process = VirtualClock(), LeaseStore(), Process()
        self.shards = OwnedShards(self.clock)
        self.shards.follow(self.process)
        self.fence = MemberFence(self.clock)
        self.leases = MemberLeases(self.store, NAMES, identity="pod_1", timing=TIMING, clock=self.clock)
        self.maps = MapLease(self.store, NAMES, timing=TIMING, clock=self.clock)
        self.watch = MapWatch(self.maps, self.store, clock=self.clock)
        self.membership = ReplicaMembership(
            self.leases, self.watch, self.shards, self.fence, host=self.process, clock=self.clock
        )
        self.leads = 0
        self.stored: StoredMap | None = None

    async def start(self) -> None:
        """Begin to join."""
        await self.watch.start()
        self.life = asyncio.create_task(self.membership.run(self._lead))
        await self.clock.advance(0.0)

    async def close(self) -> None:
        """End all tasks."""
        self.life.cancel()
        await asyncio.gather(self.life, return_exceptions=True)
        await self.membership._tasks.stop(1.0)
        await self.watch.stop(1.0)

    def _lead(self) -> None:
        self.leads += 1

    @property
    def member(self) -> str:
        """Name of the present life."""
        return self.membership.member

    def record(self, member: str = "") -> MemberRecord | None:
        """The record in the Lease of a life."""
        lease = self.store.leases.get(lease_of(member or self.member)[0])
        return record_in(lease) if lease is not None else None

    async def write(self, shards: Mapping[str, Shard], origin: str = "series") -> None:
        """Write the next map."""
        if self.stored is None or self.stored.content is None or self.stored.content.origin != origin:
            version = self.stored.generation + 1 if self.stored is not None else 1
            uid = self.stored.uid if self.stored is not None else ""
            found = ShardMap.found(origin, SLICES, object_uid=uid, version=version)
            self.stored = await self.maps.write(found, self.stored.resource_version if self.stored else "")
        content = self.stored.content
        assert content is not None
        following = content.changed(shards, object_uid=self.stored.uid, version=content.version + 1)
        self.stored = await self.maps.write(following, self.stored.resource_version)
        await self.clock.advance(0.0)

    async def give_all(self) -> None:
        """Give all shards to this replica."""
        await self.write({name: Shard(self.member, 1) for name in (*map(str, range(SLICES)), LEAD)})


@pytest.fixture
async def replica() -> AsyncIterator[Replica]:
    """One that is about to join."""
    made = Replica()
    yield made
    await made.close()


async def test_it_joins_when_its_plugins_are_loaded(replica: Replica) -> None:
    replica.process.ready = False
    await replica.start()
    await replica.clock.advance(5.0)
    assert (replica.member, replica.leads, replica.store.leases) == ("", 0, {})
    replica.process.ready = True
    await replica.clock.advance(1.0)
    assert replica.record() is not None
    assert replica.leads == 1


async def test_a_replica_that_never_gets_ready_joins_after_half_a_minute(replica: Replica) -> None:
    replica.process.ready = False
    await replica.start()
    await replica.clock.advance(29.0)
    assert replica.member == ""
    await replica.clock.advance(2.0)
    assert replica.member


async def test_joining_is_repeated_until_the_store_answers(replica: Replica) -> None:
    replica.store.is_away = True
    await replica.start()
    await replica.clock.advance(10.0)
    assert (replica.member, replica.leads) == ("", 0)
    replica.store.is_away = False
    await replica.clock.advance(2 * TIMING.retry_seconds)
    assert replica.member
    assert replica.leads == 1


async def test_each_renewal_moves_the_fence(replica: Replica) -> None:
    await replica.start()
    for _ in range(5):
        await replica.clock.advance(TIMING.renew_seconds)
        until = replica.membership.leads_until
        assert until is not None
        assert until - replica.clock.monotonic() > TIMING.deadline_seconds - TIMING.renew_seconds - 1
    record = replica.record()
    assert record is not None
    assert 4 <= record.renewals <= 8


async def test_without_a_renewal_work_pauses_and_the_next_one_continues_it(replica: Replica) -> None:
    await replica.start()
    await replica.give_all()
    member = replica.member
    replica.store.is_away = True
    await replica.clock.advance(TIMING.deadline_seconds + 1)
    assert (replica.fence.is_open, replica.membership.is_leader()) == (False, False)
    assert len(replica.membership.owned) == SLICES + 1
    replica.store.is_away = False
    await replica.clock.advance(2 * TIMING.retry_seconds)
    assert (replica.fence.is_open, replica.membership.is_leader()) == (True, True)
    assert (replica.member, replica.life.done()) == (member, False)


async def test_it_works_on_the_shards_that_the_map_gives(replica: Replica) -> None:
    await replica.start()
    assert (replica.membership.owned, replica.shards.leads) == ((), False)
    await replica.write({"0": Shard(replica.member, 1), "1": Shard(OTHER, 1), LEAD: Shard(replica.member, 1)})
    assert sorted(replica.membership.owned) == ["0", LEAD]
    assert replica.stored is not None
    assert replica.stored.content is not None
    assert replica.shards.ranges == replica.stored.content.ranges_of(["0"])
    assert replica.membership.leader == lease_of(replica.member)[0]


async def test_a_shard_that_moves_is_acknowledged_when_its_last_key_is_done(replica: Replica) -> None:
    await replica.start()
    await replica.give_all()
    replica.process.is_working = True
    await replica.write({"2": Shard(replica.member, 1, OTHER)})
    await replica.clock.advance(3.0)
    record = replica.record()
    assert record is not None
    assert record.acknowledged == {}
    replica.process.is_working = False
    await replica.clock.advance(3.0)
    record = replica.record()
    assert record is not None
    assert record.acknowledged == {"2": 1}
    assert "2" not in replica.membership.owned


async def test_losing_what_runs_once_stops_the_process(replica: Replica) -> None:
    await replica.start()
    await replica.give_all()
    await replica.write({LEAD: Shard(replica.member, 1, OTHER)})
    assert replica.process.must_stop
    record = replica.record()
    assert record is not None
    assert record.acknowledged == {}, "the process gives it away at its end"


async def test_a_lost_lease_ends_a_life_that_has_worked(replica: Replica) -> None:
    await replica.start()
    await replica.give_all()
    del replica.store.leases[lease_of(replica.member)[0]]
    await replica.clock.advance(TIMING.renew_seconds + 2 * TIMING.retry_seconds)
    with pytest.raises(LeadershipLost, match="Lease was deleted"):
        await replica.life
    assert (replica.process.has_resigned, replica.fence.is_open, replica.membership.owned) == (True, False, ())


async def test_a_lost_lease_of_a_life_without_work_joins_again_under_a_new_name(replica: Replica) -> None:
    await replica.start()
    former = replica.member
    del replica.store.leases[lease_of(former)[0]]
    await replica.clock.advance(TIMING.renew_seconds + 2 * TIMING.retry_seconds)
    assert replica.member not in {"", former}
    assert replica.record() is not None
    assert (replica.life.done(), replica.process.has_resigned, replica.fence.is_open) == (False, False, True)


async def test_a_lease_that_a_person_restores_is_not_taken_for_its_own(replica: Replica) -> None:
    await replica.start()
    await replica.give_all()
    name = lease_of(replica.member)[0]
    restored = replica.store.leases.pop(name)
    await replica.store.create(restored)
    await replica.clock.advance(TIMING.renew_seconds + 3 * TIMING.retry_seconds)
    with pytest.raises(LeadershipLost):
        await replica.life


async def test_another_series_of_maps_ends_a_life_that_has_worked(replica: Replica) -> None:
    await replica.start()
    await replica.give_all()
    await replica.write({}, origin="later")
    with pytest.raises(LeadershipLost, match="shard map was replaced"):
        await replica.life
    assert replica.membership.owned == ()


@pytest.mark.parametrize("text", ["", "garbage", "[1]"])
async def test_a_broken_map_changes_nothing(replica: Replica, text: str) -> None:
    await replica.start()
    await replica.give_all()
    lease = replica.store.leases[NAMES.map]
    annotations = dict.fromkeys(lease["metadata"]["annotations"], text)
    await replica.store.update({**lease, "metadata": {**lease["metadata"], "annotations": annotations}})
    await replica.clock.advance(TIMING.renew_seconds)
    assert (len(replica.membership.owned), replica.life.done()) == (SLICES + 1, False)


async def test_leaving_alone_returns_at_once(replica: Replica) -> None:
    await replica.start()
    await replica.give_all()
    began = replica.clock.monotonic()
    await replica.membership.leave(10.0)
    assert replica.clock.monotonic() == began


async def test_leaving_returns_when_the_others_have_what_can_move(replica: Replica) -> None:
    await replica.start()
    mine = {str(number): Shard(replica.member, 1) for number in (0, 1)}
    await replica.write({**mine, "2": Shard(OTHER, 1), "3": Shard(OTHER, 1), LEAD: Shard(replica.member, 1)})
    leaving = asyncio.create_task(replica.membership.leave(10.0))
    await replica.clock.advance(1.0)
    record = replica.record()
    assert record is not None
    assert (record.phase, leaving.done()) == (Phase.LEAVING, False)
    await replica.write({name: Shard(replica.member, 1, OTHER) for name in mine})
    await replica.clock.advance(1.0)
    assert leaving.done()
    assert replica.membership.owned == (LEAD,), "what runs once moves at the end"
    assert not replica.process.must_stop


async def test_leaving_ends_at_its_deadline(replica: Replica) -> None:
    await replica.start()
    await replica.write({"0": Shard(replica.member, 1), "1": Shard(OTHER, 1)})
    leaving = asyncio.create_task(replica.membership.leave(10.0))
    await replica.clock.advance(9.0)
    assert not leaving.done()
    await replica.clock.advance(1.5)
    assert leaving.done()
    assert replica.membership.owned == ("0",)


async def test_leaving_and_releasing_before_it_has_joined_do_nothing(replica: Replica) -> None:
    replica.process.ready = False
    await replica.start()
    await replica.membership.leave(10.0)
    await replica.membership.release()
    assert replica.store.leases == {}


async def test_a_release_states_that_all_work_has_stopped(replica: Replica) -> None:
    await replica.start()
    await replica.give_all()
    member, began = replica.member, replica.clock.monotonic()
    await replica.membership.release()
    record = replica.record(member)
    assert record is not None
    assert record.phase is Phase.LEFT
    assert (replica.fence.is_open, replica.membership.owned) == (False, ())
    assert replica.clock.monotonic() == began


async def test_a_release_without_a_store_ends_after_one_interval_of_renewals(replica: Replica) -> None:
    await replica.start()
    await replica.give_all()
    replica.store.is_away = True
    releasing = asyncio.create_task(replica.membership.release())
    await replica.clock.advance(TIMING.renew_seconds - 1)
    assert not releasing.done()
    assert not replica.fence.is_open
    await replica.clock.advance(2.0)
    await releasing


async def test_a_replica_publishes_the_load_of_the_shards_that_it_measured(replica: Replica) -> None:
    meter = WorkMeter()
    replica.shards.meters.append(meter)
    await replica.start()
    await replica.give_all()
    for _ in range(90):
        await replica.clock.advance(1.0)
        meter.worked(0, 0.4)
    record = replica.record()
    assert record is not None
    assert set(record.load) == {*map(str, range(SLICES)), LEAD}
    assert max(record.load, key=lambda name: record.load[name]) == "0"
