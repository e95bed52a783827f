"""A controller of shards: which requests it takes while the shards of its process change."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable
from typing import Any

import pytest

from plugin_operator.cache import InformerKey, OwnedShards, ShardBy
from plugin_operator.controllers import (
    ControllerSpec,
    EnqueueForOwner,
    EnqueueMapped,
    Predicate,
    Request,
    Result,
    ShardedController,
    Watch,
)
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.kube.shards import HASHES, HashRange, ShardRanges, hash_of_namespace
from plugin_operator.metrics import Metrics
from plugin_operator.tasks import start_task
from plugin_operator.testing.fake_informers import FakeInformer, FakeInformerFactory, FakeObject
from plugin_operator.testing.virtual_clock import VirtualClock

LOW, HIGH = ShardRanges([HashRange(0, HASHES // 2)]), ShardRanges([HashRange(HASHES // 2, HASHES)])
CONFIG_MAP, SECRET = GroupVersionKind.parse("v1/ConfigMap"), GroupVersionKind.parse("v1/Secret")
PRIMARY, CHILDREN = InformerKey(CONFIG_MAP, shard_by=ShardBy.UID), InformerKey(SECRET, shard_by=ShardBy.OWNER)
OTHERS = InformerKey(SECRET)
BY_NAMESPACE = InformerKey(CONFIG_MAP, shard_by=ShardBy.NAMESPACE)


class ShardedFakeObject(FakeObject):
    """An object whose shard the test sets: names that begin with ``h`` are in the upper half."""

    __slots__ = ("shard",)

    def __init__(self, key: NamespacedName, version: int, *, by_namespace: bool, owner: str = "") -> None:
        owners = [{"apiVersion": "v1", "kind": "ConfigMap", "name": owner, "uid": owner, "controller": True}]
        metadata = {"name": key.name, "namespace": key.namespace, "resourceVersion": str(version)}
        super().__init__({"metadata": {**metadata, "ownerReferences": owners if owner else []}})
        upper = HASHES - 1 if (owner or key.name).startswith("h") else 0
        self.shard = hash_of_namespace(key.namespace) if by_namespace else upper


class ShardedFakeInformer(FakeInformer):
    """A fake cache that holds what the test says."""

    def __init__(self, key: InformerKey, shards: OwnedShards) -> None:
        super().__init__(key)
        self._shards = shards
        self._number = 0
        self.held = ShardRanges()

    def hold(self, ranges: ShardRanges) -> None:
        self.held = ranges
        self._shards.changed()

    def put(self, name: str, namespace: str = "default", *, owner: str = "") -> NamespacedName:
        key, self._number = NamespacedName(namespace, name), self._number + 1
        by_namespace = self.key is BY_NAMESPACE
        new = ShardedFakeObject(key, self._number, by_namespace=by_namespace, owner=owner)
        old = self.lister.objects.get(key)
        self.lister.objects[key] = new
        for handler in list(self.handlers):
            if old is None:
                handler.on_add(key, new, False)
            else:
                handler.on_update(key, old, new)
        return key


class Factory(FakeInformerFactory):
    def __init__(self, shards: OwnedShards) -> None:
        super().__init__()
        self._shards = shards

    def __getitem__(self, key: Hashable) -> FakeInformer:
        if isinstance(key, InformerKey) and key.shard_by is not None:
            self.by_key.setdefault(key, ShardedFakeInformer(key, self._shards))
        return super().__getitem__(key)


class Sharded:
    """A sharded controller on fake caches and virtual time."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.shards = OwnedShards(self.clock)
        self.factory = Factory(self.shards)
        self.log: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.errors: dict[str, int] = {}
        self.metrics = Metrics()
        self.controller = ShardedController(
            "cm", shards=self.shards, factory=self.factory, clock=self.clock, metrics=self.metrics
        )

    def cache(self, key: InformerKey = PRIMARY) -> ShardedFakeInformer:
        found = self.factory[key]
        assert isinstance(found, ShardedFakeInformer)
        return found

    async def reconcile(self, request: Request) -> Result | None:
        self.log.append(request.name)
        if request.name in self.gates:
            await self.gates[request.name].wait()
        if self.errors.get(request.name):
            self.errors[request.name] -= 1
            raise OSError("no")
        return None

    async def install(self, *watches: Watch, by: ShardBy | None = ShardBy.UID, revision: str = "r1") -> None:
        spec = ControllerSpec("cm", watches or (Watch((PRIMARY,)),), shard_by=by, max_concurrent_reconciles=4)
        await self.controller.install(spec, self.reconcile, revision)
        self.controller.start_workers()
        await self.clock.settle()

    async def own(self, ranges: ShardRanges, *keys: InformerKey) -> None:
        self.shards.gain(ranges)
        for key in keys or (PRIMARY,):
            self.cache(key).hold(self.cache(key).held | ranges)
        await self.clock.settle()

    def taken(self) -> list[str]:
        taken, self.log = self.log, []
        return sorted(taken)


