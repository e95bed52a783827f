"""Verbs of ``ctx.client`` against the API server: objects as arguments, dry runs, collections, scale and eviction."""

import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from kubernetes_asyncio.client.models.v1_config_map import V1ConfigMap

from kube_apiserver import Endpoint
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.errors import ConflictError, NoMatchError, NotFoundError, TooManyRequestsError
from plugin_operator.kube import NamespacedName
from plugin_operator.metrics import Metrics

MAP = "v1/ConfigMap"
NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")


@pytest.fixture
async def client(api_endpoint: Endpoint) -> AsyncIterator[ApiClient]:
    config = ConnectionConfig.for_endpoint(api_endpoint.url, token=api_endpoint.token, ca_pem=api_endpoint.ca_pem)
    async with Connection.open(config, Metrics()) as connection:
        yield ApiClient(connection, RESTMapper(connection), field_manager="test")


def config_map(name: str = "a", app: str = "web") -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": {"app": app}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"k": "v"}}


def deployment() -> dict[str, Any]:
    pod = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": pod}
    metadata = {"name": "d", "namespace": NAMESPACE}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def pod() -> dict[str, Any]:
    spec = {"containers": [{"name": "c", "image": "i"}], "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": NAMESPACE}, "spec": spec}


async def names(client: ApiClient, kind: str = MAP) -> set[str]:
    """Return the objects of the namespace but those that a server makes itself."""
    found = {each["metadata"]["name"] for each in await client.list(kind, NAMESPACE)}
    return found - {"kube-root-ca.crt"}


async def test_an_object_stands_in_place_of_kind_name_and_namespace(client: ApiClient) -> None:
    made = await client.create(config_map())
    assert await client.get(made) == made
    assert (await client.patch(made, {"data": {"k": "w"}}))["data"] == {"k": "w"}
    typed = await client.get(V1ConfigMap, "a", NAMESPACE)
    assert isinstance(await client.patch(typed, {"data": {"k": "x"}}), V1ConfigMap)
    assert (await client.get(typed)).data == {"k": "x"}
    applied = await client.create(deployment())
    assert (await client.patch_status(applied, {"replicas": 1}))["status"]["replicas"] == 1
    await client.delete(typed)
    await client.delete(applied, propagation="Background", uid=applied["metadata"]["uid"])
    assert await names(client) == set()


async def test_a_missing_object_is_no_error_where_it_may_be_missing(client: ApiClient) -> None:
    with pytest.raises(NotFoundError):
        await client.delete(config_map())
    await client.delete(config_map(), missing_ok=True)
    await client.delete(MAP, "a", NAMESPACE, missing_ok=True, dry_run=True)
    with pytest.raises(NoMatchError):
        await client.delete({**config_map(), "apiVersion": "example.org/v1"}, missing_ok=True)
    made = await client.create(config_map())
    with pytest.raises(ConflictError):
        await client.delete(made, missing_ok=True, uid="of-another")


async def test_a_dry_run_answers_and_stores_nothing(client: ApiClient) -> None:
    assert (await client.create(config_map("b"), dry_run=True))["metadata"]["uid"]
    assert await names(client) == set()
    made, scaled, running = [await client.create(each) for each in (config_map(), deployment(), pod())]
    changed = {**made, "data": {"k": "w"}}
    for answer in (
        await client.update(changed, dry_run=True),
        await client.patch(made, {"data": {"k": "w"}}, dry_run=True),
        await client.apply({**config_map(), "data": {"k": "w"}}, force=True, field_manager="other", dry_run=True),
    ):
        assert answer["data"] == {"k": "w"}
    status = {"replicas": 7}
    assert (await client.update_status({**scaled, "status": status}, dry_run=True))["status"]["replicas"] == 7
    assert (await client.patch_status(scaled, status, dry_run=True))["status"]["replicas"] == 7
    assert (await client.scale(scaled, 7, dry_run=True))["spec"]["replicas"] == 7
    await client.delete(made, dry_run=True)
    deleted = await client.delete_collection(MAP, NAMESPACE, label_selector={"app": "web"}, dry_run=True)
    assert [each["metadata"]["name"] for each in deleted] == ["a"]
    await client.evict(running, dry_run=True)
    assert [await client.get(each) for each in (made, scaled, running)] == [made, scaled, running]


