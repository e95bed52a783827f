"""One member: it starts, drains and acknowledges what the map says, and works only while its membership is renewed."""

import math

import pytest

from plugin_operator.sharding import Member, MemberRecord, MembershipTiming, Phase, Shard, ShardMap, StoredMap
from plugin_operator.sharding.actions import DrainShard, Publish, StartShard, StopMember

TIMING = MembershipTiming()
DEADLINE = TIMING.deadline_seconds


def stored(version: int, origin: str = "first", **shards: Shard) -> StoredMap:
    named = {name.removeprefix("s"): shard for name, shard in shards.items()}
    content = ShardMap.found(origin, 4, object_uid="uid").changed(named, version=version)
    return StoredMap("uid", str(version), version, content)


@pytest.fixture
def member() -> Member:
    """Return a member that has published its first record, at second 0, and has the answer."""
    made = Member("a", timing=TIMING, now=0)
    assert made.tick(0) == [Publish(MemberRecord(name="a", renewals=1))]
    assert made.on_renewed(1, 0.5) == []
    return made


def records(actions: list[object]) -> list[MemberRecord]:
    return [each.record for each in actions if isinstance(each, Publish)]


def test_a_member_without_an_answer_may_not_act() -> None:
    member = Member("a", timing=TIMING, now=0)
    member.tick(0)
    member.on_map(stored(2, s1=Shard("a", 1)), 0)

    assert member.held == {"1": 1}
    assert not member.may_act("1", 1, 0)


def test_a_shard_is_started_once_and_the_series_is_published(member: Member) -> None:
    first = member.on_map(stored(2, s1=Shard("a", 1)), 1)

    assert first[0] == StartShard("1", 1)
    assert records(list(first)) == [MemberRecord(name="a", renewals=2, origin="first")]
    assert member.on_map(stored(2, s1=Shard("a", 1)), 2) == []
    assert member.takes_keys("1")


def test_the_fence_counts_from_the_request_and_a_renewal_opens_it_again(member: Member) -> None:
    member.on_map(stored(2, s1=Shard("a", 1)), 1)
    assert member.may_act("1", 1, DEADLINE - 0.01)
    assert not member.may_act("1", 1, DEADLINE)

    member.on_renewed(2, DEADLINE)
    assert member.may_act("1", 1, DEADLINE + 0.99)
    assert not member.may_act("1", 1, DEADLINE + 1)


def test_an_answer_that_comes_late_or_twice_extends_no_fence_beyond_its_request(member: Member) -> None:
    member.tick(5)
    member.on_publish_failed(2, 8)
    member.tick(9)
    member.on_renewed(2, 10)
    assert member.fence_until == 5 + DEADLINE

    member.on_renewed(3, 10)
    member.on_renewed(3, 11)
    member.on_renewed(2, 11)
    assert member.fence_until == 9 + DEADLINE


def test_a_member_renews_at_its_interval_and_retries_after_a_failure(member: Member) -> None:
    assert member.next_tick == TIMING.renew_seconds
    assert member.tick(4.9) == []
    assert len(records(list(member.tick(5)))) == 1
    assert member.next_tick == math.inf
    assert member.on_publish_failed(2, 8) == []
    assert member.next_tick == 8 + TIMING.retry_seconds


def test_a_draining_shard_is_acknowledged_when_its_last_key_is_done(member: Member) -> None:
    member.on_map(stored(2, s1=Shard("a", 1)), 1)
    member.on_renewed(2, 1)
    assert member.on_map(stored(3, s1=Shard("a", 1, "b")), 2) == [DrainShard("1", 1)]
    assert not member.takes_keys("1")
    assert member.may_act("1", 1, 2)

    assert [each.acknowledged for each in records(list(member.on_drained("1", 1, 3)))] == [{"1": 1}]
    assert not member.may_act("1", 1, 3)
    assert member.on_drained("1", 1, 3) == []


def test_an_acknowledged_shard_does_not_start_again_at_its_epoch(member: Member) -> None:
    member.on_map(stored(2, s1=Shard("a", 1, "b")), 1)
    member.on_renewed(2, 1)
    assert member.on_map(stored(3, s1=Shard("a", 1, "c")), 2) == []

    assert member.on_map(stored(4, s1=Shard("a", 3)), 3) == [StartShard("1", 3)]
    assert [each.acknowledged for each in records(list(member.tick(9)))] == [{}]


