"""Caches of shards: which objects they keep while their ranges change, step by step on a virtual clock."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import pytest

from plugin_operator.cache import (
    CachedObject,
    InformerFactory,
    InformerKey,
    OwnedShards,
    ShardBy,
    ShardedInformer,
    State,
)
from plugin_operator.cache.shards.covering import MOST_RANGES, covering
from plugin_operator.client import RESTMapper
from plugin_operator.errors import ApiConnectionError, api_error
from plugin_operator.kube import NamespacedName
from plugin_operator.kube.shards import HASHES, HashRange, ShardKey, ShardRanges, hash_of
from plugin_operator.metrics import Metrics
from plugin_operator.tasks import start_task
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.cache.script import WIDGET, Script, bookmark

LOW, HIGH = ShardRanges([HashRange(0, HASHES // 2)]), ShardRanges([HashRange(HASHES // 2, HASHES)])
BY_UID, BY_OWNER = (InformerKey(WIDGET, "ns", shard_by=each) for each in (ShardBy.UID, ShardBy.OWNER))


def uids(ranges: ShardRanges) -> Iterator[str]:
    return (uid for number in itertools.count() if hash_of(uid := f"uid-{number}") in ranges)


LOW_UID, OTHER_LOW_UID = itertools.islice(uids(LOW), 2)
HIGH_UID, OTHER_HIGH_UID = itertools.islice(uids(HIGH), 2)


def widget(version: int, name: str, uid: str, owner: str = "") -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": "ns", "resourceVersion": str(version), "uid": uid}
    if owner:
        metadata["ownerReferences"] = [{"name": "o", "kind": "O", "apiVersion": "v1", "uid": owner, "controller": True}]
    return {"metadata": metadata}


def page(version: int, *items: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"resourceVersion": str(version)}, "items": list(items)}


def event(kind: str, obj: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "object": obj}


def listed(version: int, *items: dict[str, Any]) -> list[dict[str, Any]]:
    return [*(event("ADDED", each) for each in items), bookmark(str(version), end=True)]


class Heard:
    def __init__(self) -> None:
        self.events: list[str] = []

    def on_add(self, key: NamespacedName, new: CachedObject, is_initial: bool) -> None:
        self.events.append(f"{'initial' if is_initial else 'add'} {key.name}")

    def on_update(self, key: NamespacedName, old: CachedObject, new: CachedObject) -> None:
        self.events.append(f"update {key.name} {new.resource_version}")

    def on_delete(self, key: NamespacedName, old: CachedObject) -> None:
        self.events.append(f"delete {key.name}")


class Worker:
    def __init__(self) -> None:
        self.busy = True

    def shards_changed(self) -> None:
        pass

    def is_busy(self, ranges: ShardRanges) -> bool:
        return self.busy


@pytest.fixture
def shards(clock: VirtualClock) -> OwnedShards:
    return OwnedShards(clock)


@pytest.fixture
async def factory(
    script: Script, clock: VirtualClock, metrics: Metrics, shards: OwnedShards
) -> AsyncIterator[InformerFactory]:
    made = InformerFactory(script, cast("RESTMapper", script), clock=clock, metrics=metrics, shards=shards)
    yield made
    await made.stop()


@pytest.fixture
def heard() -> Heard:
    return Heard()


def acquired(factory: InformerFactory, heard: Heard, key: InformerKey = BY_UID) -> ShardedInformer:
    informer = cast("ShardedInformer", factory.acquire(key))
    informer.add_handler(heard)
    return informer


@pytest.fixture
async def informer(
    script: Script, clock: VirtualClock, factory: InformerFactory, shards: OwnedShards, heard: Heard
) -> ShardedInformer:
    """Return a cache that holds the lower half, with one object."""
    shards.gain(LOW)
    script.answers = [listed(5, widget(3, "low", LOW_UID))]
    made = acquired(factory, heard)
    await clock.settle()
    return made


def names(informer: ShardedInformer) -> list[str]:
    keys = informer.lister.keys()
    return sorted(key.name for key in keys)


def state_of(informer: ShardedInformer) -> State:
    return informer.state


async def test_without_a_range_nothing_is_asked(
    script: Script, clock: VirtualClock, factory: InformerFactory, heard: Heard
) -> None:
    informer = acquired(factory, heard)
    await clock.advance(600)
    assert (informer.has_synced, state_of(informer), script.asked) == (True, State.PARKED, [])


async def test_a_cache_that_is_stopped_while_it_watches_leaves_no_task_behind(
    clock: VirtualClock, factory: InformerFactory, informer: ShardedInformer
) -> None:
    assert state_of(informer) is State.WATCHING
    await factory.stop()
    await clock.settle()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_server_without_the_feature_is_filtered_here(
    script: Script, clock: VirtualClock, factory: InformerFactory, shards: OwnedShards, heard: Heard
) -> None:
    shards.gain(LOW)
    script.answers = [
        [
            *listed(5, widget(3, "low", LOW_UID), widget(4, "high", HIGH_UID)),
            event("MODIFIED", widget(6, "high", HIGH_UID)),
            event("MODIFIED", widget(7, "low", LOW_UID)),
            event("DELETED", widget(8, "high", HIGH_UID)),
        ]
    ]
    informer = acquired(factory, heard)
    await clock.settle()
    assert heard.events == ["initial low", "update low 7"]
    assert names(informer) == ["low"]
    assert script.asked[0]["shardSelector"] == LOW.selector(ShardKey.UID)


@pytest.mark.parametrize("status", [400, 414, 422])
async def test_a_server_that_refuses_the_selector_is_asked_without_it_and_filtered_here(
    script: Script, clock: VirtualClock, factory: InformerFactory, shards: OwnedShards, heard: Heard, status: int
) -> None:
    shards.gain(LOW)
    refused = api_error(status, "", "unknown parameter shardSelector")
    script.answers = [
        refused,
        refused,
        page(5, widget(3, "low", LOW_UID), widget(4, "high", HIGH_UID)),
        [event("MODIFIED", widget(6, "high", HIGH_UID)), event("MODIFIED", widget(7, "low", LOW_UID))],
    ]
    informer = acquired(factory, heard)
    await clock.settle()
    await clock.advance(1.0)
    assert heard.events == ["initial low", "update low 7"]
    assert (names(informer), state_of(informer)) == (["low"], State.WATCHING)
    assert ["shardSelector" in each for each in script.asked] == [True, True, False, False]


async def test_a_server_that_refuses_the_selector_of_a_watch_alone_is_watched_without_it(
    script: Script, clock: VirtualClock, informer: ShardedInformer, shards: OwnedShards, heard: Heard
) -> None:
    refused = api_error(400, "", "unknown parameter shardSelector")
    script.asked.clear()
    script.answers = [refused, page(9, widget(8, "high", HIGH_UID)), [event("MODIFIED", widget(10, "low", LOW_UID))]]
    shards.gain(HIGH)
    await clock.settle()
    assert ["shardSelector" in each for each in script.asked] == [True, False, False]
    assert (names(informer), state_of(informer)) == (["high", "low"], State.WATCHING)
    assert heard.events[-1] == "update low 10"


async def test_a_gained_range_is_listed_alone_and_the_watch_opens_from_the_older_version(
    script: Script, clock: VirtualClock, informer: ShardedInformer, shards: OwnedShards, heard: Heard
) -> None:
    script.answers = [
        page(9, widget(8, "high", HIGH_UID)),
        [
            event("MODIFIED", widget(6, "low", LOW_UID)),
            event("ADDED", widget(7, "gone", OTHER_HIGH_UID)),
            event("ADDED", widget(8, "high", HIGH_UID)),
            event("DELETED", widget(9, "gone", OTHER_HIGH_UID)),
            event("MODIFIED", widget(10, "high", HIGH_UID)),
        ],
    ]
    shards.gain(HIGH)
    await clock.settle()
    part, watch = script.asked[1:]
    assert part["shardSelector"] == HIGH.selector(ShardKey.UID)
    assert (watch["resourceVersion"], watch.get("sendInitialEvents")) == ("5", None)
    assert heard.events == ["initial low", "initial high", "update low 6", "update high 10"]
    assert (names(informer), informer.held) == (["high", "low"], LOW | HIGH)


async def test_an_object_that_came_again_in_a_gained_shard_survives_the_late_deletion_of_the_first(
    script: Script, clock: VirtualClock, factory: InformerFactory, shards: OwnedShards, heard: Heard
) -> None:
    shards.gain(LOW)
    script.answers = [listed(5, widget(3, "a", LOW_UID))]
    informer = acquired(factory, heard)
    await clock.settle()
    again = widget(8, "a", HIGH_UID)
    script.answers = [
        page(9, again),
        [
            event("MODIFIED", widget(6, "a", LOW_UID)),
            event("DELETED", widget(7, "a", LOW_UID)),
            event("ADDED", again),
            event("MODIFIED", widget(10, "a", HIGH_UID)),
        ],
    ]
    shards.gain(HIGH)
    await clock.settle()
    assert heard.events == ["initial a", "delete a", "initial a", "update a 10"]
    assert names(informer) == ["a"]


async def test_a_lost_range_leaves_without_an_event_and_the_watch_narrows(
    script: Script, clock: VirtualClock, factory: InformerFactory, shards: OwnedShards, heard: Heard
) -> None:
    shards.gain(LOW | HIGH)
    script.answers = [listed(5, widget(3, "low", LOW_UID), widget(4, "high", HIGH_UID))]
    informer = acquired(factory, heard)
    await clock.settle()
    script.answers = [[event("DELETED", widget(6, "high", HIGH_UID)), event("DELETED", widget(7, "low", LOW_UID))]]
    shards.drop(HIGH)
    assert names(informer) == ["low"]
    await clock.settle()
    assert script.asked[-1]["shardSelector"] == LOW.selector(ShardKey.UID)
    assert script.asked[-1]["resourceVersion"] == "5"
    assert heard.events == ["initial low", "initial high", "delete low"]


async def test_a_range_that_came_back_is_listed_again(
    script: Script, clock: VirtualClock, factory: InformerFactory, shards: OwnedShards, heard: Heard
) -> None:
    shards.gain(LOW | HIGH)
    script.answers = [listed(5, widget(3, "low", LOW_UID), widget(4, "high", HIGH_UID))]
    informer = acquired(factory, heard)
    await clock.settle()
    script.answers = [page(9, widget(8, "high", HIGH_UID)), []]
    shards.drop(HIGH)
    shards.gain(HIGH)
    await clock.settle()
    assert names(informer) == ["high", "low"]
    assert heard.events == ["initial low", "initial high", "initial high"]


async def test_a_range_lost_during_its_list_is_not_held_after_it(
    script: Script, clock: VirtualClock, factory: InformerFactory, shards: OwnedShards, heard: Heard
) -> None:
    shards.gain(LOW | HIGH)

    async def lose() -> bytes:
        shards.drop(HIGH)
        return b"\n"

    script.answers = [
        [event("ADDED", widget(3, "high", HIGH_UID)), lose, *listed(5, widget(4, "other", OTHER_HIGH_UID))],
        [],
    ]
    informer = acquired(factory, heard)
    await clock.settle()
    assert (names(informer), informer.held) == ([], LOW)


async def test_after_410_all_ranges_are_listed(
    script: Script, clock: VirtualClock, informer: ShardedInformer, shards: OwnedShards, heard: Heard
) -> None:
    script.answers = [
        page(9, widget(8, "high", HIGH_UID)),
        api_error(410, "Expired"),
        listed(12, widget(8, "high", HIGH_UID), widget(11, "late", OTHER_LOW_UID)),
    ]
    shards.gain(HIGH)
    await clock.advance(5)
    assert script.asked[-1]["sendInitialEvents"] == "true"
    assert names(informer) == ["high", "late"]
    assert heard.events[-2:] == ["add late", "delete low"]


@pytest.mark.parametrize(
    "failure", [ApiConnectionError("cut"), page(4), page(cast("Any", "x"))], ids=["cut", "older", "other"]
)
async def test_a_gained_range_that_cannot_be_joined_makes_all_be_listed(
    script: Script, clock: VirtualClock, informer: ShardedInformer, shards: OwnedShards, failure: Any
) -> None:
    script.answers = [failure, listed(9, widget(3, "low", LOW_UID), widget(8, "high", HIGH_UID))]
    shards.gain(HIGH)
    await clock.advance(5)
    assert (names(informer), informer.held, state_of(informer)) == (["high", "low"], LOW | HIGH, State.WATCHING)
    assert script.asked[-1]["shardSelector"] == (LOW | HIGH).selector(ShardKey.UID)


async def test_what_a_second_list_of_a_gained_range_lacks_leaves_again(
    script: Script, clock: VirtualClock, factory: InformerFactory, shards: OwnedShards, heard: Heard
) -> None:
    shards.gain(LOW)
    script.answers = [listed(5)]
    informer = acquired(factory, heard)
    await clock.settle()
    first = page(8, widget(7, "gone", HIGH_UID))
    first["metadata"]["continue"] = "t"
    script.answers = [first, api_error(410, "Expired"), page(11, widget(10, "new", OTHER_HIGH_UID)), []]
    shards.gain(HIGH)
    await clock.settle()
    assert names(informer) == ["new"]


async def test_a_child_follows_the_hash_of_its_owner(
    script: Script, clock: VirtualClock, factory: InformerFactory, shards: OwnedShards, heard: Heard
) -> None:
    shards.gain(LOW)
    script.answers = [
        [
            *listed(5, widget(2, "ours", "x", LOW_UID), widget(3, "theirs", "y", HIGH_UID), widget(4, "free", "z")),
            event("MODIFIED", widget(6, "theirs", "y", OTHER_LOW_UID)),
            event("MODIFIED", widget(7, "ours", "x", HIGH_UID)),
            event("DELETED", widget(8, "free", "z")),
        ]
    ]
    informer = acquired(factory, heard, BY_OWNER)
    await clock.settle()
    assert heard.events == ["initial ours", "add theirs", "delete ours"]
    assert (names(informer), script.asked[0].get("shardSelector")) == (["theirs"], None)


async def test_a_child_that_changed_its_owner_before_the_list_of_a_gained_range_does_not_go_back(
    script: Script, clock: VirtualClock, factory: InformerFactory, shards: OwnedShards, heard: Heard
) -> None:
    shards.gain(LOW)
    script.answers = [listed(3, widget(2, "c", "x", LOW_UID))]
    informer = acquired(factory, heard, BY_OWNER)
    await clock.settle()
    moved = widget(5, "c", "x", HIGH_UID)
    script.answers = [page(6, moved), [event("MODIFIED", widget(4, "c", "x", LOW_UID)), event("MODIFIED", moved)]]
    shards.gain(HIGH)
    await clock.settle()
    assert heard.events == ["initial c", "update c 5"]
    assert names(informer) == ["c"]


async def test_a_drain_ends_with_the_last_work_in_flight(clock: VirtualClock) -> None:
    shards = OwnedShards(clock)
    worker = Worker()
    shards.follow(worker)
    shards.gain(LOW | HIGH)
    draining = start_task(shards.drain(HIGH), "drain")
    await clock.advance(60)
    assert (draining.done(), shards.working, shards.ranges) == (False, LOW, LOW | HIGH)
    worker.busy = False
    await clock.advance(1)
    assert (draining.done(), shards.ranges, shards.draining) == (True, LOW, ShardRanges())


async def test_a_process_without_shards_refuses_a_cache_of_them(
    script: Script, clock: VirtualClock, metrics: Metrics
) -> None:
    whole = InformerFactory(script, cast("RESTMapper", script), clock=clock, metrics=metrics)
    with pytest.raises(ValueError, match="Widget in ns by uid: this process owns no shards"):
        whole.acquire(BY_UID)


async def test_a_child_that_moved_into_a_gained_range_and_was_deleted_before_its_list_leaves(
    script: Script, clock: VirtualClock, factory: InformerFactory, shards: OwnedShards, heard: Heard
) -> None:
    shards.gain(LOW)
    script.answers = [listed(3, widget(2, "c", "x", LOW_UID))]
    informer = acquired(factory, heard, BY_OWNER)
    await clock.settle()
    moved, last = widget(4, "c", "x", HIGH_UID), widget(5, "c", "x", HIGH_UID)
    script.answers = [page(6), [event("MODIFIED", moved), event("DELETED", last)]]
    shards.gain(HIGH)
    await clock.settle()
    assert heard.events == ["initial c", "delete c"]
    assert names(informer) == []


@pytest.mark.parametrize("pieces", [1, 32, 33, 200])
def test_a_request_has_few_ranges_that_contain_all(pieces: int) -> None:
    step = HASHES // 400
    starts = [2 * number * step + (number % 3) * (step // 4) for number in range(pieces)]
    ranges = ShardRanges(HashRange(start, start + step // 2) for start in starts)
    asked = covering(ranges)
    assert len(asked) == min(pieces, MOST_RANGES)
    assert not ranges - asked
    assert asked.size <= 2 * HASHES * pieces // 400