async def test_a_collection_is_deleted_as_far_as_the_selectors_choose(client: ApiClient) -> None:
    for each in (config_map("a"), config_map("b"), config_map("c", app="other")):
        await client.create(each)
    deleted = await client.delete_collection(MAP, NAMESPACE, label_selector={"app": "web"})
    assert {(each["kind"], each["metadata"]["name"]) for each in deleted} == {("ConfigMap", "a"), ("ConfigMap", "b")}
    assert await names(client) == {"c"}
    (last,) = await client.delete_collection(V1ConfigMap, NAMESPACE, field_selector="metadata.name=c")
    assert isinstance(last, V1ConfigMap)
    assert await names(client) == set()


@pytest.mark.parametrize("selectors", [{"label_selector": {}}, {"label_selector": ""}, {"field_selector": {}}])
async def test_an_empty_selector_deletes_nothing(client: ApiClient, selectors: dict[str, Any]) -> None:
    await client.create(config_map())
    with pytest.raises(ValueError, match="an empty selector would delete every object"):
        await client.delete_collection(MAP, NAMESPACE, **selectors)
    with pytest.raises(ValueError, match="no namespace is given"):
        await client.delete_collection(MAP)
    assert await names(client) == {"a"}


async def test_a_namespace_does_not_narrow_a_kind_without_namespaces(client: ApiClient) -> None:
    with pytest.raises(ValueError, match="has no namespaces, so objects outside of 'default' would be deleted too"):
        await client.delete_collection("v1/Node", "default")


@pytest.mark.parametrize("replicas", [float("nan"), 1.0, True, "3"])
async def test_only_an_int_scales(client: ApiClient, replicas: Any) -> None:
    with pytest.raises(TypeError, match="it takes an int"):
        await client.scale("apps/v1/Deployment", "d", replicas, NAMESPACE)


async def test_replicas_are_set_through_the_scale_subresource(client: ApiClient) -> None:
    made = await client.create(deployment())
    scale = await client.scale(made, 3)
    assert (scale["kind"], scale["spec"]["replicas"]) == ("Scale", 3)
    await client.scale("apps/v1/Deployment", NamespacedName(NAMESPACE, "d"), 0)
    assert (await client.get(made))["spec"]["replicas"] == 0
    with pytest.raises(NotFoundError):
        await client.scale(await client.create(config_map()), 2)


async def test_a_pod_is_evicted_by_object_name_or_request(client: ApiClient) -> None:
    for form in (None, "p", NamespacedName(NAMESPACE, "p")):
        made = await client.create(pod())
        await client.evict(made if form is None else form, NAMESPACE if form == "p" else None)
        assert await names(client, "v1/Pod") == set()
    with pytest.raises(NotFoundError):
        await client.evict("p", NAMESPACE)
    with pytest.raises(ValueError, match="only a Pod can be evicted, not a v1/ConfigMap"):
        await client.evict(config_map())


async def test_a_disruption_budget_refuses_an_eviction_at_once(client: ApiClient) -> None:
    budget = await client.create(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "b", "namespace": NAMESPACE},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
        }
    )
    status = {"currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1, "disruptionsAllowed": 0}
    await client.patch_status(budget, {**status, "observedGeneration": budget["metadata"]["generation"]})
    made = pod()
    made["metadata"]["labels"] = {"app": "web"}
    made = await client.create(made)
    ready = {"type": "Ready", "status": "True"}
    running = await client.patch_status(made, {"phase": "Running", "conditions": [ready]})
    with pytest.raises(TooManyRequestsError, match="would violate the pod's disruption budget"):
        await client.evict(running)
    assert await client.get(running) == running


async def test_an_object_with_a_name_beside_it_and_a_missing_change_are_refused(client: ApiClient) -> None:
    with pytest.raises(TypeError, match="not both"):
        await client.get(config_map(), "b")
    for call in (client.patch(MAP, "a"), client.patch_status(config_map()), client.scale("apps/v1/Deployment", "a")):
        with pytest.raises(TypeError, match="the change is missing"):
            await call
    with pytest.raises(ValueError, match="no apiVersion"):
        await client.delete({"metadata": {"name": "a"}})
