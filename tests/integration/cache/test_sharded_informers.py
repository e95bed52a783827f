"""Caches of shards against the embedded API server, with its feature and without it."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from kube_apiserver import ApiServer, ApiServerConfig
from kube_apiserver.faults import Action, Fault
from plugin_operator.cache import InformerFactory, InformerKey, OwnedShards, ShardBy, ShardedInformer
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.clock import SystemClock
from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.shards import HASHES, HashRange, ShardRanges, hash_of
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually

pytestmark = pytest.mark.embedded_only("it starts servers of its own, with a feature gate")

CONFIG_MAP = GroupVersionKind.parse("v1/ConfigMap")
_SLICES = 8
SLICES = [
    ShardRanges([HashRange(number * HASHES // _SLICES, (number + 1) * HASHES // _SLICES)]) for number in range(_SLICES)
]


class Process:
    """One process: its shards, its caches, and what it has heard."""

    def __init__(self, connection: Connection, by: ShardBy) -> None:
        clock = SystemClock()
        self.shards = OwnedShards(clock)
        self.factory = InformerFactory(
            connection, RESTMapper(connection), clock=clock, metrics=Metrics(), shards=self.shards
        )
        self.informer = cast("ShardedInformer", self.factory.acquire(InformerKey(CONFIG_MAP, shard_by=by)))

    @property
    def versions(self) -> dict[str, str]:
        lister = self.informer.lister
        keys = lister.keys()
        found = ((key, lister.cached(key)) for key in keys)
        return {str(key): obj.resource_version for key, obj in found if obj is not None}


@pytest.fixture(params=[True, False], ids=["on", "off"])
async def connection(request: pytest.FixtureRequest) -> AsyncIterator[Connection]:
    gates = {"ShardedListAndWatch": request.param}
    async with (
        ApiServer(ApiServerConfig(tls=False, feature_gates=gates)) as endpoint,
        Connection.open(ConnectionConfig.for_endpoint(endpoint.url), Metrics()) as opened,
    ):
        yield opened


def config_map(name: str, namespace: str = "default", **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data
    }  # fmt: skip


@pytest.mark.parametrize("by", [ShardBy.UID, ShardBy.NAMESPACE])
async def test_two_processes_see_every_object_exactly_once_while_ranges_move_under_churn(
    connection: Connection, by: ShardBy
) -> None:
    random.seed(7)
    client = ApiClient(connection, RESTMapper(connection), field_manager="test", default_namespace="default")
    spaces = ["default", "one", "two", "three"]
    for space in spaces[1:]:
        await client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})
    one, two = Process(connection, by), Process(connection, by)
    for number, each in enumerate(SLICES):
        (one, two)[number % 2].shards.gain(each)
    alive: dict[tuple[str, str], None] = {}
    for step in range(150):
        key = (random.choice(spaces), f"c{random.randrange(30)}")
        if key not in alive:
            await client.create(config_map(key[1], key[0]))
            alive[key] = None
        elif random.random() < 0.4:
            await client.delete("v1/ConfigMap", key[1], key[0])
            del alive[key]
        else:
            await client.patch("v1/ConfigMap", key[1], {"data": {"k": str(step)}}, namespace=key[0])
        if step % 5 == 0:
            moved = random.choice(SLICES)
            loser, winner = (one, two) if moved & one.shards.ranges else (two, one)
            loser.shards.drop(moved)
            winner.shards.gain(moved)
    stored = {
        f"{each['metadata']['namespace']}/{each['metadata']['name']}": each["metadata"]["resourceVersion"]
        for each in await client.list("v1/ConfigMap")
    }
    await eventually(lambda: {**one.versions, **two.versions} == stored)
    await eventually(lambda: one.informer.held | two.informer.held == ShardRanges.everything())
    assert not one.versions.keys() & two.versions.keys()
    await asyncio.gather(one.factory.stop(), two.factory.stop())


@pytest.mark.parametrize("by", [ShardBy.UID, ShardBy.NAMESPACE])
async def test_a_cache_knows_whether_the_server_sends_only_its_part(
    connection: Connection, by: ShardBy, request: pytest.FixtureRequest
) -> None:
    client = ApiClient(connection, RESTMapper(connection), field_manager="test", default_namespace="default")
    one = Process(connection, by)
    assert one.informer.server_filters is None, "nothing was asked yet"
    uids = []
    for space in ("one", "two", "three"):
        await client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})
        uids += [(await client.create(config_map(f"c{number}", space)))["metadata"]["uid"] for number in range(4)]
    part = next(each for each in SLICES if hash_of(uids[0] if by is ShardBy.UID else "one") in each)
    one.shards.gain(part)
    await eventually(lambda: one.informer.held == part and one.versions)

    is_on = request.node.callspec.params["connection"]
    assert one.informer.server_filters is is_on
    rest = next(each for each in SLICES if each is not part)
    one.shards.gain(rest)
    await eventually(lambda: one.informer.held == part | rest)
    assert one.informer.server_filters is is_on
    one.shards.drop(rest)
    await eventually(lambda: one.informer.held == part)
    await client.create(config_map("later", "two"))
    await eventually(lambda: one.informer.resource_version != "")
    assert one.informer.server_filters is is_on
    await one.factory.stop()


async def test_what_the_server_sends_of_owners_is_not_known_because_it_cannot_hash_them(connection: Connection) -> None:
    one = Process(connection, ShardBy.OWNER)
    one.shards.gain(SLICES[0])
    await eventually(lambda: one.informer.held == SLICES[0])
    assert one.informer.server_filters is None
    await one.factory.stop()


@pytest.mark.parametrize("also_plain", [False, True], ids=["with a selector only", "without one, too"])
async def test_a_selector_that_is_forbidden_is_left_out_if_the_plain_list_is_allowed(also_plain: bool) -> None:
    server = ApiServer(ApiServerConfig(tls=False, feature_gates={"ShardedListAndWatch": True}))
    async with (
        server as endpoint,
        Connection.open(ConnectionConfig.for_endpoint(endpoint.url), Metrics()) as connection,
    ):
        client = ApiClient(connection, RESTMapper(connection), field_manager="test", default_namespace="default")
        uids = [(await client.create(config_map(f"c{number}")))["metadata"]["uid"] for number in range(8)]
        query = "" if also_plain else "shardSelector"
        for verb in ("list", "watch"):
            server.faults.add(
                Fault(action=Action.REFUSE, verb=verb, resource="configmaps", query=query, code=403, count=None)
            )
        one = Process(connection, ShardBy.UID)
        part = next(each for each in SLICES if hash_of(uids[0]) in each)
        one.shards.gain(part)
        if also_plain:
            await eventually(lambda: one.informer.state.value == "waiting")
            assert one.informer.server_filters is None
            assert "planned fault" in one.informer.reason
        else:
            await eventually(lambda: one.informer.held == part and "default/c0" in one.versions)
            assert one.informer.server_filters is False
            await client.patch("v1/ConfigMap", "c0", {"data": {"k": "1"}}, namespace="default")
            version = (await client.get("v1/ConfigMap", "c0", "default"))["metadata"]["resourceVersion"]
            await eventually(lambda: one.versions["default/c0"] == version)
        await one.factory.stop()
