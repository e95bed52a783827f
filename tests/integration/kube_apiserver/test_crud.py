"""create, get, list, update and delete over HTTP."""

import os
from io import BytesIO

import pytest

from kube_apiserver import ApiServer
from tests.integration.kube_apiserver.conftest import JsonApi

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

CONFIGMAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
EVENTS = f"/api/v1/namespaces/{NAMESPACE}/events"


JSON = {"Content-Type": "application/json"}


async def test_an_object_lives_through_create_get_update_delete(api: JsonApi) -> None:
    status, created = await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}, "data": {"x": "1"}})
    assert status == 201
    assert created["metadata"]["uid"]
    assert created["metadata"]["namespace"] == NAMESPACE
    status, read = await api("GET", f"{CONFIGMAPS}/a")
    assert (status, read) == (200, created)
    read["data"]["x"] = "2"
    status, updated = await api("PUT", f"{CONFIGMAPS}/a", read)
    assert status == 200
    assert int(updated["metadata"]["resourceVersion"]) > int(created["metadata"]["resourceVersion"])
    status, _ = await api("DELETE", f"{CONFIGMAPS}/a")
    assert status == 200
    status, gone = await api("GET", f"{CONFIGMAPS}/a")
    assert (status, gone["reason"]) == (404, "NotFound")
    assert gone["message"] == 'configmaps "a" not found'


async def test_an_update_without_a_change_spends_no_revision(api: JsonApi) -> None:
    _, created = await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}, "data": {"x": "1"}})
    _, updated = await api("PUT", f"{CONFIGMAPS}/a", created)
    assert updated["metadata"]["resourceVersion"] == created["metadata"]["resourceVersion"]


async def test_an_update_from_an_old_state_is_a_conflict(api: JsonApi) -> None:
    _, created = await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}, "data": {"x": "1"}})
    await api("PUT", f"{CONFIGMAPS}/a", {**created, "data": {"x": "2"}})
    status, failure = await api("PUT", f"{CONFIGMAPS}/a", {**created, "data": {"x": "3"}})
    assert (status, failure["reason"]) == (409, "Conflict")


async def test_pages_of_a_list_show_one_revision(api: JsonApi) -> None:
    for name in "abcde":
        await api("POST", CONFIGMAPS, {"metadata": {"name": name}})
    _, first = await api("GET", CONFIGMAPS, limit="2")
    await api("DELETE", f"{CONFIGMAPS}/d")
    await api("POST", CONFIGMAPS, {"metadata": {"name": "cc"}})
    assert first["metadata"]["remainingItemCount"] == 3
    _, second = await api("GET", CONFIGMAPS, limit="10", **{"continue": first["metadata"]["continue"]})
    names = [item["metadata"]["name"] for item in first["items"] + second["items"]]
    assert names == list("abcde")
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


@pytest.mark.embedded_only("it compacts the history")
async def test_a_continue_token_expires_with_the_history(api: JsonApi, api_server: ApiServer) -> None:
    for name in "abc":
        await api("POST", CONFIGMAPS, {"metadata": {"name": name}})
    _, first = await api("GET", CONFIGMAPS, limit="1")
    api_server.cluster.store.compact()
    await api("DELETE", f"{CONFIGMAPS}/c")
    api_server.cluster.store.compact()
    status, failure = await api("GET", CONFIGMAPS, limit="1", **{"continue": first["metadata"]["continue"]})
    assert (status, failure["reason"]) == (410, "Expired")
    _, rest = await api("GET", CONFIGMAPS, **{"continue": failure["metadata"]["continue"]})
    assert [item["metadata"]["name"] for item in rest["items"]] == ["b"]


async def test_a_label_selector_narrows_a_list(api: JsonApi) -> None:
    await api("POST", CONFIGMAPS, {"metadata": {"name": "a", "labels": {"app": "x"}}})
    await api("POST", CONFIGMAPS, {"metadata": {"name": "b", "labels": {"app": "y"}}})
    _, found = await api("GET", CONFIGMAPS, labelSelector="app in (x)")
    assert [item["metadata"]["name"] for item in found["items"]] == ["a"]
    _, found = await api("GET", CONFIGMAPS, fieldSelector="metadata.name!=a")
    assert [item["metadata"]["name"] for item in found["items"]] == ["b"]