@pytest.fixture
async def sharded() -> AsyncIterator[Sharded]:
    made = Sharded()
    yield made
    for gate in made.gates.values():
        gate.set()
    stopping = asyncio.ensure_future(made.controller.stop(0))
    await made.clock.advance(20)
    await stopping
    assert made.factory.in_use == {}


async def test_a_gained_shard_is_reconciled_once_every_cache_holds_it(sharded: Sharded) -> None:
    watches = Watch((PRIMARY,)), Watch((CHILDREN,), EnqueueForOwner(CONFIG_MAP))
    await sharded.install(*watches)
    sharded.cache().put("low")
    sharded.cache().put("high")
    sharded.shards.gain(LOW)
    sharded.cache().hold(LOW)
    await sharded.clock.settle()
    assert sharded.taken() == []
    sharded.cache(CHILDREN).hold(LOW)
    await sharded.clock.settle()
    assert sharded.taken() == ["low"]
    await sharded.own(HIGH, PRIMARY, CHILDREN)
    assert sharded.taken() == ["high"]


async def test_the_time_of_each_reconcile_counts_for_the_shard_of_its_object(sharded: Sharded) -> None:
    await sharded.install()
    await sharded.own(LOW | HIGH)
    (meter,) = sharded.shards.meters
    assert meter.slots == 4
    for name, seconds in (("high", 2.0), ("low", 3.0)):
        sharded.gates[name] = asyncio.Event()
        sharded.cache().put(name)
        await sharded.clock.advance(seconds)
        sharded.gates[name].set()
        await sharded.clock.settle()
    assert meter.take() == pytest.approx({255: 2.0, 0: 3.0})

    await sharded.controller.stop(0)
    assert sharded.shards.meters == []


async def test_the_time_of_a_controller_that_is_not_sharded_counts_for_the_process_that_leads(sharded: Sharded) -> None:
    await sharded.install(Watch((OTHERS,)), by=None)
    sharded.shards.lead()
    sharded.gates["s"] = asyncio.Event()
    sharded.factory[OTHERS].set("s")
    await sharded.clock.advance(1.5)
    sharded.gates["s"].set()
    await sharded.clock.settle()

    assert sharded.shards.meters[0].take() == pytest.approx({None: 1.5})


async def test_a_child_enqueues_only_an_owner_that_is_here(sharded: Sharded) -> None:
    await sharded.install(Watch((PRIMARY,)), Watch((CHILDREN,), EnqueueForOwner(CONFIG_MAP)))
    await sharded.own(LOW, PRIMARY, CHILDREN)
    sharded.cache().put("low")
    await sharded.clock.settle()
    sharded.taken()
    sharded.cache(CHILDREN).put("c", owner="low")
    sharded.cache(CHILDREN).put("d", owner="lost")
    await sharded.clock.settle()
    assert sharded.taken() == ["low"]


async def test_a_watched_kind_is_mapped_everywhere_and_enqueued_by_the_owner_of_the_shard(sharded: Sharded) -> None:
    mapped = EnqueueMapped(lambda _: ["default/low", "default/high", "default/unknown"])
    await sharded.install(Watch((PRIMARY,)), Watch((OTHERS,), mapped))
    await sharded.own(HIGH)
    sharded.cache().put("low")
    sharded.cache().put("high")
    await sharded.clock.settle()
    assert sharded.taken() == ["high"]
    sharded.factory[OTHERS].set("s")
    await sharded.clock.settle()
    assert sharded.taken() == ["high"]


