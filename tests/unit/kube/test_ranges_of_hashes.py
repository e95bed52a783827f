"""Hashes and ranges agree with the server: the same values, the same selectors."""

import random
from uuid import UUID

import pytest

from kube_apiserver.requests.shards import ShardSelector
from kube_apiserver.requests.shards import hash_of as hash_of_server
from plugin_operator.kube.shards import HASHES, HashRange, ShardKey, ShardRanges, hash_of, hash_of_namespace

QUARTER = HASHES // 4
RANDOM = random.Random(23)
UIDS = [str(UUID(int=RANDOM.getrandbits(128), version=4)) for _ in range(50)]


def some_ranges() -> ShardRanges:
    edges = sorted(RANDOM.randrange(HASHES + 1) for _ in range(8))
    return ShardRanges(HashRange(*edges[i : i + 2]) for i in range(0, 8, 2))


def test_the_hash_is_fnv_1a() -> None:
    assert hash_of("") == 0xCBF29CE484222325
    assert hash_of("a") == 0xAF63DC4C8601EC8C
    assert hash_of("foobar") == 0x85944171F73967E8


@pytest.mark.parametrize("value", [*UIDS[:3], "", "default", "kube-system", "ä"])
def test_the_hash_is_that_of_the_server(value: str) -> None:
    assert hash_of(value) == hash_of_namespace(value) == hash_of_server(value)


@pytest.mark.parametrize("key", ShardKey)
def test_the_server_reads_a_selector_as_it_was_meant(key: ShardKey) -> None:
    ranges = some_ranges()
    text = ranges.selector(key)

    assert ShardSelector(text).text == text
    assert ShardRanges.parse(text) == (key, ranges)


def test_the_last_range_ends_at_two_to_the_64() -> None:
    text = ShardRanges.everything().selector(ShardKey.UID)

    assert text == "shardRange(object.metadata.uid, '0x0000000000000000', '0x10000000000000000')"
    assert ShardRanges.parse(text)[1].is_everything


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shardRange(object.metadata.name, '0x0000000000000000', '0x8000000000000000')",
        "shardRange(object.metadata.uid, '0x0', '0x8')",
        "shardRange(object.metadata.uid, '0x8000000000000000', '0x0000000000000000')",
        " || ".join(f"shardRange({key}, '0x0000000000000000', '0x8000000000000000')" for key in ShardKey),
    ],
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"shard selector|ShardKey|range of hashes"):
        ShardRanges.parse(text)


def test_no_range_has_no_selector() -> None:
    with pytest.raises(ValueError, match="do not send the request"):
        ShardRanges().selector(ShardKey.UID)


def test_ranges_that_touch_or_overlap_are_joined() -> None:
    parts = [HashRange(QUARTER, 2 * QUARTER), HashRange(0, QUARTER), HashRange(1, 5), HashRange(3 * QUARTER, HASHES)]

    assert list(ShardRanges(parts)) == [HashRange(0, 2 * QUARTER), HashRange(3 * QUARTER, HASHES)]


@pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1), (-1, 1), (0, HASHES + 1)])
def test_a_range_that_is_none_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="range of hashes"):
        HashRange(start, end)


def test_sets_of_ranges_behave_as_sets_of_their_hashes() -> None:
    one, two = some_ranges(), some_ranges()
    edges = [edge + off for each in (*one, *two) for edge in (each.start, each.end) for off in (-1, 0, 1)]
    for value in [edge for edge in edges if 0 <= edge < HASHES] + [0, HASHES - 1, *map(hash_of, UIDS)]:
        in_one, in_two = value in one, value in two
        assert in_one == any(value in each for each in one)
        assert (value in one | two) == (in_one or in_two)
        assert (value in one & two) == (in_one and in_two)
        assert (value in one - two) == (in_one and not in_two)
        assert (value in one.complement()) != in_one
    assert not one - one
    assert ShardRanges.everything() - one == one.complement()
    assert (one - two) | (one & two) == one
