"""One coordinator: a shard moves when its owner acknowledged it, or can no longer work; never before."""

import itertools

import pytest

from plugin_operator.sharding import Coordinator, MemberRecord, MembershipTiming, Phase, Shard, ShardMap, StoredMap
from plugin_operator.sharding.actions import CoordinatorAction, ListLeases, ReadLease, ReadMap, RevokeLease, WriteMap

TIMING = MembershipTiming()
LEASE = TIMING.lease_seconds
NAMES = ("0", "1", "2", "3", "lead")


def record(name: str, renewals: int = 1, **fields: object) -> MemberRecord:
    return MemberRecord(name=name, renewals=renewals, **{"origin": "first", **fields})  # type: ignore[arg-type]


def stored(version: int, shards: dict[str, Shard], origin: str = "first") -> StoredMap:
    content = ShardMap.found(origin, 4, object_uid="uid").changed(shards, version=version)
    return StoredMap("uid", str(version * 10), version, content)


def written(actions: list[CoordinatorAction]) -> ShardMap:
    (write,) = [each for each in actions if isinstance(each, WriteMap)]
    return write.content


def coordinator() -> Coordinator:
    numbers = itertools.count(1)
    return Coordinator(timing=TIMING, new_origin=lambda: f"new-{next(numbers)}", slices=4)


def knowing(state: StoredMap, *records: MemberRecord) -> tuple[Coordinator, list[CoordinatorAction]]:
    """Return a coordinator that read the map and listed the members at second 0, and what it then does."""
    made = coordinator()
    assert made.tick(0) == [ReadMap()]
    assert made.on_map(state, 0) == [ListLeases(1)]
    return made, made.on_listed(1, [(each, "1") for each in records], 0)


def ticked(machine: Coordinator, until: float) -> list[CoordinatorAction]:
    """Tick each second from the last tick, and return all actions."""
    actions: list[CoordinatorAction] = []
    while machine._ticked_at < until:
        actions += machine.tick(min(machine._ticked_at + 1, until))
    return actions


UNSETTLED = StoredMap("uid", "90", 9, ShardMap.found("theirs", 4, object_uid="uid", version=9))
ALL_OF_A = {name: Shard("a", 1) for name in NAMES}


def test_members_share_the_shards_of_a_settled_map() -> None:
    _, actions = knowing(stored(2, {}), record("a"), record("b"))

    shards = written(actions).shards
    assert sorted(shard.owner for name, shard in shards.items() if name != "lead") == ["a", "a", "b", "b"]
    assert {shard.epoch for shard in shards.values()} == {1}


def test_a_write_names_the_version_it_replaces_and_the_generation_it_makes() -> None:
    _, actions = knowing(stored(2, {}), record("a"))

    (write,) = actions
    assert isinstance(write, WriteMap)
    assert (write.resource_version, write.content.version, write.content.object_uid) == ("20", 3, "uid")


def test_a_member_that_joins_gets_shards_only_after_their_owner_acknowledged() -> None:
    machine, actions = knowing(stored(2, ALL_OF_A), record("a"), record("b"))
    planned = written(actions)
    moving = {name for name, shard in planned.shards.items() if shard == Shard("a", 1, "b")}
    assert len(moving) == 2
    assert machine.on_map(StoredMap("uid", "30", 3, planned), 1) == []

    first = min(moving)
    shards = written(machine.on_lease(record("a", 2, acknowledged={first: 1}), "31", 2)).shards
    assert shards[first] == Shard("b", 2)
    assert {shard for name, shard in shards.items() if name in moving - {first}} == {Shard("a", 1, "b")}


def test_an_acknowledgement_of_another_epoch_does_not_count() -> None:
    shards = {**ALL_OF_A, "1": Shard("a", 5, "b")}
    for epoch in (4, 6):
        _, actions = knowing(stored(2, shards), record("a", acknowledged={"1": epoch}), record("b"))
        assert all(written([each]).shards["1"] == Shard("a", 5, "b") for each in actions)


def test_a_silent_owner_is_revoked_and_its_shards_move_when_that_succeeded() -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"))
    assert machine.on_lease(record("b", origin=""), "5", LEASE - 1) == []
    assert ticked(machine, LEASE - 0.1) == []
    assert ticked(machine, LEASE) == [RevokeLease("a", "1")]
    assert machine.on_lease(record("b", 2), "6", LEASE) == []

    shards = written(machine.on_revoked("a", LEASE + 1)).shards
    assert set(shards.values()) == {Shard("b", 2)}


