"""Replicas share all shards over the API server, and give them to each other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from kube_apiserver import ThreadedApiServer
from kube_apiserver.faults import Action, Fault
from plugin_operator.client import ApiClient
from plugin_operator.errors import LeadershipLost
from plugin_operator.kube.shards import ShardRanges
from plugin_operator.replicas.lease_names import GROUP_LABEL, LEASE_TEXT
from plugin_operator.sharding.lease_writer import lease_of
from plugin_operator.testing.eventually import eventually
from tests.integration.replicas.replica import NAMES, Replica

Start = Callable[..., Awaitable[Replica]]


def check(replicas: list[Replica]) -> ShardRanges:
    """Return the hashes on which a replica works, after a check that never two work on one."""
    found = ShardRanges()
    for each in replicas:
        works = each.works_on()
        assert not works & found, f"{each.name} works on shards of another replica"
        found |= works
    return found


async def shared(*replicas: Replica) -> None:
    """Wait until each replica has a part, all shards have a worker, and one of them leads."""

    def is_shared() -> bool:
        everything = check(list(replicas)) == ShardRanges.everything()
        return (
            everything
            and all(each.works_on() for each in replicas)
            and sum(each.shards.leads for each in replicas) == 1
        )

    await eventually(is_shared, timeout_seconds=40.0)


async def leases_of_members(client: ApiClient) -> set[str]:
    found = await client.list(LEASE_TEXT, "default", {GROUP_LABEL: NAMES.group})
    return {each["metadata"]["name"] for each in found}


@pytest.fixture
async def replicas() -> AsyncIterator[list[Replica]]:
    """All replicas of a test; at each moment never two of them may work on one shard."""
    found: list[Replica] = []
    failures: list[AssertionError] = []

    async def watch() -> None:
        while True:
            try:
                check(found)
            except AssertionError as error:
                failures.append(error)
                return
            await asyncio.sleep(0.005)

    watcher = asyncio.create_task(watch())
    yield found
    watcher.cancel()
    await asyncio.gather(*(each.kill() for each in found), return_exceptions=True)
    assert not failures, failures


@pytest.fixture
async def start(kube_api_server: ThreadedApiServer, replicas: list[Replica]) -> Start:
    async def start(name: str, plugins: str = "") -> Replica:
        replicas.append(await Replica.started(name, kube_api_server.endpoint, plugins))
        return replicas[-1]

    return start


async def test_one_replica_works_on_everything(start: Start) -> None:
    one = await start("one")
    await shared(one)
    assert one.membership.is_leader()
    assert one.membership.leader == lease_of(one.membership.member)[0]


async def test_three_replicas_share_the_shards(start: Start) -> None:
    found = [await start(name) for name in ("one", "two", "three")]
    await shared(*found)


async def test_a_replica_that_joins_gets_a_part(start: Start) -> None:
    one = await start("one")
    await shared(one)
    await shared(one, await start("two"))


async def test_a_replica_that_leaves_gives_its_shards_away_before_it_goes(start: Start, client: ApiClient) -> None:
    one, two = await start("one"), await start("two")
    await shared(one, two)
    leaving, stays = (two, one) if one.elector.is_leader() else (one, two)
    await leaving.membership.leave(10.0)
    assert not leaving.shards.ranges
    await shared_by_one(stays, but_lead=leaving.shards.leads)
    await leaving.leave()
    await shared(stays)
    await eventually(lambda: _one_lease(client))


async def test_the_coordinator_gives_its_shards_away_before_it_goes(start: Start) -> None:
    one, two = await start("one"), await start("two")
    await shared(one, two)
    leaving, stays = (one, two) if one.elector.is_leader() else (two, one)
    await leaving.leave()
    await shared(stays)
    await eventually(stays.elector.is_leader)


async def test_the_last_replica_leaves_at_once_and_the_next_need_not_wait(start: Start) -> None:
    one = await start("one")
    await shared(one)
    await asyncio.wait_for(one.leave(), 5.0)
    await shared(await start("two"))


async def test_a_shard_moves_after_the_work_in_flight(start: Start) -> None:
    one = await start("one")
    await shared(one)
    one.work.is_working = True
    two = await start("two")
    await eventually(lambda: bool(one.shards.draining))
    assert not two.works_on()
    one.work.is_working = False
    await shared(one, two)


async def test_the_shards_of_a_killed_replica_move_after_its_lease(start: Start) -> None:
    one, two, three = await start("one"), await start("two"), await start("three")
    await shared(one, two, three)
    killed = next(each for each in (one, two, three) if not each.elector.is_leader())
    await killed.kill()
    await shared(*(each for each in (one, two, three) if each is not killed))


async def test_the_shards_of_a_killed_coordinator_move_after_its_lease(start: Start) -> None:
    one, two, three = await start("one"), await start("two"), await start("three")
    await shared(one, two, three)
    killed = next(each for each in (one, two, three) if each.elector.is_leader())
    await killed.kill()
    await shared(*(each for each in (one, two, three) if each is not killed))


async def test_a_replica_whose_lease_is_deleted_by_hand_ends(start: Start, client: ApiClient) -> None:
    one, two = await start("one"), await start("two")
    await shared(one, two)
    await client.delete(LEASE_TEXT, lease_of(two.membership.member)[0], "default")
    assert two.life is not None
    with pytest.raises(LeadershipLost, match="its Lease was deleted"):
        await asyncio.wait_for(two.life, 10.0)
    assert not two.fence.is_open
    await two.kill()
    await shared(one)


async def test_a_coordinator_whose_membership_ends_lets_another_one_coordinate(start: Start, client: ApiClient) -> None:
    one, two = await start("one"), await start("two")
    await shared(one, two)
    ends, stays = (one, two) if one.elector.is_leader() else (two, one)
    await client.delete(LEASE_TEXT, lease_of(ends.membership.member)[0], "default")
    assert ends.life is not None
    with pytest.raises(LeadershipLost, match="its Lease was deleted"):
        await asyncio.wait_for(ends.life, 10.0)
    election = await client.get(LEASE_TEXT, "widgets-leader-election", "default")
    assert election["spec"]["holderIdentity"] != ends.name
    await ends.kill()
    await shared(stays)


async def test_after_a_map_deleted_by_hand_all_join_again(start: Start, client: ApiClient) -> None:
    first = [await start("one"), await start("two")]
    await shared(*first)
    await client.delete(LEASE_TEXT, NAMES.map, "default")
    for each in first:
        assert each.life is not None
        with pytest.raises(LeadershipLost, match="the shard map was replaced"):
            await asyncio.wait_for(each.life, 20.0)
        await each.kill()
    await shared(*[await start("three"), await start("four")])


async def test_an_outage_of_the_server_pauses_all_work_and_moves_nothing(
    start: Start, kube_api_server: ThreadedApiServer
) -> None:
    one, two = await start("one"), await start("two")
    await shared(one, two)
    before = one.shards.ranges
    plan = kube_api_server.faults
    plan.add(Fault(action=Action.DROP, resource="leases", count=None))
    await eventually(lambda: one.fence.is_suspended and two.fence.is_suspended)
    await asyncio.sleep(2.5)  # longer than a lease: without the fault, both count as silent
    plan.clear()
    await shared(one, two)
    assert one.shards.ranges == before


async def test_lost_answers_and_conflicts_end_no_replica(start: Start, kube_api_server: ThreadedApiServer) -> None:
    one = await start("one")
    await shared(one)
    plan = kube_api_server.faults
    plan.add(Fault(action=Action.LOSE, verb="update", resource="leases", count=4))
    plan.add(Fault(action=Action.REFUSE, verb="update", resource="leases", code=409, count=3))
    two = await start("two")
    await shared(one, two)


async def shared_by_one(replica: Replica, *, but_lead: bool) -> None:
    """Wait until a replica works on all slices, and leads unless another one does."""

    def is_alone() -> bool:
        return replica.works_on() == ShardRanges.everything() and replica.shards.leads is not but_lead

    await eventually(is_alone)


async def _one_lease(client: ApiClient) -> bool:
    return len(await leases_of_members(client)) == 1


async def test_a_replica_with_other_plugins_gets_no_shard_until_more_replicas_have_them(start: Start) -> None:
    one = await start("one", "old")
    await shared(one)
    two = await start("two", "new")
    await eventually(lambda: one.observed.has_other(one.membership.member, _series(one)))
    assert not two.works_on()
    three = await start("three", "new")
    await shared(one, two, three)


async def test_the_last_replica_with_its_plugins_gives_its_shards_away_before_it_goes(start: Start) -> None:
    one = await start("one", "old")
    await shared(one)
    two = await start("two", "new")
    await eventually(lambda: one.observed.has_other(one.membership.member, _series(one)))
    await one.membership.leave(10.0)
    assert not one.shards.ranges
    await shared_by_one(two, but_lead=True)
    await one.leave()
    await shared(two)


def _series(replica: Replica) -> str:
    known = replica.watch.known
    return known.intact.origin if known is not None and known.intact is not None else ""
