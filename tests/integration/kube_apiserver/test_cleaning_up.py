"""Garbage collection, namespace deletion and CustomResourceDefinitions."""

import os
from typing import Any

import pytest

from plugin_operator.testing.eventually import eventually
from tests.integration.kube_apiserver.conftest import JsonApi

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

CONFIGMAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


async def _owned(api: JsonApi, name: str, owner: dict[str, Any], **more: Any) -> dict[str, Any]:
    reference = {**_reference(owner), **more}
    status, obj = await api("POST", CONFIGMAPS, {"metadata": {"name": name, "ownerReferences": [reference]}})
    assert status == 201, obj
    found: dict[str, Any] = obj
    return found


def _reference(owner: dict[str, Any]) -> dict[str, Any]:
    metadata = owner["metadata"]
    return {"apiVersion": "v1", "kind": "ConfigMap", "name": metadata["name"], "uid": metadata["uid"]}


async def _names(api: JsonApi, path: str = CONFIGMAPS) -> list[str]:
    _, found = await api("GET", path)
    return [item["metadata"]["name"] for item in found["items"]]


async def test_dependents_follow_their_owner_in_the_background(api: JsonApi) -> None:
    _, owner = await api("POST", CONFIGMAPS, {"metadata": {"name": "owner"}})
    child = await _owned(api, "child", owner)
    await _owned(api, "grandchild", child)
    await api("DELETE", f"{CONFIGMAPS}/owner")
    await eventually(lambda: _no_configmaps(api))


async def _no_configmaps(api: JsonApi) -> bool:
    return await _names(api) == []


async def test_orphaned_dependents_stay_without_the_reference(api: JsonApi) -> None:
    _, owner = await api("POST", CONFIGMAPS, {"metadata": {"name": "owner"}})
    await _owned(api, "child", owner)
    await api("DELETE", f"{CONFIGMAPS}/owner", propagationPolicy="Orphan")

    async def orphaned() -> bool:
        assert await _names(api) == ["child"]
        _, child = await api("GET", f"{CONFIGMAPS}/child")
        assert "ownerReferences" not in child["metadata"]
        return True

    await eventually(orphaned)


async def test_a_foreground_owner_waits_for_dependents_that_block(api: JsonApi) -> None:
    _, owner = await api("POST", CONFIGMAPS, {"metadata": {"name": "owner"}})
    child = await _owned(api, "child", owner, blockOwnerDeletion=True)
    child["metadata"]["finalizers"] = ["example.com/wait"]
    await api("PUT", f"{CONFIGMAPS}/child", child)
    status, marked = await api("DELETE", f"{CONFIGMAPS}/owner", propagationPolicy="Foreground")
    assert (status, marked["metadata"]["finalizers"]) == (200, ["foregroundDeletion"])

    async def child_is_marked() -> dict[str, Any]:
        _, child = await api("GET", f"{CONFIGMAPS}/child")
        assert child["metadata"].get("deletionTimestamp")
        found: dict[str, Any] = child
        return found

    child = await eventually(child_is_marked)
    assert await _names(api) == ["child", "owner"]
    child["metadata"]["finalizers"] = []
    await api("PUT", f"{CONFIGMAPS}/child", child)
    await eventually(lambda: _no_configmaps(api))


async def test_a_dependent_in_the_foreground_waits_for_its_own_dependents(api: JsonApi) -> None:
    _, owner = await api("POST", CONFIGMAPS, {"metadata": {"name": "owner"}})
    child = await _owned(api, "child", owner, blockOwnerDeletion=True)
    grandchild = await _owned(api, "grandchild", child, blockOwnerDeletion=True)
    grandchild["metadata"]["finalizers"] = ["example.com/wait"]
    await api("PUT", f"{CONFIGMAPS}/grandchild", grandchild)
    await api("DELETE", f"{CONFIGMAPS}/owner", propagationPolicy="Foreground")

    async def grandchild_is_marked() -> dict[str, Any]:
        _, found = await api("GET", f"{CONFIGMAPS}/grandchild")
        assert found["metadata"].get("deletionTimestamp")
        marked: dict[str, Any] = found
        return marked

    grandchild = await eventually(grandchild_is_marked)
    assert await _names(api) == ["child", "grandchild", "owner"]
    grandchild["metadata"]["finalizers"] = []
    await api("PUT", f"{CONFIGMAPS}/grandchild", grandchild)
    await eventually(lambda: _no_configmaps(api))


async def test_a_dependent_of_a_second_owner_stays_and_forgets_the_one_in_the_foreground(api: JsonApi) -> None:
    _, owner = await api("POST", CONFIGMAPS, {"metadata": {"name": "owner"}})
    _, other = await api("POST", CONFIGMAPS, {"metadata": {"name": "other"}})
    child = await _owned(api, "child", owner, blockOwnerDeletion=True)
    child["metadata"]["ownerReferences"].append(_reference(other))
    await api("PUT", f"{CONFIGMAPS}/child", child)
    await api("DELETE", f"{CONFIGMAPS}/owner", propagationPolicy="Foreground")

    async def owner_is_gone() -> bool:
        return await _names(api) == ["child", "other"]

    await eventually(owner_is_gone)
    _, child = await api("GET", f"{CONFIGMAPS}/child")
    assert [reference["name"] for reference in child["metadata"]["ownerReferences"]] == ["other"]