def test_a_renewal_that_the_watch_had_not_shown_keeps_the_shards() -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"))
    assert ticked(machine, LEASE) == [RevokeLease("a", "1")]
    assert machine.on_revoke_failed("a") == [ReadLease("a")]

    machine.on_lease(record("a", 2), "9", LEASE + 0.1)
    assert ticked(machine, 2 * LEASE) == []


def test_a_lease_that_a_person_restored_is_recognized_when_it_cannot_be_revoked() -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"))
    assert ticked(machine, LEASE) == [RevokeLease("a", "1")]
    assert machine.on_revoke_failed("a") == [ReadLease("a")]
    machine.on_lease_lost("a", LEASE)  # the store has one with another uid
    machine.on_lease(record("b"), "5", 2 * LEASE - 5)

    assert ticked(machine, 2 * LEASE - 0.1) == []
    assert set(written(ticked(machine, 2 * LEASE)).shards.values()) == {Shard("b", 2)}


def test_an_edit_of_a_lease_by_hand_counts_as_a_renewal_because_it_may_have_replaced_one() -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"))
    machine.on_lease(record("a"), "8", LEASE - 1)

    assert ticked(machine, 2 * LEASE - 2) == []
    assert ticked(machine, 2 * LEASE - 1) == [RevokeLease("a", "8")]


def test_a_late_event_of_a_lease_is_ignored() -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"))
    machine.on_lease(record("a", 3), "9", 1)
    machine.on_lease(record("a", 2), "8", 10)

    assert ticked(machine, LEASE + 1) == [RevokeLease("a", "9")]


def test_the_shards_of_a_deleted_lease_move_after_its_fence_must_have_closed() -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"))
    machine.on_lease(record("b"), "5", LEASE - 2)
    machine.on_map_doubt(LEASE - 2)
    machine.on_map(stored(2, ALL_OF_A), LEASE - 2)
    machine.on_lease_lost("a", 14)
    machine.on_lease(record("b", 2), "6", 20)
    machine.on_lease(record("a", 2), "7", 20)  # restored by hand

    assert ticked(machine, 14 + LEASE - 0.1) == []
    assert set(written(ticked(machine, 14 + LEASE)).shards.values()) == {Shard("b", 2)}


def test_an_owner_without_an_observed_lease_is_looked_up_before_it_counts_as_lost() -> None:
    machine, actions = knowing(stored(2, ALL_OF_A), record("b"))
    assert actions == [ReadLease("a")]
    assert machine.on_lease_lost("a", 1) == []
    machine.on_lease(record("b", 2), "6", 10)

    assert ticked(machine, 1 + LEASE - 0.1) == []
    assert set(written(ticked(machine, 1 + LEASE)).shards.values()) == {Shard("b", 2)}


@pytest.mark.parametrize("how", ["left", "exited"])
def test_the_shards_of_a_member_that_has_ended_move_at_once(how: str) -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"), record("b", origin=""))
    machine.on_lease(record("b", 2), "6", 1)
    machine.on_map_doubt(1)
    machine.on_map(stored(2, ALL_OF_A), 1)
    actions = (
        machine.on_exited("a", 2) if how == "exited" else machine.on_lease(record("a", 2, phase=Phase.LEFT), "7", 2)
    )

    assert set(written(actions).shards.values()) == {Shard("b", 2)}


def test_all_shards_of_a_member_that_leaves_are_planned_to_move() -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a", phase=Phase.LEAVING), record("b", origin=""))
    planned = written(machine.on_lease(record("b", 2), "6", 1))

    assert set(planned.shards.values()) == {Shard("a", 1, "b")}


def test_the_target_of_a_move_that_has_ended_is_replaced() -> None:
    shards = {**ALL_OF_A, "1": Shard("a", 1, "b")}
    machine, _ = knowing(stored(2, shards), record("a"), record("b"), record("c"))

    machine.on_map_doubt(0)
    actions = machine.on_exited("b", 0)
    assert actions == []
    assert written(machine.on_map(stored(2, shards), 0)).shards["1"] == Shard("a", 1, "c")


def test_a_target_that_has_ended_gets_no_shard_that_its_owner_acknowledged_at_that_moment() -> None:
    moving = {**ALL_OF_A, "1": Shard("a", 1, "b")}
    machine, _ = knowing(stored(2, moving), record("a"), record("b"))

    machine.on_map_doubt(0)
    machine.on_exited("b", 0)
    machine.on_lease(record("a", 2, acknowledged={"1": 1}), "31", 0)
    assert written(machine.on_map(stored(2, moving), 0)).shards["1"] == Shard("a", 2)


