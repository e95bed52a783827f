"""Two hosts with the members and the coordinator of worker processes: what they observe decides who owns what."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from plugin_operator.cache import OwnedShards
from plugin_operator.clock import SystemClock
from plugin_operator.kube.shards import hash_of
from plugin_operator.processes.local_coordinator import LocalCoordinator
from plugin_operator.processes.member_end import MemberEnd
from plugin_operator.sharding import MemberRecord, StoredMap, steady_loads
from plugin_operator.sharding.loads import observed_load
from plugin_operator.tasks import TaskOwner
from plugin_operator.testing.eventually import eventually
from tests.host_harness import NAMESPACE, HostHarness

PLUGIN = f"""
import asyncio
from plugin_operator import Result, controller

@controller(for_="v1/ConfigMap", namespaces=[{NAMESPACE!r}], label_selector="app=x",
            distribution="sharded", shard_by="uid")
async def divided(ctx, request):
    config = ctx.lister.get(request)
    if config is None or "hot" not in config["metadata"]["labels"]:
        return None
    await asyncio.sleep(0.02)
    ctx.recorder.event({{}}, "Normal", "seen", request.name)
    return Result(requeue_after=0.02)
"""


class Pod:
    """Members and their coordinator, without pipes."""

    def __init__(self, shards: list[OwnedShards]) -> None:
        self._clock = SystemClock()
        self._loop = asyncio.get_running_loop()
        self.coordinator = LocalCoordinator(
            len(shards), publish=self._published, revoke=lambda _: None, clock=self._clock
        )
        self._tasks = TaskOwner("pod", clock=self._clock)
        self.members = [self._member(number, each) for number, each in enumerate(shards)]

    def _member(self, number: int, shards: OwnedShards) -> MemberEnd:
        def publish(record: MemberRecord) -> None:
            self.coordinator.published(number, record)
            self._loop.call_soon(lambda: self.members[number].renewed(record.renewals))

        return MemberEnd(
            f"life-{number}", shards, publish=publish, give_up=pytest.fail, leave=pytest.fail, clock=self._clock
        )

    def _published(self, stored: StoredMap) -> None:
        for each in self.members:
            self._loop.call_soon(each.follow, stored)

    async def start(self) -> None:
        self._published(self.coordinator.stored)
        self._tasks.serve(self._tick, "tick", kind="tick")
        await asyncio.gather(*(each.start() for each in self.members))

    async def stop(self) -> None:
        await self._tasks.stop(1.0)
        for each in self.members:
            await each.stop(1.0)

    async def _tick(self) -> None:
        while True:
            self.coordinator.tick()
            await self._clock.sleep(0.2)

    def owner(self, shard: str) -> str:
        return next(life for life, shards in self.coordinator.owners().items() if shard in shards)


@pytest.fixture
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observed_load, "SAMPLE_SECONDS", 0.5)
    monkeypatch.setattr(observed_load, "SETTLE_SECONDS", 1.0)
    monkeypatch.setattr(observed_load, "LEAST_SECONDS", 1.0)
    monkeypatch.setattr(steady_loads, "LOOK_SECONDS", 1.0)


@pytest.fixture
async def pod(
    make_harness: Callable[..., HostHarness], short_times: None
) -> AsyncIterator[tuple[Pod, list[HostHarness]]]:
    shards = [OwnedShards(SystemClock()) for _ in range(2)]
    made = Pod(shards)
    await made.start()
    harnesses = [make_harness(shards=each) for each in shards]
    for harness in harnesses:
        harness.write("one.py", PLUGIN)
        await harness.host.start()
        harness.host.lead()
    yield made, harnesses
    await made.stop()


async def test_two_hot_shards_of_one_worker_part(pod: tuple[Pod, list[HostHarness]]) -> None:
    made, harnesses = pod
    client = harnesses[0].client
    hot: dict[str, str] = {}
    number = 0
    while len(hot) < 2:
        name, number = f"c{number}", number + 1
        metadata = {"name": name, "namespace": NAMESPACE, "labels": {"app": "x"}}
        created = await client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
        shard = str(hash_of(created["metadata"]["uid"]) >> 56)
        if made.owner(shard) == "life-0" and shard not in hot:
            hot[shard] = name
    for name in hot.values():
        await client.patch("v1/ConfigMap", name, {"metadata": {"labels": {"hot": ""}}}, NAMESPACE)

    await eventually(lambda: len({made.owner(each) for each in hot}) == 2, timeout_seconds=60)
    (moved,) = [name for shard, name in hot.items() if made.owner(shard) == "life-1"]
    await eventually(lambda: moved in harnesses[1].journal.messages("divided", "seen"), timeout_seconds=20)
