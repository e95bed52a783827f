"""A controller on real informers, over HTTP, while it is reloaded again and again."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from kube_apiserver import Endpoint
from plugin_operator.cache import InformerFactory, InformerKey
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.clock import SystemClock
from plugin_operator.controllers import Controller, ControllerSpec, Request, Watch
from plugin_operator.kube import GroupVersionKind
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

CONFIG_MAPS = InformerKey(GroupVersionKind.parse("v1/ConfigMap"), NAMESPACE)
LABELLED = InformerKey(GroupVersionKind.parse("v1/ConfigMap"), NAMESPACE, label_selector="test=yes")
OBJECTS = 100
CHANGES = 1000


class Cluster:
    """Everything between a controller and the server."""

    def __init__(self, connection: Connection) -> None:
        clock, self.metrics = SystemClock(), Metrics()
        mapper = RESTMapper(connection)
        self.client = ApiClient(connection, mapper, field_manager="test")
        self.factory = InformerFactory(connection, mapper, clock=clock, metrics=self.metrics)
        self.controller = Controller("cm", factory=self.factory, clock=clock, metrics=self.metrics)

    async def create(self, name: str) -> None:
        await self.client.create(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"test": "yes"}},
                "data": {"n": "0"},
            }
        )

    async def change(self, name: str, value: int) -> None:
        await self.client.patch("v1/ConfigMap", name, {"data": {"n": str(value)}}, NAMESPACE)


@pytest.fixture
async def cluster(api_endpoint: Endpoint) -> AsyncIterator[Cluster]:
    config = ConnectionConfig.for_endpoint(api_endpoint.url, token=api_endpoint.token, ca_pem=api_endpoint.ca_pem)
    async with Connection.open(config, Metrics()) as connection:
        cluster = Cluster(connection)
        yield cluster
        assert await cluster.controller.stop(5) == []
        assert cluster.factory.informers() == ()
        await cluster.factory.stop()


class Recorder:
    """Reconciles into a book shared by all revisions, and notices what must not happen."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.seen: dict[str, str | None] = {}
        self.running: set[Request] = set()
        self.faults: list[str] = []

    def revision(self, name: str) -> Callable[[Request], Awaitable[None]]:
        async def reconcile(request: Request) -> None:
            if request in self.running:
                self.faults.append(f"{request} by two at once")
            if name != self.cluster.controller.revision:
                self.faults.append(f"{request} begun by {name}, which is retired")
            self.running.add(request)
            try:
                informer = next(iter(self.cluster.controller.informers.values()))
                stored = informer.lister.cached(request)
                obj = stored.decode() if stored is not None else None
                await asyncio.sleep(random.random() * 0.005)
                if random.random() < 0.05:
                    raise ValueError("now and then")
                self.seen[request.name] = obj["data"]["n"] if obj is not None else None
            finally:
                self.running.discard(request)

        return reconcile


async def test_no_change_is_lost_while_the_controller_is_reloaded_under_load(cluster: Cluster) -> None:
    recorder = Recorder(cluster)
    await asyncio.gather(*(cluster.create(f"cm-{number}") for number in range(OBJECTS)))
    cluster.controller.start_workers()
    last: dict[str, str | None] = {}

    async def change_all() -> None:
        for change in range(1, CHANGES + 1):
            name = f"cm-{change % OBJECTS}"
            await cluster.change(name, change)
            last[name] = str(change)

    changing = asyncio.ensure_future(change_all())
    reloads = 0
    while not changing.done() or reloads < 5:
        reloads += 1
        key = LABELLED if reloads % 3 == 0 else CONFIG_MAPS
        spec = ControllerSpec("cm", (Watch((key,)),), max_concurrent_reconciles=1 + reloads % 4)
        drain = await cluster.controller.install(spec, recorder.revision(f"r{reloads}"), f"r{reloads}")
        if reloads % 2:
            drain.cancel()
        assert await drain.wait(5)
        await asyncio.sleep(0.02)
    await changing
    await eventually(lambda: recorder.seen == last, timeout_seconds=30)
    assert recorder.faults == []


async def test_a_deletion_during_a_change_of_selector_is_not_lost(cluster: Cluster) -> None:
    recorder = Recorder(cluster)
    for number in range(20):
        await cluster.create(f"cm-{number}")
    cluster.controller.start_workers()
    await cluster.controller.install(ControllerSpec("cm", (Watch((CONFIG_MAPS,)),)), recorder.revision("r1"), "r1")
    await eventually(lambda: len(recorder.seen) == 20)
    spec = ControllerSpec("cm", (Watch((LABELLED,)),))
    deletions = [cluster.client.delete("v1/ConfigMap", f"cm-{number}", NAMESPACE) for number in range(20)]
    await asyncio.gather(cluster.controller.install(spec, recorder.revision("r2"), "r2"), *deletions)
    await eventually(lambda: set(recorder.seen.values()) == {None})
    assert recorder.faults == []


async def test_a_kind_that_is_not_served_leaves_its_controller_waiting_and_visible(cluster: Cluster) -> None:
    missing = InformerKey(GroupVersionKind.parse("example.com/v1/Widget"))
    recorder = Recorder(cluster)
    cluster.controller.start_workers()
    await cluster.controller.install(ControllerSpec("cm", (Watch((missing,)),)), recorder.revision("r1"), "r1")
    status = cluster.controller.status()
    assert not status.has_synced
    assert status.informers[0].state == "WAITING"
    assert "Widget" in status.informers[0].reason