def test_a_missing_map_is_founded_and_settled_after_all_fences_must_have_closed() -> None:
    machine = coordinator()
    machine.tick(0)
    founded = written(machine.on_map_absent(0))
    assert (founded.version, founded.is_settled) == (1, False)
    assert machine.on_map(StoredMap("uid", "1", 1, founded), 1) == [ListLeases(1)]
    assert machine.on_listed(1, [(record("a", origin="new-1"), "2")], 2) == []
    machine.on_lease(record("a", 2, origin="new-1"), "3", 10)
    assert ticked(machine, 2 + LEASE - 0.1) == []

    settled = written(ticked(machine, 2 + LEASE))
    assert settled.is_settled
    assert {shard.owner for shard in settled.shards.values()} == {"a"}


def test_a_record_without_a_series_may_hide_a_member_of_a_former_one_while_a_series_is_founded() -> None:
    """A person may have put the first record of a member back into its Lease."""
    machine = coordinator()
    machine.tick(0)
    founded = written(machine.on_map_absent(0))
    machine.on_map(StoredMap("uid", "1", 1, founded), 1)
    machine.on_listed(1, [(record("a", origin="new-1"), "2"), (record("b", origin=""), "3")], 2)
    machine.on_lease(record("a", 2, origin="new-1"), "4", 10)
    machine.on_lease(record("b", 2, origin=""), "5", 10)
    assert ticked(machine, 2 + LEASE) == []

    settled = written(machine.on_lease(record("b", 3, origin="new-1"), "6", 2 + LEASE))
    assert {shard.owner for name, shard in settled.shards.items() if name != "lead"} == {"a", "b"}


@pytest.mark.parametrize(
    "damaged",
    [
        StoredMap("uid", "99", 7, stored(6, ALL_OF_A).content),
        StoredMap("uid", "99", 7, None),
        StoredMap("other", "99", 7, stored(7, ALL_OF_A).content),
        StoredMap("uid", "99", 1, stored(1, ALL_OF_A).content),
        StoredMap("uid", "99", 7, stored(7, ALL_OF_A, "second").content),
    ],
    ids=["edited", "unreadable", "of another object", "older", "of another series"],
)
def test_a_map_that_no_coordinator_wrote_is_replaced_by_a_new_series(damaged: StoredMap) -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"))

    (write,) = machine.on_map(damaged, 1)
    assert isinstance(write, WriteMap)
    assert (write.content.origin, write.content.version) == ("new-1", damaged.generation + 1)
    assert (write.resource_version, write.content.object_uid) == ("99", damaged.uid)


def test_a_founding_map_that_a_person_restored_as_another_object_is_replaced_by_a_new_series() -> None:
    """It names no object, and the map that followed it may be known to members only: its answer was lost."""
    machine = coordinator()
    machine.tick(0)
    founding = written(machine.on_map_absent(0))
    machine.on_map(StoredMap("uid", "10", 1, founding), 0)
    machine.on_listed(1, [(record("a", origin=founding.origin), "1")], 0)
    machine.on_lease(record("a", 2, origin=founding.origin), "2", 10)
    assert written(ticked(machine, LEASE)).is_settled
    machine.on_map_doubt(LEASE)

    actions = machine.on_map(StoredMap("other", "30", 1, founding), LEASE)

    assert written(actions).origin != founding.origin


def test_members_of_a_former_series_that_still_renew_are_waited_for_and_then_revoked() -> None:
    machine, _ = knowing(stored(2, {}, "second"), record("a"), record("b", origin="second"))
    for second in range(1, 30):
        assert machine.on_lease(record("a", second + 1), str(second + 1), second) == []
        machine.on_lease(record("b", second + 1, origin="second"), str(second + 1), second)
    assert ticked(machine, 30) == [RevokeLease("a", "30")]
    assert machine.on_revoked("a", 30.5) == []
    machine.on_lease(record("b", 40, origin="second"), "99", 40)

    assert ticked(machine, 29 + LEASE - 0.1) == []
    assert set(written(ticked(machine, 29 + LEASE)).shards.values()) == {Shard("b", 1)}


def test_a_coordinator_that_begins_founds_another_series_if_its_predecessor_settled_none() -> None:
    machine = coordinator()
    machine.tick(0)

    assert written(machine.on_map(UNSETTLED, 0)).origin == "new-1"


def test_a_coordinator_waits_for_another_one_that_founds_a_series_beside_it() -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"))

    assert machine.on_map(UNSETTLED, 0) == []
    assert ticked(machine, 4 * LEASE - 0.1) == []
    assert written(ticked(machine, 4 * LEASE)).origin == "new-1"


