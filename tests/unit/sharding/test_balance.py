"""The plan: complete, sticky, within the bound on moves, and level by the observed load."""

import math
import random
from collections import Counter
from collections.abc import Mapping

import pytest

from plugin_operator.sharding import LEAD, Shard, ShardMap
from plugin_operator.sharding.balance import MOST_FACTOR, Candidate, imbalance, plan

SLICES = 256


def members(count: int) -> list[Candidate]:
    return [Candidate(f"m{number:03}") for number in range(count)]


def empty() -> ShardMap:
    return ShardMap.found("first", SLICES, is_settled=True)


def applied(shards: ShardMap, moves: Mapping[str, str]) -> ShardMap:
    return shards.changed({name: shards.shards[name].owned_by(owner) for name, owner in moves.items()}, version=2)


def settled(shards: ShardMap, candidates: list[Candidate], loads: Mapping[str, float]) -> tuple[ShardMap, int]:
    """Return the map after all plans, and how many shards moved."""
    moved = 0
    for _ in range(50):
        moves = plan(shards, candidates, loads)
        if not moves:
            return shards, moved
        shards, moved = applied(shards, moves), moved + len(moves)
    raise AssertionError("the plans do not come to rest")


def counts(shards: ShardMap) -> Counter[str]:
    return Counter(shard.owner for name, shard in shards.shards.items() if name != LEAD)


def random_loads(seed: int) -> dict[str, float]:
    source = random.Random(seed)
    return {str(number): 3900 + source.gauss(0, 62) for number in range(SLICES)}


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100, 256, 300])
def test_each_shard_gets_an_owner_and_no_member_too_many(count: int) -> None:
    shards, _ = settled(empty(), members(count), {})

    assert all(shard.owner for shard in shards.shards.values())
    assert max(counts(shards).values()) == math.ceil(SLICES / count)


def test_no_members_no_plan() -> None:
    assert plan(empty(), [], {}) == {}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 10, 50, 99])
@pytest.mark.parametrize("seed", [None, 1])
def test_a_join_and_a_leave_move_at_most_the_bound_and_only_to_or_from_that_member(
    count: int, seed: int | None
) -> None:
    loads = {} if seed is None else random_loads(seed)
    before, _ = settled(empty(), members(count), loads)
    joined, moved = settled(before, members(count + 1), loads)
    assert 0 < moved <= MOST_FACTOR * SLICES / (count + 1)
    assert counts(joined)[f"m{count:03}"] == moved

    left, moved = settled(joined, members(count), loads)
    assert moved <= MOST_FACTOR * SLICES / (count + 1)
    assert max(counts(left).values()) <= max(math.ceil(SLICES / count), MOST_FACTOR * SLICES / count)


def test_a_plan_without_a_reason_moves_nothing() -> None:
    shards, _ = settled(empty(), members(7), {})

    assert plan(shards, members(7), {}) == {}
    for seed in range(5):
        assert plan(shards, members(7), random_loads(seed)) == {}


@pytest.mark.parametrize("seed", [None, 1])
def test_few_members_have_few_ranges_after_joins_and_leaves(seed: int | None) -> None:
    loads = {} if seed is None else random_loads(seed)
    shards = empty()
    for count in (1, 2, 3, 4, 8, 4, 3, 2, 4):
        shards, _ = settled(shards, members(count), loads)
        for member in members(count):
            assert len(shards.ranges_of(shards.shards_of(member.name))) <= 8


def test_hot_shards_are_spread_by_their_load() -> None:
    shards, _ = settled(empty(), members(4), {})
    hot = [name for name, shard in shards.shards.items() if shard.owner == "m000" and name != LEAD][:8]
    loads = {str(number): 1.0 for number in range(SLICES)} | dict.fromkeys(hot, 30.0)
    assert imbalance(shards, members(4), loads) > 1.5

    levelled, moved = settled(shards, members(4), loads)
    assert imbalance(levelled, members(4), loads) < 1.2
    assert moved < SLICES / 4


def test_a_load_of_singles_moves_slices_away_from_their_owner() -> None:
    shards, _ = settled(empty(), members(2), {})
    lead = shards.shards[LEAD].owner
    loads = {str(number): 1.0 for number in range(SLICES)} | {LEAD: 100.0}
    levelled, _ = settled(shards, members(2), loads)

    assert levelled.shards[LEAD].owner == lead
    assert counts(levelled)[lead] < SLICES / 2


def test_capacity_is_a_share_of_the_work() -> None:
    candidates = [Candidate("big", 3.0), Candidate("small", 1.0), Candidate("none", 0.0)]
    shards, _ = settled(empty(), candidates, {})

    assert counts(shards) == {"big": 192, "small": 64}


def test_a_draining_shard_counts_for_its_target_and_is_not_planned_again() -> None:
    shards = empty().changed({str(number): Shard("m000", 1, "m001") for number in range(SLICES)}, version=2)
    shards = shards.changed({LEAD: Shard("m000", 1)}, version=2)
    moves = plan(shards, members(2), {})

    assert moves == {}


@pytest.mark.parametrize("loads", [{"0": math.nan}, {"0": -1.0}, {"0": math.inf}, {"unknown": 5.0}])
def test_a_load_that_is_none_is_ignored(loads: dict[str, float]) -> None:
    assert plan(empty(), members(3), loads) == plan(empty(), members(3), {})
