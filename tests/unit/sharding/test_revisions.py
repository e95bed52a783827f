"""Which members get shards while they run different revisions of operator and plugins."""

from plugin_operator.sharding import LEAD, MemberRecord, MembershipTiming, Phase, Shard, ShardMap
from plugin_operator.sharding.balance import Candidate, plan
from plugin_operator.sharding.revisions import ChosenRevision
from tests.unit.sharding.test_coordinator import ALL_OF_A, knowing, record, stored, written

DIFFERING = 120.0


def named(machine_map: ShardMap) -> set[str]:
    return {name for shard in machine_map.shards.values() for name in (shard.owner, shard.target)} - {""}


class Cluster:
    """Members that run revisions, as their coordinator chooses."""

    def __init__(self, **owned: int) -> None:
        self.chosen = ChosenRevision(MembershipTiming())
        shards: dict[str, Shard] = {}
        first = 0
        for name, count in owned.items():
            shards |= {str(number): Shard(name, 1) for number in range(first, first + count)}
            first += count
        self.map = ShardMap.found("first", 64).changed(shards, version=2)

    def takers(self, now: float, **revisions: str) -> set[str]:
        records = [record(name, revision=revision) for name, revision in revisions.items()]
        return {each.name for each in self.chosen.candidates(records, self.map, now) if each.takes}


def test_members_with_one_revision_all_take_shards() -> None:
    assert Cluster().takers(0, a="old", b="old") == {"a", "b"}


def test_a_member_that_joins_with_another_revision_takes_none() -> None:
    assert Cluster(a=64).takers(0, a="old", b="new") == {"a"}


def test_an_edit_that_reaches_members_one_after_the_other_lets_none_give_shards_away() -> None:
    cluster = Cluster(a=22, b=21, c=21)
    assert cluster.takers(0, a="old", b="old", c="old") == {"a", "b", "c"}
    assert cluster.takers(10, a="new", b="old", c="old") == {"b", "c"}
    assert cluster.takers(60, a="new", b="new", c="old") == {"a", "b"}
    assert not any(cluster.chosen.gives_away(name, 60 + DIFFERING - 1) for name in "abc")
    assert cluster.takers(90, a="new", b="new", c="new") == {"a", "b", "c"}
    assert not any(cluster.chosen.gives_away(name, 1000) for name in "abc")


def test_a_member_that_differs_for_long_gives_its_shards_away() -> None:
    cluster = Cluster(a=22, b=21, c=21)
    cluster.takers(10, a="new", b="old", c="old")
    assert not cluster.chosen.gives_away("a", 10 + DIFFERING - 0.1)
    assert cluster.chosen.gives_away("a", 10 + DIFFERING)
    assert not cluster.chosen.gives_away("b", 10 + DIFFERING)


def test_with_as_many_members_each_the_chosen_revision_stays() -> None:
    for first, second in (("a", "z"), ("z", "a")):
        cluster = Cluster(a=64)
        assert cluster.takers(0, a=first) == {"a"}
        assert cluster.takers(1, a=first, b=second) == {"a"}
        assert cluster.takers(2, a=first, b=second, c=second) == {"b", "c"}
        assert cluster.takers(3, a=first, b=second) == {"b"}


def test_a_successor_chooses_the_revision_of_the_members_that_own_more() -> None:
    assert Cluster(a=10, b=54).takers(0, a="z", b="a") == {"b"}


def test_the_last_member_takes_shards_with_any_revision() -> None:
    cluster = Cluster(a=64)
    assert cluster.takers(0, a="old", b="new") == {"a"}
    assert cluster.takers(1, b="new") == {"b"}


def test_a_member_that_leaves_gives_its_shards_to_the_only_other_one_of_any_revision() -> None:
    machine, actions = knowing(stored(2, ALL_OF_A), record("a", revision="old"), record("b", revision="new"))
    assert actions == []
    leaving = machine.on_lease(record("a", 2, revision="old", phase=Phase.LEAVING), "9", 1)
    assert set(written(leaving).shards.values()) == {Shard("a", 1, "b")}


def test_slices_of_a_member_that_differs_for_long_move_and_the_lead_stays() -> None:
    owners = {"0": "a", "1": "b", "2": "c", "3": "c", LEAD: "a"}
    revisions = {"a": "old", "b": "new", "c": "new"}
    records = [record(name, revision=revision) for name, revision in revisions.items()]
    machine, actions = knowing(stored(2, {name: Shard(owner, 1) for name, owner in owners.items()}), *records)
    for second in range(1, 1 + round(DIFFERING)):
        assert actions == []
        for name, revision in revisions.items():
            machine.on_lease(record(name, 1 + second, revision=revision), str(100 + second), second)
        actions = machine.tick(second)
    shards = written(actions).shards
    assert shards[LEAD] == Shard("a", 1)
    assert shards["0"] == Shard("a", 1, "b")


def test_a_move_to_a_member_that_now_differs_goes_to_another_one() -> None:
    shards = {**ALL_OF_A, "1": Shard("a", 1, "b")}
    records = [record("a", acknowledged={"1": 1}), record("b", revision="new"), record("c")]
    _, actions = knowing(stored(2, shards), *records)
    assert written(actions).shards["1"] == Shard("c", 2)


def test_a_plan_names_only_members_that_take_shards_and_counts_what_others_keep() -> None:
    shards = {str(number): Shard("a", 1) for number in range(32)}
    found = ShardMap.found("first", 64, is_settled=True).changed(shards, version=2)
    moves = plan(found, [Candidate("a", takes=False), Candidate("b"), Candidate("c")], {})
    assert set(moves.values()) == {"b", "c"}
    assert {str(number) for number in range(32, 64)} <= moves.keys()
    assert plan(found, [Candidate("a", takes=False)], {}) == {}


def test_the_revision_is_part_of_the_record() -> None:
    made = MemberRecord(name="a", renewals=1, revision="0.1.0-0123456789ab")
    assert MemberRecord.decode(made.encode()) == made
