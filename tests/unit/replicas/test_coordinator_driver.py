"""The coordinator of replicas on virtual time: whom it takes shards from, and when."""

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from plugin_operator.replicas.coordinator_driver import CoordinatorDriver
from plugin_operator.replicas.lease_names import GROUP_LABEL, MAP_KEY, RECORD_KEY, LeaseNames
from plugin_operator.replicas.map_lease import MapLease
from plugin_operator.replicas.map_watch import MapWatch
from plugin_operator.replicas.member_leases import MemberLeases
from plugin_operator.replicas.observed_members import ObservedMembers
from plugin_operator.sharding import MemberRecord, MembershipTiming, ShardMap
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.replicas.lease_store import LeaseStore

TIMING = MembershipTiming()
NAMES = LeaseNames.beside("default", "widgets-leader-election")
REQUESTS_SECONDS = 3.0
TOO_DEEP = '{"x":' + "[" * 50_000 + "]" * 50_000 + "}"


class Members:
    """Members that renew, each as its process would, and coordinators that observe them."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.store = LeaseStore()
        self.leases = MemberLeases(self.store, NAMES, identity="pod", timing=TIMING, clock=self.clock)
        self._maps = MapLease(self.store, NAMES, timing=TIMING, clock=self.clock)
        self.watch = MapWatch(self._maps, self.store, clock=self.clock)
        self._alive: dict[str, MemberRecord] = {}
        self._running: list[CoordinatorDriver] = []

    async def join(self) -> str:
        """Add a member, and return its name."""
        state = await self.leases.create()
        record = MemberRecord(name=state.member, renewals=0)
        self._alive[record.name] = record
        await self._renew(record.name)
        return record.name

    def kill(self, name: str) -> None:
        """Let a member renew no more."""
        del self._alive[name]

    async def observer(self) -> ObservedMembers:
        """Return what a replica observes from now on."""
        made = ObservedMembers(NAMES, self.store, timing=TIMING, clock=self.clock)
        await made.start()
        return made

    def elect(self, observer: ObservedMembers) -> CoordinatorDriver:
        """Start the coordinator of a replica."""
        made = CoordinatorDriver(self.leases, self._maps, self.watch, observer, clock=self.clock)
        self._running.append(made)
        made.start()
        return made

    async def end(self, driver: CoordinatorDriver) -> None:
        """Stop a coordinator."""
        self._running.remove(driver)
        await driver.stop()

    async def close(self) -> None:
        """Stop all."""
        for each in tuple(self._running):
            await self.end(each)
        await self.watch.stop(1.0)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass while the living members renew and follow the map."""
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            await self.clock.advance(min(TIMING.renew_seconds, end - self.clock.monotonic()))
            if not self.store.is_away:
                for name in tuple(self._alive):
                    await self._renew(name)
        await self.clock.advance(0.0)

    async def _renew(self, name: str) -> None:
        record, shards = self._alive[name], self.map
        origin = shards.origin if shards is not None else ""
        self._alive[name] = record = replace(record, renewals=record.renewals + 1, origin=origin)
        found = await self.leases.read(name.partition("/")[0])
        if found is not None and found[0].member == name:
            await self.leases.write(record, found[0])

    @property
    def map(self) -> ShardMap | None:
        """The map as read last."""
        return self.watch.known.intact if self.watch.known is not None else None

    def owners(self) -> set[str]:
        """The owners of shards."""
        return {each.owner for each in self.map.shards.values()} if self.map is not None else set()


@pytest.fixture
async def members() -> AsyncIterator[Members]:
    """No member yet."""
    made = Members()
    await made.watch.start()
    yield made
    await made.close()


async def two_at_work(members: Members) -> tuple[str, str, ObservedMembers, ObservedMembers, CoordinatorDriver]:
    """Return two members that share all shards, what each replica observes, and the coordinator of the first."""
    one, two = await members.join(), await members.join()
    observed = await members.observer(), await members.observer()
    driver = members.elect(observed[0])
    await members.pass_time(2 * TIMING.lease_seconds)
    assert members.owners() == {one, two}
    return one, two, *observed, driver


async def test_annotations_that_are_nested_too_deeply_stop_no_coordinator(members: Members) -> None:
    one, two, *_ = await two_at_work(members)
    metadata = {"name": "strange", "labels": {GROUP_LABEL: NAMES.group}, "annotations": {RECORD_KEY: TOO_DEEP}}
    await members.store.create({"metadata": metadata})
    members.kill(two)

    await members.pass_time(TIMING.lease_seconds + REQUESTS_SECONDS)

    assert members.owners() == {one}


async def test_a_map_that_is_nested_too_deeply_is_replaced(members: Members) -> None:
    one, two, *_ = await two_at_work(members)
    damaged = members.store.leases[NAMES.map]
    damaged["metadata"]["annotations"][MAP_KEY] = TOO_DEEP
    await members.store.update(damaged)

    await members.pass_time(2 * TIMING.lease_seconds)

    assert members.owners() == {one, two}


