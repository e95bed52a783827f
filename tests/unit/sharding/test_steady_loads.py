"""Observed loads count if they help markedly, and only then."""

from collections.abc import Mapping

import pytest

from plugin_operator.sharding import LEAD, Shard, ShardMap
from plugin_operator.sharding.balance import Candidate, plan
from plugin_operator.sharding.steady_loads import LOOK_SECONDS, SteadyLoads

MEMBERS = [Candidate("a"), Candidate("b")]
FOUNDED = ShardMap.found("first", 64, is_settled=True)
HALVES = FOUNDED.changed(
    {name: Shard("b" if name.isdecimal() and int(name) >= 32 else "a", 1) for name in FOUNDED.shards}, version=2
)
EVEN = dict.fromkeys(map(str, range(64)), 1.0)
HOT = EVEN | {"0": 60.0, "1": 60.0}


def looking() -> SteadyLoads:
    """Return the loads of a coordinator that began with a new map."""
    loads = SteadyLoads(plan)
    assert loads.at(FOUNDED, MEMBERS, {}, 0.0) == {}
    return loads


def test_loads_count_after_two_looks_that_agree() -> None:
    loads = looking()
    assert loads.at(HALVES, MEMBERS, HOT, LOOK_SECONDS) == {}
    assert loads.at(HALVES, MEMBERS, HOT, 2 * LOOK_SECONDS - 0.1) == {}

    assert loads.at(HALVES, MEMBERS, HOT, 2 * LOOK_SECONDS) == HOT


def test_a_load_that_is_gone_at_the_second_look_never_counts() -> None:
    loads = looking()
    for look in range(1, 9):
        observed = HOT if look % 2 else EVEN
        assert loads.at(HALVES, MEMBERS, observed, look * LOOK_SECONDS) == {}


@pytest.mark.parametrize(
    "observed",
    [
        EVEN | {"0": 15.0},
        EVEN | {"0": 5000.0},
        {name: load for name, load in HOT.items() if name != "63"},
        {},
    ],
    ids=["a little uneven", "a hot shard that no move helps", "a shard not measured yet", "nothing observed"],
)
def test_loads_do_not_count(observed: Mapping[str, float]) -> None:
    loads = looking()
    for look in range(1, 5):
        assert loads.at(HALVES, MEMBERS, observed, look * LOOK_SECONDS) == {}


def test_no_load_counts_while_shards_move() -> None:
    loads = looking()
    moving = HALVES.changed({"5": Shard("a", 1, "b")}, version=3)
    for look in range(1, 5):
        assert loads.at(moving, MEMBERS, HOT, look * LOOK_SECONDS) == {}


def test_a_successor_plans_by_the_loads_that_it_finds() -> None:
    loads = SteadyLoads(plan)
    assert loads.at(HALVES, MEMBERS, {LEAD: 1.0}, 0.0) == {}  # the members are not listed yet

    assert loads.at(HALVES, MEMBERS, HOT, 1.0) == HOT