async def test_an_object_needs_its_namespace(api: JsonApi) -> None:
    status, failure = await api("POST", "/api/v1/namespaces/nowhere/configmaps", {"metadata": {"name": "a"}})
    assert (status, failure["message"]) == (404, 'namespaces "nowhere" not found')


async def test_a_list_of_any_version_is_no_page(api: JsonApi) -> None:
    """A watch cache of kube-apiserver ignores the limit then. Events have none."""
    for name in ("a", "b", "c"):
        await api("POST", CONFIGMAPS, {"metadata": {"name": name, "labels": {"of": "three"}}})
        event = {"metadata": {"name": name}, "involvedObject": {"namespace": NAMESPACE}}
        await api("POST", EVENTS, event)
    _, found = await api("GET", CONFIGMAPS, labelSelector="of=three", limit="1", resourceVersion="0")
    assert [item["metadata"]["name"] for item in found["items"]] == ["a", "b", "c"]
    assert "continue" not in found["metadata"]
    _, found = await api("GET", EVENTS, limit="1", resourceVersion="0")
    assert len(found["items"]) == 1
    assert found["metadata"]["continue"]


@pytest.mark.parametrize("query", ["uid=other", "resourceVersion=1", "dryRun=All"])
async def test_options_in_the_query_of_a_delete_count_only_without_a_body(api: JsonApi, query: str) -> None:
    """As in kube-apiserver: a delete with a body and ``dryRun`` in its query is no dry run."""
    await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}})
    status, answer = await api("DELETE", f"{CONFIGMAPS}/a?{query}")
    assert status == (200 if query == "dryRun=All" else 409), answer
    assert (await api("GET", f"{CONFIGMAPS}/a"))[0] == 200
    status, answer = await api("DELETE", f"{CONFIGMAPS}/a?{query}", {"apiVersion": "v1", "kind": "DeleteOptions"})
    assert status == 200, answer
    assert (await api("GET", f"{CONFIGMAPS}/a"))[0] == 404


@pytest.mark.parametrize("name", ["uid", "resourceVersion"])
async def test_an_empty_precondition_in_the_body_of_a_delete_fits_no_object(api: JsonApi, name: str) -> None:
    await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}})
    status, failure = await api("DELETE", f"{CONFIGMAPS}/a", {"preconditions": {name: ""}})
    assert (status, failure["reason"]) == (409, "Conflict")
    status, _ = await api("DELETE", f"{CONFIGMAPS}/a?{name}=")
    assert status == 200


async def test_a_finalizer_holds_a_deleted_object(api: JsonApi) -> None:
    await api("POST", CONFIGMAPS, {"metadata": {"name": "a", "finalizers": ["example.com/wait"]}})
    _, marked = await api("DELETE", f"{CONFIGMAPS}/a")
    assert marked["metadata"]["deletionTimestamp"]
    status, _ = await api("GET", f"{CONFIGMAPS}/a")
    assert status == 200
    status, refused = await api("POST", CONFIGMAPS, {"metadata": {"name": "a"}})
    assert (status, refused["message"]) == (409, 'object is being deleted: configmaps "a" already exists')
    marked["metadata"]["finalizers"] = []
    status, _ = await api("PUT", f"{CONFIGMAPS}/a", marked)
    assert status == 200
    status, _ = await api("GET", f"{CONFIGMAPS}/a")
    assert status == 404


async def test_malformed_json_is_a_bad_request(api: JsonApi) -> None:
    async with api.session.post(api.url + CONFIGMAPS, data=b"{", headers=JSON) as answer:
        assert answer.status == 400
        assert (await answer.json())["reason"] == "BadRequest"


