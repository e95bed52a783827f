"""What counts as a move and as a change of membership, and the figures of a map."""

import pytest

from plugin_operator.metrics import Metrics
from plugin_operator.sharding import LEAD, Shard, ShardMap
from plugin_operator.sharding.map_metrics import MapFigures, MapMetrics
from plugin_operator.sharding.map_view import Holding, holdings_of, imbalance_of, unowned_in


def map_of(*owners: str, lead: str = "", epoch: int = 1, target: str = "") -> ShardMap:
    """Return a map of four slices with these owners; the first one moves to ``target``."""
    named = dict(zip([*map(str, range(4)), LEAD], [*owners, lead], strict=True))
    shards = {name: Shard(owner, epoch if owner else 0) for name, owner in named.items()}
    if target:
        shards["0"] = shards["0"].moving_to(target)
    return ShardMap.found("o", 4).changed(shards, version=2)


def counting(metrics: Metrics) -> MapMetrics:
    return MapMetrics(metrics, lambda: MapFigures({"": 2}, 1, 1.5), lambda owner: owner.partition("-")[0])


def test_the_first_owner_of_a_shard_is_no_move_and_the_next_one_is() -> None:
    counts = counting(Metrics())
    counts.note(map_of("a", "a", "", "", lead="a"))
    assert counts.moves == 0
    counts.note(map_of("a", "b", "b", "b", lead="b"))
    assert counts.moves == 2


def test_a_shard_that_had_no_owner_meanwhile_has_moved_only_if_another_one_gets_it() -> None:
    counts = counting(Metrics())
    counts.note(map_of("a", "a", "b", "b"))
    counts.note(map_of("", "", "", ""))
    counts.note(map_of("a", "b", "b", "b"))
    assert counts.moves == 1


def test_the_next_life_of_a_member_is_the_same_member() -> None:
    counts = counting(Metrics())
    counts.note(map_of("0-0", "0-0", "1-0", "1-0"))
    counts.note(map_of("0-1", "0-1", "1-0", "1-0"))
    assert (counts.moves, counts.changes) == (0, 0)


def test_members_that_get_their_first_shard_or_lose_the_last_are_changes_of_membership() -> None:
    metrics = Metrics()
    counts = counting(metrics)
    counts.note(map_of("a", "a", "b", "b"))
    assert counts.changes == 0, "those that were there before this process joined none"
    counts.note(map_of("a", "a", "c", "d"))
    text = metrics.render("")[1].decode()
    assert 'plugin_operator_shard_membership_changes_total{change="joined"} 2.0' in text
    assert 'plugin_operator_shard_membership_changes_total{change="left"} 1.0' in text
    assert counts.changes == 3


def test_a_scrape_shows_the_figures_and_counters_from_the_start() -> None:
    metrics = Metrics()
    counting(metrics)
    text = metrics.render("")[1].decode()
    assert 'plugin_operator_shards_owned{worker=""} 2.0' in text
    assert "plugin_operator_shards_unowned 1.0" in text
    assert "plugin_operator_shard_imbalance 1.5" in text
    assert "plugin_operator_shard_moves_total 0.0" in text


def test_what_is_not_known_has_no_sample() -> None:
    metrics = Metrics()
    MapMetrics(metrics, lambda: MapFigures({}))
    text = metrics.render("")[1].decode()
    assert "\nplugin_operator_shards_unowned " not in text
    assert "\nplugin_operator_shard_imbalance " not in text


def test_holdings_count_what_a_member_has_gives_and_gets() -> None:
    found = holdings_of(map_of("a", "a", "b", "", lead="a", epoch=3, target="c"))
    assert found == {
        "a": Holding(shards=2, leads=True, giving=1, epoch=3),
        "b": Holding(shards=1, epoch=3),
        "c": Holding(coming=1),
    }


def test_shards_of_members_that_have_ended_count_as_unowned() -> None:
    content = map_of("a", "a", "b", "", lead="a")
    assert unowned_in(content) == 1
    assert unowned_in(content, {"a"}) == 4


@pytest.mark.parametrize(
    ("owners", "members", "value"),
    [
        ("aabb", (), 1.0), ("aaab", (), 1.5), ("aaaa", ("b",), 2.0), ("aa", (), 1.0), ("", (), 0.0), ("", ("a",), 0.0),
    ],
)  # fmt: skip
def test_imbalance_is_the_largest_share_over_the_mean(owners: str, members: tuple[str, ...], value: float) -> None:
    padded = [*owners, *[""] * (4 - len(owners))]
    assert imbalance_of(map_of(*padded, lead="c"), members) == value
