"""The shard map as a value: slices, JSON, and what is no map."""

import json
from typing import Any

import pytest

from plugin_operator.kube.shards import HASHES, HashRange, ShardRanges, hash_of
from plugin_operator.sharding import LEAD, Shard, ShardMap, slice_of


def founded(slices: int = 64) -> ShardMap:
    return ShardMap.found("first", slices)


@pytest.mark.parametrize("slices", [64, 128, 256])
def test_each_hash_is_in_the_ranges_of_its_shard_and_of_no_other(slices: int) -> None:
    shards = founded(slices)
    for value in (0, HASHES - 1, HASHES // 2, *map(hash_of, "abcdefgh")):
        assert [name for name in shards.shards if value in shards.ranges_of([name])] == [shards.shard_of(value)]
    assert shards.ranges_of(shards.shards).is_everything


@pytest.mark.parametrize("slices", [0, 3, 65, 512, -64])
def test_other_numbers_of_slices_are_refused(slices: int) -> None:
    with pytest.raises(ValueError, match="a power of two"):
        founded(slices)


def test_a_founded_map_has_no_owners() -> None:
    assert set(founded().shards.values()) == {Shard()}
    assert LEAD in founded().shards
    assert not founded().is_settled


def test_slices_of_an_owner_are_joined_and_a_named_shard_has_no_hash() -> None:
    shards = founded().changed({name: Shard("a", 1) for name in ("0", "1", "63", LEAD)}, version=2)
    size = HASHES // 64

    owned = shards.shards_of("a")
    assert set(owned) == {"0", "1", "63", LEAD}
    assert shards.ranges_of(owned) == ShardRanges([HashRange(0, 2 * size), HashRange(63 * size, HASHES)])
    assert not shards.ranges_of([LEAD])


def test_the_map_survives_json() -> None:
    shards = founded().changed({"5": Shard("a", 3, "b"), LEAD: Shard("b", 1), "plugin/web.py": Shard()}, version=2)

    assert ShardMap.decode(shards.encode()) == shards
    assert json.loads(shards.encode())["shards"]["5"] == {"owner": "a", "epoch": 3, "target": "b"}


@pytest.mark.parametrize(
    "change",
    [
        {"slices": 63},
        {"slices": 128},
        {"version": "2"},
        {"shards": {}},
        {"shards": None},
        {"shards": {**{str(number): {} for number in range(64)}, "0": {"owner": "a"}}},
        {"shards": {**{str(number): {} for number in range(64)}, "0": {"target": "a", "epoch": 1}}},
        {"shards": {**{str(number): {} for number in range(64)}, "0": {"epoch": -1}}},
        {"shards": {str(number): {} for number in range(64)}},
    ],
)
def test_what_is_no_map_is_refused(change: dict[str, Any]) -> None:
    data = json.loads(founded().encode()) | change
    with pytest.raises(ValueError, match=r".+"):
        ShardMap.decode(json.dumps(data).encode())


def test_a_map_that_is_nested_too_deeply_is_refused() -> None:
    nested = b'{"x":' + b"[" * 50_000 + b"]" * 50_000 + b","
    with pytest.raises(ValueError, match="nested too deeply"):
        ShardMap.decode(nested + founded().encode()[1:])


def test_a_new_owner_has_a_higher_epoch_and_a_move_has_not() -> None:
    shard = Shard("a", 3)

    assert shard.moving_to("b") == Shard("a", 3, "b")
    assert shard.moving_to("b").is_draining
    assert shard.moving_to("b").owned_by("b") == Shard("b", 4)


def test_slices_are_of_equal_size() -> None:
    assert [slice_of(number * HASHES // 256, 256) for number in range(256)] == list(range(256))