async def test_the_deletion_of_an_object_is_retried_until_it_succeeds(sharded: Sharded) -> None:
    await sharded.install()
    await sharded.own(LOW)
    sharded.cache().put("low")
    await sharded.clock.settle()
    sharded.errors["low"] = 2
    sharded.cache().remove("low")
    await sharded.clock.advance(60)
    assert sharded.taken() == ["low"] * 4
    sharded.controller.trigger.enqueue(Request("default", "low"))
    await sharded.clock.settle()
    assert sharded.taken() == []


async def test_a_drain_drops_what_waits_and_ends_with_what_runs(sharded: Sharded) -> None:
    await sharded.install()
    await sharded.own(LOW | HIGH)
    names = ["h0", "h1", "h2", "h3", "h4", "low"]
    sharded.gates = {name: asyncio.Event() for name in names[:4]}
    for name in names:
        sharded.cache().put(name)
    sharded.controller.trigger.enqueue(Request("default", "h4"), 5)
    await sharded.clock.settle()
    assert sharded.taken() == names[:4]
    sharded.cache().put("h0")
    drain = start_task(sharded.shards.drain(HIGH), "drain")
    sharded.cache().put("h5")
    await sharded.clock.advance(60)
    assert not drain.done()
    sharded.errors["h1"] = 1
    for gate in sharded.gates.values():
        gate.set()
    await sharded.clock.advance(60)
    assert drain.done()
    assert sharded.taken() == ["low"]
    assert (sharded.controller.status().queue_depth, sharded.controller.status().delayed) == (0, 0)
    assert not sharded.controller.status().failing
    assert sharded.controller._queue.num_requeues(Request("default", "h1")) == 0


async def test_a_drain_waits_for_the_reconcile_of_an_object_that_was_deleted(sharded: Sharded) -> None:
    await sharded.install()
    await sharded.own(HIGH)
    sharded.gates["high"] = asyncio.Event()
    sharded.cache().put("high")
    await sharded.clock.settle()
    sharded.cache().remove("high")
    drain = start_task(sharded.shards.drain(HIGH), "drain")
    await sharded.clock.advance(60)
    assert not drain.done()
    sharded.gates["high"].set()
    await sharded.clock.advance(1)
    assert drain.done()


async def test_a_drain_waits_for_a_reconcile_that_ignores_its_cancellation_after_the_controller_was_stopped(
    sharded: Sharded,
) -> None:
    gate = sharded.gates["low"] = asyncio.Event()

    async def stubborn(_: Request) -> None:
        while not gate.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await gate.wait()

    spec = ControllerSpec("cm", (Watch((PRIMARY,)),), shard_by=ShardBy.UID)
    await sharded.controller.install(spec, stubborn, "r1")
    sharded.controller.start_workers()
    await sharded.own(LOW)
    sharded.cache().put("low")
    await sharded.clock.settle()
    stopping = start_task(sharded.controller.stop(0), "stop")
    await sharded.clock.advance(20)
    await stopping
    drain = start_task(sharded.shards.drain(LOW), "drain")
    await sharded.clock.advance(60)
    assert not drain.done()
    gate.set()
    await sharded.clock.advance(1)
    assert drain.done()


async def test_the_deletion_of_an_object_is_forgotten_with_its_shard(sharded: Sharded) -> None:
    await sharded.install()
    await sharded.own(HIGH)
    sharded.gates = {name: asyncio.Event() for name in ("h0", "h1", "h2", "h3")}
    for name in (*sharded.gates, "h4"):
        sharded.cache().put(name)
    await sharded.clock.settle()
    sharded.cache().remove("h4")
    sharded.shards.drop(HIGH)
    sharded.cache().hold(ShardRanges())
    for gate in sharded.gates.values():
        gate.set()
    await sharded.own(HIGH)
    sharded.taken()
    sharded.controller.trigger.enqueue(Request("default", "h4"))
    await sharded.clock.settle()
    assert sharded.taken() == []