def test_the_end_of_a_drain_at_a_former_epoch_acknowledges_nothing(member: Member) -> None:
    member.on_map(stored(2, s1=Shard("a", 1)), 1)
    member.on_map(stored(3, s1=Shard("a", 1, "b")), 2)
    member.on_drained("1", 1, 3)
    member.on_map(stored(4, s1=Shard("b", 2)), 4)
    member.on_map(stored(5, s1=Shard("a", 3, "")), 5)
    member.on_map(stored(6, s1=Shard("a", 3, "b")), 6)

    member.on_drained("1", 1, 7)
    assert member.held == {"1": 3}


def test_a_shard_that_is_already_draining_is_acknowledged_without_a_start(member: Member) -> None:
    actions = member.on_map(stored(2, s1=Shard("a", 1, "b")), 1)

    assert [each.acknowledged for each in records(list(actions))] == [{"1": 1}]
    assert member.held == {}


def test_a_late_or_damaged_map_changes_nothing(member: Member) -> None:
    member.on_map(stored(5, s1=Shard("a", 1)), 1)
    edited = stored(6, s1=Shard("b", 2)).content

    assert member.on_map(stored(4), 2) == []
    assert member.on_map(StoredMap("uid", "9", 7, edited), 2) == []
    assert member.on_map(StoredMap("other", "9", 6, edited), 2) == []
    assert member.on_map(StoredMap("uid", "9", 6, None), 2) == []
    assert member.held == {"1": 1}


@pytest.mark.parametrize(
    "following", [stored(6, "second"), stored(6, s1=Shard("b", 2)), stored(6, s1=Shard("a", 2)), stored(6)]
)
def test_a_map_that_gives_its_shards_away_ends_the_life(member: Member, following: StoredMap) -> None:
    member.on_map(stored(5, s1=Shard("a", 1)), 1)

    assert [type(each) for each in member.on_map(following, 2)] == [StopMember]
    assert member.is_over
    assert not member.may_act("1", 1, 2)
    assert member.on_renewed(2, 2) == member.tick(3) == member.on_map(stored(9, s1=Shard("a", 4)), 3) == []
    assert not member.may_act("1", 4, 3)


def test_a_lost_lease_ends_the_life(member: Member) -> None:
    assert member.on_lease_lost("gone") == [StopMember("gone")]
    assert member.on_lease_lost("gone") == []


def test_a_member_that_leaves_asks_first_and_says_so_when_it_owns_nothing(member: Member) -> None:
    member.on_map(stored(2, s1=Shard("a", 1)), 1)
    member.on_renewed(2, 1)
    assert [each.phase for each in records(list(member.leave(2)))] == [Phase.LEAVING]
    member.on_renewed(3, 2)
    member.on_map(stored(3, s1=Shard("a", 1, "b")), 3)
    assert [each.phase for each in records(list(member.on_drained("1", 1, 4)))] == [Phase.LEAVING]
    member.on_renewed(4, 4)

    assert [each.phase for each in records(list(member.on_map(stored(4, s1=Shard("b", 2)), 5)))] == [Phase.LEFT]
    assert member.on_map(stored(5, s1=Shard("a", 3)), 5) == []
    assert [type(each) for each in member.on_renewed(5, 6)] == [StopMember]


def test_a_member_that_stopped_its_work_says_so_after_the_record_in_flight(member: Member) -> None:
    member.on_map(stored(2, s1=Shard("a", 1)), 1)
    assert member.finish(2) == []
    assert not member.may_act("1", 1, 2)

    assert [each.phase for each in records(list(member.on_renewed(2, 3)))] == [Phase.LEFT]
    assert [type(each) for each in member.on_renewed(3, 4)] == [StopMember]


def test_the_record_carries_the_load_of_held_shards_and_survives_json(member: Member) -> None:
    member.load = {"1": 2.5, "2": 1.0}
    (record,) = records(list(member.on_map(stored(2, s1=Shard("a", 1)), 1)))

    assert record.load == {"1": 2.5}
    assert MemberRecord.decode(record.encode()) == record


def test_a_record_that_is_nested_too_deeply_is_refused() -> None:
    nested = b'{"x":' + b"[" * 50_000 + b"]" * 50_000 + b',"name":"a","renewals":1}'
    with pytest.raises(ValueError, match="nested too deeply"):
        MemberRecord.decode(nested)


@pytest.mark.parametrize("deadline", [12.3, 15, 20])
def test_a_deadline_that_drift_makes_longer_than_the_lease_is_refused(deadline: float) -> None:
    with pytest.raises(ValueError, match=r"below 12\.2727 for lease_seconds 15"):
        MembershipTiming(lease_seconds=15, deadline_seconds=deadline)


def test_a_deadline_below_the_interval_of_renewals_is_refused() -> None:
    with pytest.raises(ValueError, match="renew_seconds < deadline_seconds"):
        MembershipTiming(lease_seconds=15, deadline_seconds=4)