async def test_a_denied_revocation_is_a_warning_once(members: Members) -> None:
    _, two, *_ = await two_at_work(members)
    members.store.denied.add("delete")
    members.kill(two)

    with capture_logs() as logged:
        await members.pass_time(2 * TIMING.lease_seconds)

    [warning] = [each for each in logged if each["log_level"] == "warning"]
    assert warning["event"] == "Lease of a silent replica not revoked; its shards stay"
    assert "cannot delete resource leases" in warning["reason"]


async def test_a_denied_write_of_the_map_is_a_warning_once(members: Members) -> None:
    await members.join()
    members.store.denied |= {"create"}

    with capture_logs() as logged:
        members.elect(await members.observer())
        await members.pass_time(TIMING.lease_seconds)

    assert [each["event"] for each in logged if each["log_level"] == "warning"] == ["Shard map not written"]


async def test_a_denied_write_of_the_map_is_repeated_with_pauses(members: Members) -> None:
    await members.join()
    members.elect(await members.observer())
    members.store.denied.add("create")

    await members.pass_time(TIMING.lease_seconds)

    reads = [each for each in members.store.requests if each == ("get", NAMES.map)]
    assert len(reads) <= 2 * TIMING.lease_seconds / TIMING.retry_seconds

    members.store.denied.clear()
    await members.pass_time(2 * TIMING.lease_seconds)
    assert all(members.owners())


async def test_a_revoked_lease_that_a_finalizer_keeps_is_gone_for_its_member(members: Members) -> None:
    one, two, *_ = await two_at_work(members)
    name = two.partition("/")[0]
    lease = members.store.leases[name]
    lease["metadata"]["finalizers"] = ["example.com/keep"]
    members.kill(two)

    await members.pass_time(TIMING.lease_seconds + REQUESTS_SECONDS)

    assert members.owners() == {one}
    assert await members.leases.read(name) is None


async def test_shards_of_a_silent_member_move_after_the_lease(members: Members) -> None:
    one, two, *_ = await two_at_work(members)
    members.kill(two)
    await members.pass_time(TIMING.lease_seconds - TIMING.renew_seconds)
    assert members.owners() == {one, two}
    await members.pass_time(TIMING.renew_seconds + REQUESTS_SECONDS)
    assert members.owners() == {one}


async def test_a_successor_knows_already_who_is_silent(members: Members) -> None:
    one, two, _, observed, driver = await two_at_work(members)
    await members.end(driver)  # as a process that is killed together with its member
    members.kill(one)
    await members.pass_time(TIMING.lease_seconds)
    members.elect(observed)
    await members.pass_time(REQUESTS_SECONDS)
    assert members.owners() == {two}


async def test_a_successor_that_observed_nothing_counts_silence_from_its_election(members: Members) -> None:
    one, two, *_, driver = await two_at_work(members)
    await members.end(driver)
    members.kill(one)
    await members.pass_time(TIMING.lease_seconds)
    members.elect(await members.observer())
    await members.pass_time(TIMING.lease_seconds - TIMING.renew_seconds)
    assert members.owners() == {one, two}
    await members.pass_time(TIMING.renew_seconds + REQUESTS_SECONDS)
    assert members.owners() == {two}


async def test_a_successor_whose_watch_was_silent_counts_from_its_election(members: Members) -> None:
    one, two, _, observed, driver = await two_at_work(members)
    await members.end(driver)
    members.store.is_away = True
    await members.pass_time(2 * TIMING.lease_seconds)
    members.store.is_away = False
    members.elect(observed)
    await members.clock.advance(REQUESTS_SECONDS)
    await members.pass_time(3 * TIMING.lease_seconds)
    assert members.owners() == {one, two}


async def test_an_outage_moves_no_shard(members: Members) -> None:
    one, two, *_ = await two_at_work(members)
    before = members.map
    members.store.is_away = True
    await members.pass_time(4 * TIMING.lease_seconds)
    members.store.is_away = False
    await members.pass_time(2 * TIMING.lease_seconds)
    assert members.owners() == {one, two}
    assert members.map == before


async def test_what_people_leave_behind_is_removed(members: Members) -> None:
    one, two, *_ = await two_at_work(members)
    empty = await members.leases.create()
    await members.pass_time(5 * TIMING.lease_seconds)
    assert empty.name not in members.store.leases
    assert members.owners() == {one, two}


async def test_a_deleted_lease_frees_its_shards_a_lease_later(members: Members) -> None:
    one, two, *_ = await two_at_work(members)
    found = await members.leases.read(two.partition("/")[0])
    assert found is not None
    await members.leases.delete(found[0])
    await members.pass_time(TIMING.lease_seconds - TIMING.renew_seconds)
    assert two in members.owners()
    await members.pass_time(TIMING.renew_seconds + REQUESTS_SECONDS)
    assert members.owners() == {one}
