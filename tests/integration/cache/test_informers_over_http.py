"""Informers against the embedded API server over real HTTP."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kube_apiserver import ApiServer, ApiServerConfig, Endpoint
from plugin_operator.cache import CachedObject, Informer, InformerFactory, InformerKey, State
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.clock import SystemClock
from plugin_operator.errors import ConflictError, NoMatchError, NotFoundError
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually
from tests.widgets import definition

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

CONFIG_MAP = GroupVersionKind.parse("v1/ConfigMap")
WIDGET = GroupVersionKind.parse("example.org/v1/Widget")
CRD = definition()


def config_map(name: str, namespace: str = NAMESPACE, **data: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": {"app": data.get("app", "x")}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


class Log:
    def __init__(self) -> None:
        self.heard: list[Any] = []

    def on_add(self, key: NamespacedName, new: CachedObject, is_initial: bool) -> None:
        self.heard.append(("add", key.name, is_initial))

    def on_update(self, key: NamespacedName, old: CachedObject, new: CachedObject) -> None:
        self.heard.append(("update", key.name, new.decode()["data"]))

    def on_delete(self, key: NamespacedName, old: CachedObject) -> None:
        self.heard.append(("delete", key.name))


class CacheHarness:
    """One connection and what is made of it."""

    def __init__(self, connection: Connection) -> None:
        self.metrics = Metrics()
        self.mapper = RESTMapper(connection)
        self.client = ApiClient(connection, self.mapper, field_manager="test", default_namespace=NAMESPACE)
        self.factory = InformerFactory(connection, self.mapper, clock=SystemClock(), metrics=self.metrics)


@pytest.fixture
async def harness(api_endpoint: Endpoint) -> AsyncIterator[CacheHarness]:
    config = ConnectionConfig.for_endpoint(api_endpoint.url, token=api_endpoint.token, ca_pem=api_endpoint.ca_pem)
    async with Connection.open(config, Metrics()) as connection:
        made = CacheHarness(connection)
        yield made
        await made.factory.stop()


async def synced(informer: Informer) -> Informer:
    async with asyncio.timeout(20):
        await informer.wait_synced()
    return informer


def names(informer: Informer) -> list[str]:
    return sorted(key.name for key in informer.lister.keys(NAMESPACE))


async def test_a_cache_follows_creation_change_and_deletion(harness: CacheHarness) -> None:
    await harness.client.create(config_map("early"))
    log = Log()
    informer = harness.factory.acquire(InformerKey(CONFIG_MAP, NAMESPACE))
    informer.add_handler(log)
    await synced(informer)
    created = await harness.client.create(config_map("a", k="1"))
    await harness.client.update({**created, "data": {"k": "ü"}})
    await harness.client.delete("v1/ConfigMap", "a")
    await eventually(lambda: ("delete", "a") in log.heard)
    assert log.heard == [("add", "early", True), ("add", "a", False), ("update", "a", {"k": "ü"}), ("delete", "a")]
    assert names(informer) == ["early"]
    early = informer.lister.get("early", NAMESPACE)
    assert early is not None
    assert early["kind"] == "ConfigMap"
    assert "managedFields" not in early["metadata"]


async def test_selectors_narrow_a_cache_and_objects_leave_it(harness: CacheHarness) -> None:
    informer = await synced(harness.factory.acquire(InformerKey(CONFIG_MAP, NAMESPACE, label_selector="app=y")))
    await harness.client.create(config_map("a", app="y"))
    await harness.client.create(config_map("b", app="z"))
    await eventually(lambda: names(informer) == ["a"])
    await harness.client.patch("v1/ConfigMap", "a", {"metadata": {"labels": {"app": "z"}}})
    await eventually(lambda: names(informer) == [])


async def test_paged_and_streaming_lists_bring_the_same(harness: CacheHarness) -> None:
    for number in range(12):
        await harness.client.create(config_map(f"n{number:02}"))
    by_stream = await synced(harness.factory.acquire(InformerKey(CONFIG_MAP, NAMESPACE)))
    by_pages = harness.factory.acquire(InformerKey(CONFIG_MAP, NAMESPACE, metadata_only=False, label_selector="app"))
    by_pages._reflector._list_choice.prefer_pages()
    await synced(by_pages)
    assert by_pages.lister.list() == by_stream.lister.list()
    assert len(by_pages.lister) == 12


async def test_metadata_only_leaves_the_rest_of_the_object_on_the_server(harness: CacheHarness) -> None:
    await harness.client.create(config_map("a", k="v"))
    informer = await synced(harness.factory.acquire(InformerKey(CONFIG_MAP, NAMESPACE, metadata_only=True)))
    obj = informer.lister.get(f"{NAMESPACE}/a")
    assert obj is not None
    assert (obj["kind"], obj["metadata"]["name"]) == ("ConfigMap", "a")
    assert "data" not in obj


async def test_a_missing_kind_is_noticed_when_it_appears(harness: CacheHarness) -> None:
    informer = harness.factory.acquire(InformerKey(WIDGET))
    await eventually(lambda: informer.state is State.WAITING)
    assert "serves no example.org/v1/Widget" in informer.reason
    await harness.client.create(CRD)
    await synced(informer)
    widget = {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": NAMESPACE}}
    await harness.client.create(widget)
    await eventually(lambda: f"{NAMESPACE}/w" in informer.lister)


async def test_a_kind_that_goes_and_comes_back_is_followed_again(harness: CacheHarness) -> None:
    await harness.client.create(CRD)
    informer = await synced(harness.factory.acquire(InformerKey(WIDGET)))
    widget = {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": NAMESPACE}}
    await harness.client.create(widget)
    await eventually(lambda: f"{NAMESPACE}/w" in informer.lister)
    await harness.client.delete("apiextensions.k8s.io/v1/CustomResourceDefinition", "widgets.example.org")
    await eventually(lambda: informer.state is State.WAITING or len(informer.lister) == 0)
    harness.mapper.invalidate()

    async def created_again() -> bool:
        try:
            await harness.client.create(CRD)
        except ConflictError:
            return False
        return True

    await eventually(created_again)
    again = {**widget, "metadata": {"name": "again", "namespace": NAMESPACE}}

    async def written() -> bool:
        harness.mapper.invalidate()
        try:
            await harness.client.create(again)
        except (NotFoundError, NoMatchError):
            return False
        except ConflictError:
            return True
        return True

    await eventually(written)
    await eventually(lambda: names(informer) == ["again"])


async def test_one_connection_carries_many_watches_and_calls(harness: CacheHarness) -> None:
    keys = [InformerKey(CONFIG_MAP, NAMESPACE, label_selector=f"app!=n{n}") for n in range(110)]
    informers = [harness.factory.acquire(key) for key in keys]
    for informer in informers:
        await synced(informer)
    await harness.client.create(config_map("a"))
    await eventually(lambda: all(len(informer.lister) == 1 for informer in informers))


async def test_every_last_state_of_a_storm_arrives(harness: CacheHarness) -> None:
    log = Log()
    informer = harness.factory.acquire(InformerKey(CONFIG_MAP, NAMESPACE))
    informer.add_handler(log)
    await synced(informer)

    async def storm(name: str) -> None:
        await harness.client.create(config_map(name, k="0"))
        for number in range(1, 20):
            await harness.client.patch("v1/ConfigMap", name, {"data": {"k": str(number)}})

    await asyncio.gather(*(storm(f"s{number}") for number in range(20)))
    await eventually(lambda: all(obj["data"]["k"] == "19" for obj in informer.lister.list()))
    assert len(informer.lister) == 20
    assert len(log.heard) == 400


@pytest.mark.embedded_only("it restarts the server")
async def test_a_server_that_restarts_without_its_data_is_followed_again(tmp_path: Path) -> None:
    first = ApiServer(ApiServerConfig(tls=False))
    endpoint = await first.start()
    port = int(endpoint.url.rpartition(":")[2])
    config = ConnectionConfig.for_endpoint(endpoint.url, token=endpoint.token)
    async with Connection.open(config, Metrics()) as connection:
        harness = CacheHarness(connection)
        for number in range(30):
            await harness.client.create(config_map(f"n{number}"))
        informer = await synced(harness.factory.acquire(InformerKey(CONFIG_MAP, NAMESPACE)))
        assert len(informer.lister) == 30
        await first.stop()
        second = ApiServer(ApiServerConfig(tls=False, port=port, token=endpoint.token))
        await second.start()
        try:
            await eventually(lambda: len(informer.lister) == 0, timeout_seconds=30)
            await harness.client.create(config_map("new"))
            await eventually(lambda: names(informer) == ["new"], timeout_seconds=30)
        finally:
            await harness.factory.stop()
            await second.stop()


@pytest.mark.embedded_only("it restarts the server")
async def test_a_server_that_restarts_with_its_data_is_resumed(tmp_path: Path) -> None:
    first = ApiServer(ApiServerConfig(tls=False, data_dir=tmp_path))
    endpoint = await first.start()
    port = int(endpoint.url.rpartition(":")[2])
    config = ConnectionConfig.for_endpoint(endpoint.url, token=endpoint.token)
    async with Connection.open(config, Metrics()) as connection:
        harness = CacheHarness(connection)
        log = Log()
        informer = harness.factory.acquire(InformerKey(CONFIG_MAP, NAMESPACE))
        informer.add_handler(log)
        await synced(informer)
        await harness.client.create(config_map("a"))
        await eventually(lambda: names(informer) == ["a"])
        await first.stop()
        second = ApiServer(ApiServerConfig(tls=False, port=port, data_dir=tmp_path, token=endpoint.token))
        await second.start()
        try:
            await eventually(lambda: informer.state is State.WATCHING, timeout_seconds=30)
            await harness.client.create(config_map("b"))
            await eventually(lambda: names(informer) == ["a", "b"], timeout_seconds=30)
            assert [heard[:2] for heard in log.heard] == [("add", "a"), ("add", "b")]
        finally:
            await harness.factory.stop()
            await second.stop()