async def test_a_body_beyond_three_mebibytes_is_refused(api: JsonApi) -> None:
    body = BytesIO(b'{"data":{"x":"%b"}}' % (b"y" * 3 * 1024 * 1024))
    async with api.session.post(api.url + CONFIGMAPS, data=body, headers=JSON) as answer:
        assert answer.status == 413
        assert (await answer.json())["reason"] == "RequestEntityTooLarge"


async def test_a_write_of_the_status_takes_the_metadata_along_that_its_kind_does_not_restore(api: JsonApi) -> None:
    pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
    pod = {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    _, made = await api("POST", pods, pod)
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": made["metadata"]["uid"]}
    sent = {"labels": {"l": "1"}, "annotations": {"a": "1"}, "ownerReferences": [owner]}

    body, headers = {"metadata": sent, "spec": {"hostname": "h"}}, {"Content-Type": "application/merge-patch+json"}
    _, pod = await api("PATCH", f"{pods}/a/status", body, headers=headers)

    assert (pod["metadata"]["labels"], pod["metadata"]["annotations"]) == ({"l": "1"}, {"a": "1"})
    assert "ownerReferences" not in pod["metadata"]
    assert "hostname" not in pod["spec"]


async def test_the_scale_of_an_object_is_read_and_replaced(api: JsonApi) -> None:
    sets, labels = f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets", {"app": "a"}
    containers = [{"name": "c", "image": "i"}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    status, _ = await api("POST", sets, {"metadata": {"name": "a"}, "spec": spec})
    assert status == 201
    status, scale = await api("GET", f"{sets}/a/scale")
    assert (status, scale["kind"], scale["spec"]) == (200, "Scale", {"replicas": 2})
    status, scaled = await api("PUT", f"{sets}/a/scale", {**scale, "spec": {"replicas": 5}})
    assert (status, scaled["spec"]) == (200, {"replicas": 5})
    _, stored = await api("GET", f"{sets}/a")
    assert stored["spec"]["replicas"] == 5


async def test_a_binding_in_its_own_collection_binds_the_pod_that_it_names(api: JsonApi) -> None:
    pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
    await api("POST", pods, {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
    binding = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}}
    status, _ = await api("POST", f"/api/v1/namespaces/{NAMESPACE}/bindings", binding)
    assert status == 201
    _, pod = await api("GET", f"{pods}/p")
    assert pod["spec"]["nodeName"] == "n"
    assert [(each["type"], each["status"]) for each in pod["status"]["conditions"]] == [("PodScheduled", "True")]


async def test_a_binding_names_a_node_and_binds_once(api: JsonApi) -> None:
    pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
    await api("POST", pods, {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})

    async def bound(target: dict[str, str], query: str = "") -> tuple[int, str]:
        body = {"metadata": {"name": "p"}, "target": target}
        status, answer = await api("POST", f"{pods}/p/binding{query}", body)
        return status, answer.get("message", "")

    assert await bound({"kind": "Service", "name": "n"}) == (
        500,
        'target.kind: Unsupported value: "Service": supported values: "Node", "<empty>"',
    )
    assert await bound({"kind": "Node"}) == (500, "target.name: Required value")
    status, message = await bound({"name": "n", "colour": "x"}, "?fieldValidation=Strict")
    assert (status, message.rpartition(": ")[2]) == (400, 'unknown field "target.colour"')
    assert await bound({"name": "n", "colour": "x"}, "?dryRun=All") == (201, "")
    assert await bound({"name": "n"}, "?dryRun=All") == (201, "")
    assert await bound({"name": "n"}) == (201, "")
    status, message = await bound({"name": "m"})
    assert status == 409
    assert message.endswith('pod p is already assigned to node "n"')


async def test_what_is_only_created_has_no_table(api: JsonApi) -> None:
    path, table = "/apis/authentication.k8s.io/v1/selfsubjectreviews", "application/json;as=Table;v=v1;g=meta.k8s.io"
    refused, _ = await api("POST", path, {}, headers={"Accept": table})
    assert refused == 406
    status, answer = await api("POST", path, {}, headers={"Accept": f"{table},application/json"})
    assert (status, answer["kind"]) == (201, "SelfSubjectReview")