class Asked(Predicate):
    """Passes each event, and notes it."""

    __slots__ = ("events",)

    def __init__(self) -> None:
        self.events: list[str] = []

    def create(self, new: Any) -> bool:
        self.events.append(f"create {new['metadata']['name']}")
        return True

    def update(self, old: Any, new: Any) -> bool:
        del old
        self.events.append(f"update {new['metadata']['name']}")
        return True

    def delete(self, old: Any) -> bool:
        self.events.append(f"delete {old['metadata']['name']}")
        return True


async def test_predicates_do_not_run_for_objects_of_other_processes(sharded: Sharded) -> None:
    asked = Asked()
    await sharded.install(Watch((PRIMARY,), predicates=(asked,)))
    await sharded.own(LOW)
    for name in ("low", "low", "high", "high"):
        sharded.cache().put(name)
    for name in ("low", "high"):
        sharded.cache().remove(name)
    await sharded.clock.settle()
    assert asked.events == ["create low", "update low", "delete low"]


async def test_a_shard_that_came_back_is_reconciled_again(sharded: Sharded) -> None:
    await sharded.install()
    sharded.cache().put("high")
    await sharded.own(HIGH)
    assert sharded.taken() == ["high"]
    sharded.shards.drop(HIGH)
    sharded.cache().hold(ShardRanges())
    sharded.cache().put("high")
    await sharded.clock.settle()
    assert sharded.taken() == []
    await sharded.own(HIGH)
    assert sharded.taken() == ["high"]


async def test_by_namespace_a_request_needs_no_object(sharded: Sharded) -> None:
    await sharded.install(Watch((BY_NAMESPACE,)), by=ShardBy.NAMESPACE)
    await sharded.own(LOW, BY_NAMESPACE)
    spaces = {hash_of_namespace(space) in LOW: space for space in ("default", "kube-system", "team", "web", "a-shop")}
    for is_ours, space in spaces.items():
        sharded.controller.trigger.enqueue(Request(space, "here" if is_ours else "elsewhere"))
        sharded.cache(BY_NAMESPACE).put("h" if is_ours else "low", space)
    await sharded.clock.settle()
    assert sharded.taken() == ["h", "here"]


async def test_a_single_controller_takes_everything_where_the_process_leads(sharded: Sharded) -> None:
    await sharded.install(Watch((OTHERS,)), by=None)
    sharded.factory[OTHERS].set("s")
    await sharded.own(LOW)
    assert sharded.taken() == []
    sharded.shards.lead()
    await sharded.clock.settle()
    assert sharded.taken() == ["s"]
    await sharded.shards.drain(LOW)


async def test_a_single_controller_reports_its_queue_and_its_workers_in_the_process_that_leads_only(
    sharded: Sharded,
) -> None:
    await sharded.install(Watch((OTHERS,)), by=None)
    for name in ("a", "b", "c", "d", "e"):  # one more than are reconciled at once
        sharded.gates[name] = asyncio.Event()
        sharded.factory[OTHERS].set(name)
    await sharded.clock.settle()
    names = {"name": "cm", "controller": "cm"}
    values = [
        ("workqueue_depth", names | {"priority": "0"}, 1),
        ("workqueue_adds_total", names, 5),
        ("controller_runtime_max_concurrent_reconciles", {"controller": "cm"}, 4),
    ]
    sample = sharded.metrics.registry.get_sample_value
    assert {each: sample(each, labels) or 0 for each, labels, _ in values} == {each: 0 for each, _, _ in values}
    sharded.shards.lead()
    await sharded.clock.settle()
    assert {each: sample(each, labels) for each, labels, _ in values} == {each: value for each, _, value in values}
    for gate in sharded.gates.values():
        gate.set()


async def test_a_reload_that_changes_what_is_hashed_begins_anew(sharded: Sharded) -> None:
    await sharded.install()
    sharded.cache().put("low")
    await sharded.own(LOW)
    assert sharded.taken() == ["low"]
    await sharded.install(Watch((OTHERS,)), by=None, revision="r2")
    assert not sharded.controller.status().is_started
    await sharded.install(revision="r3")
    await sharded.clock.settle()
    assert set(sharded.taken()) == {"low"}
