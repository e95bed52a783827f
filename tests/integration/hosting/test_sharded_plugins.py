"""Two hosts that divide the objects, as the worker processes of one operator do."""

from collections import Counter
from collections.abc import Callable

import pytest

from plugin_operator.cache import OwnedShards
from plugin_operator.clock import SystemClock
from plugin_operator.kube.shards import HASHES, HashRange, ShardRanges, hash_of
from plugin_operator.testing.eventually import eventually
from tests.host_harness import NAMESPACE, HostHarness

LOW, HIGH = ShardRanges([HashRange(0, HASHES // 2)]), ShardRanges([HashRange(HASHES // 2, HASHES)])
NAMES = [f"c{number}" for number in range(12)]
HEAD = "from plugin_operator import controller\n"
SHARDED = f"""
@controller(for_="v1/ConfigMap", owns=["v1/Secret"], namespaces=[{NAMESPACE!r}], label_selector="app=x",
            distribution="sharded", shard_by="uid")
async def divided(ctx, request):
    config = ctx.lister.get(request)
    ctx.recorder.event({{}}, "Normal", "seen", request.name)
    child = {{"apiVersion": "v1", "kind": "Secret", "metadata": {{"name": request.name}}}}
    if config is not None:
        await ctx.sync_children(config, [child])
"""
SINGLE = f"""
@controller(for_="v1/ConfigMap", namespaces=[{NAMESPACE!r}], label_selector="app=x")
class whole:
    async def start(self, ctx):
        ctx.recorder.event({{}}, "Normal", "started", "")

    async def reconcile(self, ctx, request):
        ctx.recorder.event({{}}, "Normal", "seen", request.name)
"""

Hosts = list[tuple[HostHarness, OwnedShards]]


@pytest.fixture
async def hosts(make_harness: Callable[..., HostHarness]) -> Hosts:
    """Two leading hosts, each with one half; the first also runs what runs once."""
    made = []
    for half in (LOW, HIGH):
        shards = OwnedShards(SystemClock())
        shards.gain(half)
        harness = make_harness(shards=shards)
        made.append((harness, shards))
    made[0][1].lead()
    for harness, _ in made:
        harness.write("one.py", HEAD + SHARDED + SINGLE)
        await harness.host.start()
        harness.host.lead()
    return made


async def create(harness: HostHarness) -> None:
    for name in NAMES:
        metadata = {"name": name, "namespace": NAMESPACE, "labels": {"app": "x"}}
        await harness.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})


async def test_each_object_and_its_children_have_one_host_also_after_a_move(hosts: Hosts) -> None:
    (one, first), (two, second) = hosts
    await create(one)
    parts = [lambda each=each: set(each.journal.messages("divided", "seen")) for each, _ in hosts]
    await eventually(lambda: parts[0]() | parts[1]() == set(NAMES), timeout_seconds=20)
    assert not parts[0]() & parts[1]()
    low = parts[0]()
    await first.drain(LOW)
    two.journal.lines.clear()
    second.gain(LOW)
    await eventually(lambda: parts[1]() >= low, timeout_seconds=20)
    one.journal.lines.clear()
    for name in NAMES:
        await one.client.delete("v1/Secret", name, NAMESPACE)

    async def are_back() -> bool:
        found = await one.client.list("v1/Secret", NAMESPACE, "plugin-operator/controller=divided")
        return {each["metadata"]["name"] for each in found} == set(NAMES)

    await eventually(are_back, timeout_seconds=20)
    assert parts[0]() == set()


async def test_a_single_controller_works_and_starts_in_the_host_that_leads(hosts: Hosts) -> None:
    (one, _), (two, second) = hosts
    await create(one)
    await eventually(lambda: set(one.journal.messages("whole", "seen")) == set(NAMES), timeout_seconds=20)
    assert two.journal.reasons("whole") == []
    await one.host.stop(5)
    second.lead()
    await eventually(lambda: set(two.journal.messages("whole", "seen")) == set(NAMES), timeout_seconds=20)
    assert Counter(two.journal.reasons("whole"))["started"] == 1


async def test_a_reload_that_divides_objects_in_another_way_is_refused(hosts: Hosts) -> None:
    (one, _), _ = hosts
    await one.state("Active")
    one.write("one.py", HEAD + SHARDED.replace('shard_by="uid"', 'shard_by="namespace"') + SINGLE)
    status = await one.state("Rejected")
    assert "divided is sharded by uid and would be sharded by namespace" in status.reason
    one.write("one.py", HEAD + SHARDED + SINGLE.replace("class whole", "class whole2"))
    await one.state("Active")


STATUSES = f"""
@controller(for_="v1/Pod", namespaces=[{NAMESPACE!r}], distribution="sharded", keep_previous=True)
async def recorded(ctx, request):
    pod = ctx.lister.get(request)
    if pod is not None:
        step = pod["metadata"]["labels"]["step"]
        before = ctx.previous["metadata"]["labels"]["step"] if ctx.previous is not None else "none"
        async with ctx.status(pod) as status:
            status["reason" if step == "2" else "message"] = step
        ctx.recorder.event({{}}, "Normal", "seen", before + " then " + step)
"""


async def test_a_shard_that_comes_back_finds_no_memory_of_before(hosts: Hosts) -> None:
    (one, first), (two, second) = hosts
    for harness, _ in hosts:
        harness.write("one.py", HEAD + STATUSES)
    container = {"name": "c", "image": "i"}
    metadata = {"name": "p", "namespace": NAMESPACE, "labels": {"step": "1"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    uid = (await one.client.create(pod))["metadata"]["uid"]
    shard = LOW if hash_of(uid) in LOW else HIGH
    if shard is HIGH:
        one, first, two, second = two, second, one, first

    async def seen(harness: HostHarness, message: str) -> None:
        await eventually(lambda: message in harness.journal.messages("recorded", "seen"), timeout_seconds=20)

    await seen(one, "none then 1")
    await first.drain(shard)
    second.gain(shard)
    await one.client.patch("v1/Pod", "p", {"metadata": {"labels": {"step": "2"}}}, NAMESPACE)
    await eventually(lambda: any(each.endswith("2") for each in two.journal.messages("recorded", "seen")))
    await second.drain(shard)
    await one.client.patch("v1/Pod", "p", {"metadata": {"labels": {"step": "3"}}}, NAMESPACE)
    first.gain(shard)
    await seen(one, "none then 3")
    status = (await one.client.get("v1/Pod", "p", NAMESPACE))["status"]
    assert (status["message"], status["reason"]) == ("3", "2")
