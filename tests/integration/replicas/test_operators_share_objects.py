"""Three operators as processes share the objects of a sharded controller: none is lost, none is worked on twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kube_apiserver import ThreadedApiServer
from plugin_operator.client import ApiClient
from plugin_operator.testing.eventually import eventually
from tests.integration.replicas.operators import Operators

OBJECTS = 60


@pytest.fixture
def operators(tmp_path: Path, kube_api_server: ThreadedApiServer) -> Iterator[Operators]:
    operators = Operators(tmp_path, kube_api_server)
    yield operators
    operators.close()


async def created(client: ApiClient, label: str, name: str) -> None:
    metadata = {"name": name, "namespace": "default", "labels": {label: ""}}
    await client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"wanted": "0"}})


async def want(client: ApiClient, text: str) -> None:
    for number in range(OBJECTS):
        await client.patch("v1/ConfigMap", f"object-{number}", {"data": {"wanted": text}}, "default")


async def all_seen(client: ApiClient) -> None:
    """Wait until each object was reconciled in its last state."""

    async def seen() -> bool:
        found = await client.list("v1/ConfigMap", "default", "shared")
        return len(found) == OBJECTS and all(each["data"].get("seen") == each["data"]["wanted"] for each in found)

    await eventually(seen, timeout_seconds=60.0, interval_seconds=0.1)


async def test_objects_follow_replicas_that_join_leave_and_are_killed(operators: Operators, client: ApiClient) -> None:
    for number in range(OBJECTS):
        await created(client, "shared", f"object-{number}")
    await created(client, "single", "lonely")
    for name in ("one", "two", "three"):
        operators.start(name)
    await eventually(lambda: operators.workers() == {"one", "two", "three"}, timeout_seconds=60.0)
    await all_seen(client)
    leads = [replica for _, replica, what, _ in operators.notes() if what == "leads"]
    assert len(set(leads)) == 1, "one replica runs single controllers"

    await want(client, "1")
    assert await operators.stop(leads[0]) == 0, operators.log(leads[0])
    await want(client, "2")
    await all_seen(client)
    assert not operators.doubled()

    left = sorted({"one", "two", "three"} - {leads[0]})
    operators.start("four")
    await eventually(lambda: "four" in operators.workers(), timeout_seconds=60.0)
    operators.kill(left[0])
    await want(client, "3")
    await all_seen(client)
    assert not operators.doubled(frozenset({left[0]}))
    assert {await operators.stop(name) for name in (left[1], "four")} == {0}