async def test_owners_in_a_circle_do_not_wait_for_each_other(api: JsonApi) -> None:
    _, first = await api("POST", CONFIGMAPS, {"metadata": {"name": "first"}})
    second = await _owned(api, "second", first, blockOwnerDeletion=True)
    third = await _owned(api, "third", second, blockOwnerDeletion=True)
    first["metadata"]["ownerReferences"] = [{**_reference(third), "blockOwnerDeletion": True}]
    await api("PUT", f"{CONFIGMAPS}/first", first)
    await api("DELETE", f"{CONFIGMAPS}/first", propagationPolicy="Foreground")
    await eventually(lambda: _no_configmaps(api))


async def test_a_deleted_namespace_takes_its_content_with_it(api: JsonApi) -> None:
    await api("POST", "/api/v1/namespaces", {"metadata": {"name": "temporary"}})
    path = "/api/v1/namespaces/temporary/configmaps"
    _, obj = await api("POST", path, {"metadata": {"name": "a", "finalizers": ["example.com/wait"]}})
    await api("POST", path, {"metadata": {"name": "b"}})
    status, namespace = await api("DELETE", "/api/v1/namespaces/temporary")
    assert (status, namespace["status"]["phase"]) == (200, "Terminating")
    status, failure = await api("POST", path, {"metadata": {"name": "c"}})
    assert (status, failure["details"]["causes"][0]["reason"]) == (403, "NamespaceTerminating")

    async def only_the_held_one_is_left() -> bool:
        return await _names(api, path) == ["a"]

    await eventually(only_the_held_one_is_left)
    _, obj = await api("GET", f"{path}/a")
    obj["metadata"]["finalizers"] = []
    await api("PUT", f"{path}/a", obj)

    async def gone() -> bool:
        status, _ = await api("GET", "/api/v1/namespaces/temporary")
        return status == 404

    await eventually(gone)


@pytest.fixture
def widget_crd() -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {
            "spec": {"type": "object", "properties": {"size": {"type": "integer", "minimum": 1, "default": 3}}},
            "status": {"type": "object", "properties": {"phase": {"type": "string"}}},
        },
    }
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    old = {"name": "v1beta1", "served": True, "storage": False, "schema": {"openAPIV3Schema": schema}}
    return {
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "shortNames": ["wd"]},
            "versions": [{**version, "subresources": {"status": {}}}, old],
        },
    }


async def test_a_definition_is_served_and_goes_with_its_objects(api: JsonApi, widget_crd: dict[str, Any]) -> None:
    status, crd = await api("POST", CRDS, widget_crd)
    assert status == 201, crd
    path = f"/apis/example.com/v1/namespaces/{NAMESPACE}/widgets"

    async def established() -> bool:
        _, crd = await api("GET", f"{CRDS}/widgets.example.com")
        conditions = {entry["type"]: entry["status"] for entry in crd["status"]["conditions"] or ()}
        return conditions == {"NamesAccepted": "True", "Established": "True"}

    await eventually(established)
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {}}
    status, created = await api("POST", path, widget)
    assert status == 201, created
    _, beta = await api("GET", f"/apis/example.com/v1beta1/namespaces/{NAMESPACE}/widgets/a")
    assert beta["apiVersion"] == "example.com/v1beta1"
    _, listed = await api("GET", path)
    assert listed["kind"] == "WidgetList"
    _, group = await api("GET", "/apis/example.com")
    assert [version["version"] for version in group["versions"]] == ["v1", "v1beta1"]
    status, _ = await api("DELETE", f"{CRDS}/widgets.example.com")
    assert status == 200

    async def gone() -> bool:
        status, _ = await api("GET", path)
        return status == 404

    await eventually(gone)


async def test_a_definition_waits_for_finalizers_and_refuses_new_objects(
    api: JsonApi, widget_crd: dict[str, Any]
) -> None:
    await api("POST", CRDS, widget_crd)
    path = f"/apis/example.com/v1/namespaces/{NAMESPACE}/widgets"
    held = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a", "finalizers": ["a.b/c"]}}

    async def created() -> bool:
        status, _ = await api("POST", path, held)
        return status == 201

    await eventually(created)
    await api("DELETE", f"{CRDS}/widgets.example.com")
    status, failure = await api("POST", path, {**held, "metadata": {"name": "b"}})
    assert (status, failure["reason"]) == (403, "Forbidden")
    assert failure["message"].endswith("create not allowed while custom resource definition is terminating")

    async def marked() -> bool:
        _, found = await api("GET", f"{path}/a")
        return "deletionTimestamp" in found["metadata"]

    await eventually(marked)
    _, found = await api("GET", f"{path}/a")
    found["metadata"]["finalizers"] = []
    await api("PUT", f"{path}/a", found)

    async def gone() -> bool:
        status, _ = await api("GET", f"{CRDS}/widgets.example.com")
        return status == 404

    await eventually(gone)