def test_of_two_coordinators_that_found_a_series_at_once_the_second_one_waits() -> None:
    machine = coordinator()
    machine.tick(0)
    machine.on_map_absent(0)
    assert machine.on_map_doubt(1) == [ReadMap()]  # the write was refused

    assert machine.on_map(UNSETTLED, 1) == []


def test_a_write_that_was_refused_is_followed_by_a_read() -> None:
    machine, actions = knowing(stored(2, {}), record("a"))
    assert isinstance(actions[0], WriteMap)
    assert machine.on_map_doubt(1) == [ReadMap()]
    assert machine.on_lease(record("a", 2, capacity=2.0), "5", 1) == []

    assert machine.on_map(stored(4, ALL_OF_A), 1) == []


def test_an_answer_that_never_comes_does_not_stop_the_coordinator() -> None:
    machine = coordinator()
    assert machine.tick(0) == [ReadMap()]
    assert machine.tick(1) == []
    assert machine.tick(TIMING.deadline_seconds) == [ReadMap()]


def test_a_coordinator_in_doubt_decides_nothing_until_the_store_answers() -> None:
    machine, actions = knowing(stored(2, {}), record("a"))
    assert isinstance(actions[0], WriteMap)
    assert machine.on_map_doubt(1) == [ReadMap()]
    machine.on_unanswered(ReadMap())
    assert machine.on_map_event(stored(2, {}), 2) == []  # late
    assert machine.on_lease(record("a", 2, capacity=2.0), "5", 2) == [ReadMap()]

    assert ticked(machine, 3 * LEASE) == [ReadMap()] * 4  # the answers are lost
    assert machine.on_map(stored(4, ALL_OF_A), 3 * LEASE) == [RevokeLease("a", "5")]


def test_a_request_without_an_answer_is_repeated_with_the_next_tick() -> None:
    machine = coordinator()
    assert machine.tick(0) == [ReadMap()]
    machine.on_unanswered(ReadMap())
    assert machine.tick(1) == [ReadMap()]
    assert machine.on_map(stored(2, {}), 1) == [ListLeases(1)]
    machine.on_unanswered(ListLeases(1))

    assert machine.tick(2) == [ListLeases(2)]


@pytest.mark.parametrize("how", ["cut off", "stopped"])
def test_a_coordinator_that_comes_back_revokes_no_members_of_a_series_that_was_founded_meanwhile(how: str) -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"))
    if how == "cut off":
        machine.tick(10 * LEASE - 1)
        machine.on_map(stored(2, ALL_OF_A), 10 * LEASE - 1)
        machine.on_reconnected(10 * LEASE)
    assert machine.tick(10 * LEASE) == [ReadMap()]
    assert machine.on_lease(record("b", origin="theirs"), "95", 10 * LEASE) == []

    assert machine.on_map(UNSETTLED, 10 * LEASE) == []
    assert all(each == RevokeLease("a", "1") for each in ticked(machine, 11 * LEASE))


def test_a_member_of_an_unknown_series_is_revoked_only_when_the_map_had_the_time_to_arrive() -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"))
    for second in range(1, 70):
        machine.on_lease(record("a", second + 1), str(second + 1), second)
        if second >= 40:
            assert machine.on_lease(record("b", second, origin="theirs"), str(second + 1), second) == []
        assert machine.tick(second) == []
    machine.on_lease(record("a", 99), "99", 70)

    assert machine.tick(70) == [RevokeLease("b", "70")]


def test_an_outage_of_the_store_moves_no_shards() -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"))
    assert ticked(machine, LEASE - 1) == []
    machine.on_reconnected(LEASE - 1)
    assert machine.tick(LEASE - 1) == [ReadMap()]
    assert machine.on_map(stored(2, ALL_OF_A), LEASE - 1) == []

    assert ticked(machine, 2 * LEASE - 1.1) == []
    assert ticked(machine, 2 * LEASE - 1) == [RevokeLease("a", "1")]


def test_a_coordinator_that_stood_still_counts_silence_from_its_wake() -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"))
    assert machine.tick(10 * LEASE) == [ReadMap()]
    assert machine.on_map(stored(2, ALL_OF_A), 10 * LEASE) == []

    assert ticked(machine, 11 * LEASE - 0.1) == []
    assert ticked(machine, 11 * LEASE) == [RevokeLease("a", "1")]


def test_members_that_are_over_are_forgotten_when_no_map_names_them() -> None:
    machine, _ = knowing(stored(2, ALL_OF_A), record("a"), record("b", phase=Phase.LEFT))
    machine.on_exited("a", 1)
    ticked(machine, 101 * LEASE)

    assert "b" not in machine.members
    assert "a" in machine.members
