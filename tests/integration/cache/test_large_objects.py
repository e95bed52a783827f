"""Objects of 1.5 MB among small ones: pages above the limit of an answer, and new lists of them.

The small sister of ``make attack-size``: every object is cached, whatever the sizes, and no list fails for ever.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest

from kube_apiserver import ApiServer, ApiServerConfig
from kube_apiserver.faults import Action, Fault
from plugin_operator.cache import Informer, InformerFactory, InformerKey, State
from plugin_operator.cache.environment import ReflectorSettings
from plugin_operator.client import ApiClient, ApiRequest, ByteStream, Connection, ConnectionConfig, Response, RESTMapper
from plugin_operator.client.http import limits
from plugin_operator.clock import SystemClock
from plugin_operator.kube import GroupVersionKind
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually

CONFIG_MAPS = InformerKey(GroupVersionKind.parse("v1/ConfigMap"), "default")
LARGE = [f"large-{number}" for number in range(4)]
SMALL = [f"small-{number:03}" for number in range(60)]
PAGE_BYTES = 4 * 2**20  # two large objects on a page, and not three


@dataclass
class Counting:
    """A transport that notes how many objects each page was asked for."""

    connection: Connection
    pages: list[int] = field(default_factory=list)

    async def send(self, request: ApiRequest) -> Response:
        self.pages += [int(value) for key, value in request.query if key == "limit"]
        return await self.connection.send(request)

    def stream(self, request: ApiRequest) -> AbstractAsyncContextManager[ByteStream]:
        return self.connection.stream(request)


@dataclass
class CacheHarness:
    server: ApiServer
    transport: Counting
    client: ApiClient
    factory: InformerFactory

    def refuse_streaming_lists(self) -> None:
        refusal = Fault(action=Action.REFUSE, verb="watch", query="sendInitialEvents", code=422, count=None)
        self.server.faults.add(refusal)

    async def synced(self) -> Informer:
        informer = self.factory.acquire(CONFIG_MAPS)
        async with asyncio.timeout(20):
            await informer.wait_synced()
        return informer


def names(informer: Informer) -> list[str]:
    return sorted(name for _, name in informer.lister.keys())  # noqa: SIM118 - no mapping


def config_map(name: str) -> dict[str, Any]:
    # JSON escapes quotes, so that 750,000 of them are 1.5 MB on the wire, within the 1 MiB that a ConfigMap may hold.
    text = '"' * 750_000 if name in LARGE else "x"
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": text}}


@pytest.fixture
async def harness(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CacheHarness]:
    monkeypatch.setattr(limits, "MAX_PAGE_BYTES", PAGE_BYTES)
    server = ApiServer(ApiServerConfig(tls=False))
    endpoint = await server.start()
    try:
        config = ConnectionConfig.for_endpoint(endpoint.url, token=endpoint.token)
        async with Connection.open(config, Metrics()) as connection:
            transport = Counting(connection)
            mapper = RESTMapper(transport)
            client = ApiClient(transport, mapper, field_manager="test", default_namespace="default")
            settings = ReflectorSettings(backoff_seconds=0.02, backoff_cap_seconds=0.2)
            factory = InformerFactory(transport, mapper, clock=SystemClock(), metrics=Metrics(), settings=settings)
            await asyncio.gather(*(client.create(config_map(name)) for name in (*LARGE, *SMALL)))
            yield CacheHarness(server, transport, client, factory)
            await factory.stop()
    finally:
        await server.stop()


async def test_a_page_above_the_limit_comes_in_smaller_pages_and_those_behind_it_in_larger_ones(
    harness: CacheHarness,
) -> None:
    harness.refuse_streaming_lists()
    informer = await harness.synced()
    assert names(informer) == [*LARGE, *SMALL]
    assert harness.transport.pages[:5] == [500, 100, 20, 4, 1]
    assert harness.transport.pages[-1] > 20
    assert len(harness.transport.pages) < 25
    large = informer.lister.get("default/large-3")
    assert large is not None
    assert len(large["data"]["text"]) == 750_000


async def test_a_client_lists_them_as_well(harness: CacheHarness) -> None:
    found = await harness.client.list("v1/ConfigMap", "default")
    assert sorted(each["metadata"]["name"] for each in found) == [*LARGE, *SMALL]
    assert len(harness.transport.pages) < 25


@pytest.mark.parametrize("is_streamed", [True, False], ids=["as a stream", "in pages"])
async def test_a_new_list_after_history_was_lost_misses_nothing(harness: CacheHarness, is_streamed: bool) -> None:
    if not is_streamed:
        harness.refuse_streaming_lists()
    informer = await harness.synced()
    refusal = harness.server.faults.add(
        Fault(action=Action.REFUSE, verb="watch", resource="configmaps", code=503, count=None)
    )
    harness.server.faults.add(Fault(action=Action.BREAK, verb="watch", resource="configmaps"))
    await eventually(lambda: informer.state is State.BACKING_OFF)
    await harness.client.delete("v1/ConfigMap", LARGE[0], "default")
    await harness.client.delete("v1/ConfigMap", SMALL[-1], "default")
    await harness.client.create(config_map("small-new"))
    changed = await harness.client.patch("v1/ConfigMap", LARGE[1], {"data": {"more": "1"}}, "default")
    harness.server.cluster.store.compact()
    harness.server.faults.remove(refusal)
    await eventually(lambda: informer.state is State.WATCHING and "small-new" in names(informer))
    assert names(informer) == sorted([*LARGE[1:], *SMALL[:-1], "small-new"])
    cached = informer.lister.cached(("default", LARGE[1]))
    assert cached is not None
    assert cached.resource_version == changed["metadata"]["resourceVersion"]
