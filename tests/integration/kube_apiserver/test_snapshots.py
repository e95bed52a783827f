"""A running server returns to a snapshot, and its clients and controllers follow."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kube_apiserver import ApiServer, ApiServerConfig
from kube_apiserver.faults import Action, Fault
from plugin_operator.testing.eventually import eventually
from tests.integration.kube_apiserver.conftest import JsonApi
from tests.integration.kube_apiserver.test_watching import next_event, watching
from tests.widgets import definition

pytestmark = pytest.mark.embedded_only("only the embedded server has snapshots")

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = "/apis/example.org/v1/namespaces/default/widgets"
WIDGET = {"apiVersion": "example.org/v1", "kind": "Widget"}
NAMESPACES = "/api/v1/namespaces"


async def create(api: JsonApi, path: str, name: str, **more: Any) -> dict[str, Any]:
    status, obj = await api("POST", path, {"metadata": {"name": name}, **more})
    assert status == 201, obj
    created: dict[str, Any] = obj
    return created


async def names(api: JsonApi, path: str) -> list[str]:
    _, found = await api("GET", path)
    return [item["metadata"]["name"] for item in found["items"]]


async def define(api: JsonApi) -> None:
    """Create the kind Widget, and wait until it is served."""
    status, found = await api("POST", CRDS, definition())
    assert status == 201, found

    async def is_served() -> bool:
        return (await api("GET", WIDGETS))[0] == 200

    await eventually(is_served)


async def test_a_restore_undoes_creates_updates_and_deletes(api: JsonApi, api_server: ApiServer) -> None:
    for name in ("changed", "deleted", "kept"):
        await create(api, CONFIGMAPS, name, data={"a": "b"})
    _, before = await api("GET", CONFIGMAPS)
    snapshot = api_server.snapshot()
    await create(api, CONFIGMAPS, "created")
    await api("DELETE", f"{CONFIGMAPS}/deleted")
    _, changed = await api("PUT", f"{CONFIGMAPS}/changed", {"metadata": {"name": "changed"}, "data": {"a": "c"}})

    await api_server.restore(snapshot)

    _, after = await api("GET", CONFIGMAPS)
    versions = {each["metadata"]["name"]: int(each["metadata"].pop("resourceVersion")) for each in after["items"]}
    old = {each["metadata"]["name"]: int(each["metadata"].pop("resourceVersion")) for each in before["items"]}
    assert after["items"] == before["items"]
    assert versions["kept"] == old["kept"]
    assert min(versions["changed"], versions["deleted"]) > int(changed["metadata"]["resourceVersion"])


async def test_open_watches_show_the_restore_and_go_on(api: JsonApi, api_server: ApiServer) -> None:
    await create(api, CONFIGMAPS, "deleted")
    snapshot = api_server.snapshot()
    await create(api, CONFIGMAPS, "created")
    await api("DELETE", f"{CONFIGMAPS}/deleted")
    _, listed = await api("GET", CONFIGMAPS)
    async with watching(api, resourceVersion=listed["metadata"]["resourceVersion"]) as stream:
        await api_server.restore(snapshot)
        found = [await next_event(stream) for _ in range(2)]
        assert [(kind, obj["metadata"]["name"]) for kind, obj in found] == [
            ("DELETED", "created"),
            ("ADDED", "deleted"),
        ]
        await create(api, CONFIGMAPS, "new")
        kind, obj = await next_event(stream)
        assert (kind, obj["metadata"]["name"]) == ("ADDED", "new")
    async with watching(api, resourceVersion=obj["metadata"]["resourceVersion"]) as stream:
        await create(api, CONFIGMAPS, "newer")
        assert (await next_event(stream))[1]["metadata"]["name"] == "newer"


def serves_widgets(server: ApiServer) -> bool:
    """Report whether the kind Widget is served at this moment, before a controller runs."""
    return server.cluster.registry.for_bucket("widgets.example.org") is not None


@pytest.mark.parametrize("objects", [["one"], []])
async def test_a_definition_after_the_snapshot_is_no_longer_served(
    objects: list[str], api: JsonApi, api_server: ApiServer
) -> None:
    snapshot = api_server.snapshot()
    await define(api)
    for name in objects:
        await create(api, WIDGETS, name, **WIDGET)
    async with watching(api, WIDGETS) as stream:
        for _ in objects:
            assert (await next_event(stream))[0] == "ADDED"

        await api_server.restore(snapshot)

        assert not serves_widgets(api_server)
        assert (await api("GET", WIDGETS))[0] == 404
        for _ in objects:
            assert (await next_event(stream))[0] == "DELETED"
        assert not await stream.content.readline()
    assert "example.org" not in [group["name"] for group in (await api("GET", "/apis"))[1]["groups"]]
    await define(api)
    assert await names(api, WIDGETS) == []


async def test_a_definition_deleted_after_the_snapshot_is_served_with_its_objects(
    api: JsonApi, api_server: ApiServer
) -> None:
    await define(api)
    await create(api, WIDGETS, "one", **WIDGET)
    snapshot = api_server.snapshot()
    await api("DELETE", f"{CRDS}/widgets.example.org")

    async def is_gone() -> bool:
        return (await api("GET", f"{CRDS}/widgets.example.org"))[0] == 404

    await eventually(is_gone)
    await api_server.restore(snapshot)

    assert serves_widgets(api_server)
    assert await names(api, WIDGETS) == ["one"]
    services = await names(api, "/apis/apiregistration.k8s.io/v1/apiservices")
    assert "v1.example.org" in services
    await create(api, WIDGETS, "two", **WIDGET)
    assert await names(api, WIDGETS) == ["one", "two"]


async def test_controllers_follow_the_restored_state(api: JsonApi, api_server: ApiServer) -> None:
    owner = await create(api, CONFIGMAPS, "owner")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    dependent = {"metadata": {"name": "dependent", "ownerReferences": [reference]}}
    assert (await api("POST", CONFIGMAPS, dependent))[0] == 201
    await create(api, NAMESPACES, "full")
    inside = f"{NAMESPACES}/full/configmaps"
    await create(api, inside, "inside")
    snapshot = api_server.snapshot()
    await api("DELETE", f"{CONFIGMAPS}/owner")
    await api("DELETE", f"{NAMESPACES}/full")

    async def are_gone() -> bool:
        gone = [(await api("GET", path))[0] for path in (f"{CONFIGMAPS}/dependent", f"{NAMESPACES}/full")]
        return gone == [404, 404]

    await eventually(are_gone)
    await api_server.restore(snapshot)

    assert {"dependent", "owner"} <= set(await names(api, CONFIGMAPS))
    assert "inside" in await names(api, inside)
    await api("DELETE", f"{CONFIGMAPS}/owner")
    await api("DELETE", f"{NAMESPACES}/full")
    await eventually(are_gone)


async def test_a_namespace_in_deletion_keeps_what_a_restore_brings_back(
    api: JsonApi, api_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    class AlwaysDue:
        """A pause before each object, so that the restore comes in the middle of the deletion."""

        async def if_due(self) -> None:
            begun.set()
            await asyncio.sleep(0)

    monkeypatch.setattr("kube_apiserver.controllers.namespaces.Pause", AlwaysDue)
    await create(api, NAMESPACES, "full")
    inside = f"{NAMESPACES}/full/configmaps"
    for number in range(300):
        api_server.cluster.store.put(
            "configmaps",
            {"metadata": {"name": f"c{number}", "namespace": "full", "uid": str(number)}},
            "v1",
            "ConfigMap",
        )
    snapshot = api_server.snapshot()
    await api("DELETE", f"{NAMESPACES}/full")
    async with asyncio.timeout(10):
        await begun.wait()
    assert api_server.cluster.store.bucket("configmaps").items, "the deletion is in progress"
    await api_server.restore(snapshot)

    assert len(await names(api, inside)) >= 300
    _, namespace = await api("GET", f"{NAMESPACES}/full")
    assert namespace["status"]["phase"] == "Active"
    await create(api, inside, "new")
    assert len(await names(api, inside)) >= 301


async def test_rights_granted_after_the_snapshot_are_gone(api: JsonApi, api_server: ApiServer) -> None:
    snapshot = api_server.snapshot()
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"}
    bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    await create(api, bindings, "jane", roleRef=role, subjects=[subject])
    as_jane = {"Impersonate-User": "jane"}
    assert (await api("GET", CONFIGMAPS, headers=as_jane))[0] == 200
    await api_server.restore(snapshot)
    assert (await api("GET", CONFIGMAPS, headers=as_jane))[0] == 403


async def test_planned_faults_are_cleared_and_silent_watches_end(api: JsonApi, api_server: ApiServer) -> None:
    snapshot = api_server.snapshot()
    api_server.faults.add(Fault(action=Action.SILENCE, verb="watch"))
    async with watching(api) as silent, watching(api) as other:
        api_server.faults.add(Fault(action=Action.REFUSE, verb="list"))
        await api_server.restore(snapshot)
        assert not await silent.content.readline()
        assert (await api("GET", CONFIGMAPS))[0] == 200
        await create(api, CONFIGMAPS, "new")
        assert (await next_event(other))[0] == "ADDED"


async def test_a_snapshot_can_be_restored_more_than_once(api: JsonApi, api_server: ApiServer) -> None:
    snapshot = api_server.snapshot()
    for name in ("first", "second"):
        await create(api, CONFIGMAPS, name)
        await api_server.restore(snapshot)
        assert await names(api, CONFIGMAPS) == []


async def test_clients_take_and_restore_snapshots_over_http(api: JsonApi, api_server: ApiServer) -> None:
    assert await api("POST", "/debug/snapshots") == (201, {"number": 1})
    _, created = await api("POST", CONFIGMAPS, {"metadata": {"name": "new"}})
    api_server.faults.add(Fault(action=Action.REFUSE, count=None))
    status, restored = await api("POST", "/debug/restore", number="1")
    assert (status, restored["restored"]) == (200, 1), "a planned fault does not hit the restore that removes it"
    assert int(restored["resourceVersion"]) > int(created["metadata"]["resourceVersion"])
    assert await names(api, CONFIGMAPS) == []
    await api("POST", "/debug/snapshots")
    assert await api("GET", "/debug/snapshots") == (200, {"snapshots": [1, 2]})
    assert await api("DELETE", "/debug/snapshots", number="1") == (200, {"snapshots": [2]})
    status, failure = await api("POST", "/debug/restore", number="1")
    assert (status, failure["message"]) == (404, "there is no snapshot 1; those of /debug/snapshots are: 2")
    assert (await api("POST", "/debug/restore"))[0] == 400
    assert (await api("GET", "/debug/restore"))[0] == (await api("PUT", "/debug/snapshots"))[0] == 405
    assert (await api("POST", "/debug/snapshots", headers={"Impersonate-User": "jane"}))[0] == 403
    assert await api("DELETE", "/debug/snapshots") == (200, {"snapshots": []})


async def test_a_restore_returns_once_it_is_on_disk(tmp_path: Path) -> None:
    async with (server := ApiServer(ApiServerConfig(tls=False, data_dir=tmp_path, controllers=()))):
        store, snapshot = server.cluster.store, server.snapshot()
        store.put("configmaps", {"metadata": {"name": "new", "namespace": "default", "uid": "1"}}, "v1", "ConfigMap")
        await server.restore(snapshot)
        assert store.published_revision == store.revision


async def test_the_snapshot_of_another_server_is_refused(api_server: ApiServer) -> None:
    async with (other := ApiServer(ApiServerConfig(tls=False))):
        with pytest.raises(ValueError, match="of another server"):
            await api_server.restore(other.snapshot())
    with pytest.raises(RuntimeError, match="has not been started"):
        ApiServer().snapshot()
