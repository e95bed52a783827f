"""Replicas share objects: whatever happens to one of them, no write is lost and none is doubled.

Only conditions are asserted. How long objects had no replica is printed: after a kill, the aim is the lease and 2 s.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin_operator.replicas.lease_names import MAP_KEY
from plugin_operator.sharding import ShardMap
from tests.replicas.conftest import LEASE_SECONDS, RENEW_SECONDS, Replica
from tests.replicas.sharing import GATE, MAP, PLUGIN, Sharing, say, started

pytestmark = pytest.mark.timeout(400)

#: With the gate on, all tests run in ``make test-replicas``; two of them always do.
_LONG = os.environ.get("REPLICAS_LONG") == "1"
_ALWAYS_BOTH = {"test_objects_are_divided_and_divided_anew", "test_objects_of_a_killed_replica_get_another_one"}


@pytest.fixture(params=["", GATE], ids=["gate off", "gate on"])
def sharing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sharing]:
    """No replica yet."""
    if request.param and not _LONG and request.node.originalname not in _ALWAYS_BOTH:
        pytest.skip("minutes: part of make test-replicas")
    yield from started(tmp_path, request.param)


@pytest.fixture
def two(sharing: Sharing) -> Sharing:
    """Two replicas that share all objects."""
    sharing.add("a1", "a2")
    sharing.settled()
    sharing.worked()
    return sharing


def other_than(sharing: Sharing, replica: Replica) -> Replica:
    return next(each for each in sharing.alive if each is not replica)


def lease_of(replica: Replica) -> str:
    name: str = replica.status()["sharding"]["replica"]
    return name


def test_objects_are_divided_and_divided_anew(two: Sharing) -> None:
    workers = two.workers()
    assert {len(each) for each in workers.values()} == {1}, workers
    assert set.union(*workers.values()) == {"a1", "a2"}
    two.add("a3")
    two.settled()
    two.worked()
    workers = two.workers()
    assert {len(each) for each in workers.values()} == {1}, workers
    two.server.kubectl("delete", "secret", "child-of-object-3")
    two.worked()
    assert len({replica for _, replica, what, _ in two.notes() if what == "alone"}) == 1
    two.assert_never_doubled()


@pytest.mark.parametrize("coordinates", [False, True], ids=["another one divides", "it divides"])
def test_objects_of_a_killed_replica_get_another_one(two: Sharing, coordinates: bool) -> None:
    coordinator = two.coordinator()
    victim = coordinator if coordinates else other_than(two, coordinator)
    killed = time.monotonic()
    victim.signal(signal.SIGKILL)
    two.take_out(victim)
    two.settled()
    two.worked()
    two.unattended_since(killed, victim.name)
    two.assert_never_doubled(victim)


@pytest.mark.parametrize("coordinates", [False, True], ids=["another one divides", "it divides"])
def test_a_replica_hands_its_objects_over_before_it_ends(two: Sharing, coordinates: bool) -> None:
    coordinator = two.coordinator()
    leaver = coordinator if coordinates else other_than(two, coordinator)
    lease, stays = lease_of(leaver), lease_of(other_than(two, leaver))
    assert lease in two.owners()
    asked = time.monotonic()
    leaver.signal(signal.SIGTERM)
    assert leaver.end() == 0, leaver.log[-3000:]
    assert two.owners() == {stays}
    two.take_out(leaver)
    two.worked()
    two.unattended_since(asked, leaver.name)
    two.settled()
    assert "cut-off" not in leaver.log
    two.assert_never_doubled()


def test_a_replica_that_was_stopped_past_its_lease_writes_nothing_when_it_wakes(two: Sharing) -> None:
    coordinator = two.coordinator()
    for victim in (other_than(two, coordinator), coordinator):
        stopped = time.monotonic()
        victim.signal(signal.SIGSTOP)
        two.take_out(victim)
        two.settled()
        two.worked()
        two.unattended_since(stopped, victim.name)
        woken = time.monotonic()
        victim.signal(signal.SIGCONT)
        assert victim.end() == 1
        assert "Traceback" not in victim.log
        begun = [note for note in two.notes() if note[0] > woken and note[1:3] == (victim.name, "begins")]
        assert begun == []
        two.add(f"{victim.name}b")
        two.settled()
    two.worked()
    two.assert_never_doubled(*two.everybody)


def test_a_replica_that_was_stopped_for_a_moment_continues(two: Sharing) -> None:
    victim = other_than(two, two.coordinator())
    victim.signal(signal.SIGSTOP)
    time.sleep(RENEW_SECONDS / 2)
    victim.signal(signal.SIGCONT)
    two.settled()
    two.worked()
    assert victim.process.poll() is None
    assert set.union(*two.workers().values()) == {"a1", "a2"}
    two.assert_never_doubled()


@pytest.mark.parametrize("coordinates", [False, True], ids=["another one divides", "it divides"])
def test_a_replica_that_is_cut_off_pauses_and_ends_when_others_have_its_objects(
    two: Sharing, coordinates: bool
) -> None:
    coordinator = two.coordinator()
    victim = coordinator if coordinates else other_than(two, coordinator)
    victim.network.cut()
    cut = time.monotonic()
    two.take_out(victim)
    two.settled()
    two.worked()
    two.unattended_since(cut, victim.name)
    assert victim.process.poll() is None, victim.log[-3000:]
    assert "reconciles wait" in victim.log
    victim.network.heal()
    assert victim.end() == 1
    assert "Traceback" not in victim.log
    two.assert_never_doubled(victim)


def test_a_lease_deleted_by_hand_ends_its_replica_and_one_edited_by_hand_does_not(two: Sharing) -> None:
    one, other = two.alive
    annotation = "sharding.plugin-operator/record={}"
    two.server.kubectl("annotate", "--overwrite", "lease", lease_of(one), annotation)
    spec = json.dumps({"spec": {"holderIdentity": "a person", "leaseDurationSeconds": 1}})
    two.server.kubectl("patch", "lease", lease_of(other), "--type=merge", "-p", spec)
    two.worked()
    two.settled()
    assert two.alive == [one, other]
    two.server.kubectl("delete", "lease", lease_of(one))
    deleted = time.monotonic()
    assert one.end() == 1
    assert "Traceback" not in one.log
    two.restart_ended()
    two.settled()
    two.worked()
    two.unattended_since(deleted, one.name)
    two.assert_never_doubled(one)


def test_the_election_lease_deleted_by_hand_stops_no_work(two: Sharing) -> None:
    two.server.kubectl("delete", "lease", "plugin-operator-leader-election")
    two.worked()
    two.coordinator()
    two.settled()
    two.worked()
    assert [each.name for each in two.alive] == ["a1", "a2"]
    two.assert_never_doubled()


@pytest.mark.parametrize("deleted", [True, False], ids=["deleted", "edited"])
def test_after_a_map_deleted_or_edited_by_hand_all_replicas_join_again(two: Sharing, deleted: bool) -> None:
    before = list(two.alive)
    if deleted:
        two.server.kubectl("delete", "lease", MAP)
    else:
        text = two.get("lease", MAP)["metadata"]["annotations"][MAP_KEY]
        found = ShardMap.decode(text.encode())
        owners = [each.owner for each in found.shards.values()]
        other = next(each for each in owners if each != owners[0])
        edited = {name: {**json.loads(text)["shards"][name]} for name in found.shards}
        text = json.dumps({**json.loads(text), "shards": edited}).replace(owners[0], other)
        two.server.kubectl("annotate", "--overwrite", "lease", MAP, f"{MAP_KEY}={text}")
    at = time.monotonic()
    two.until(lambda: all(each.process.poll() is not None for each in before))
    two.settled(restarts=True)
    say(f"shards have owners again after {time.monotonic() - at:.1f} s, or {LEASE_SECONDS} s of lease")
    two.worked()
    two.assert_never_doubled(*before)


def test_edits_of_a_plugin_reach_all_replicas_and_a_broken_one_stops_none(two: Sharing) -> None:
    two.edit("second")
    two.worked("second")
    two.edit("broken", "import nothing_of_this_name\n")
    two.until(lambda: all("Plugin rejected" in each.log for each in two.alive))
    two.worked("second")
    two.edit("third")
    two.worked("third")
    workers = two.workers()
    assert {len(each) for each in workers.values()} == {1}, workers
    two.assert_never_doubled()


def test_a_replica_with_other_plugins_works_on_nothing_until_it_is_the_last(two: Sharing, tmp_path: Path) -> None:
    others = tmp_path / "others"
    others.mkdir()
    (others / "shared.py").write_text(PLUGIN.replace("EDITION", "second"))
    first, second = two.alive
    two.add("b1", plugins=others)
    newcomer = two.alive[-1]
    two.until(lambda: newcomer.is_ready() and bool(lease_of(newcomer)))
    two.worked("first")
    assert newcomer.status()["sharding"]["revision"] != first.status()["sharding"]["revision"]
    for leaver in (first, second):
        two.take_out(leaver)
        leaver.signal(signal.SIGTERM)
        assert leaver.end() == 0, leaver.log[-3000:]
        owner = lease_of(second if leaver is first else newcomer)
        assert two.owners() == {owner}
        two.worked("first" if leaver is first else "second")
    two.settled()
    two.assert_never_doubled()
