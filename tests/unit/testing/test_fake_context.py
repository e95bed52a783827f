"""A context for plain calls of a reconciler, without a server."""

from datetime import UTC, datetime
from typing import Any

import pytest

from plugin_operator import Context, Request, Result
from plugin_operator.errors import AlreadyExistsError, BadRequestError, ConflictError, NotFoundError, ServerError
from plugin_operator.testing import fake_context


def config_map(name: str = "hello", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default", **metadata}}


def widget(name: str = "w", **rest: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata, "spec": {"size": 1}, **rest}


async def reconcile(ctx: Context, request: Request) -> Result | None:
    obj = ctx.lister.get(request)
    if obj is None:
        return None
    await ctx.ensure_finalizer(obj)
    ctx.set_condition(obj, "Ready", True, "Done")
    await ctx.client.update_status(obj)
    child: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}}
    ctx.set_owner(child, owner=obj)
    await ctx.client.apply(child)
    ctx.recorder.event(obj, "Normal", "Applied", "the secret is there")
    ctx.log.info("done", size=obj["spec"]["size"])
    ctx.enqueue(after=5)
    return Result(requeue_after=60)


async def test_a_reconciler_is_called_as_a_plain_function() -> None:
    ctx = fake_context([widget()], now=datetime(2026, 1, 2, tzinfo=UTC))
    assert await reconcile(ctx, ctx.request) == Result(requeue_after=60)
    assert [str(write) for write in ctx.writes] == [
        "patch example.com/v1/Widget shop/w",
        "update example.com/v1/Widget/status shop/w",
        "apply v1/Secret shop/s",
    ]
    stored = await ctx.client.get("example.com/v1/Widget", ctx.request)
    assert stored["metadata"]["finalizers"] == ["plugin-operator/fake"]
    assert stored["status"]["conditions"][0]["lastTransitionTime"] == "2026-01-02T00:00:00Z"
    secret = ctx.lister_for("v1/Secret").get(("shop", "s"))
    assert secret is not None
    assert secret["metadata"]["ownerReferences"][0]["uid"] == stored["metadata"]["uid"]
    assert [str(event) for event in ctx.events] == ["Normal Applied example.com/v1/Widget shop/w: the secret is there"]
    assert ctx.enqueued == [(Request("shop", "w"), 5.0)]


def test_a_plain_def_reconciler_needs_no_event_loop() -> None:
    ctx = fake_context([config_map()])
    ctx.wait(ctx.client.patch("v1/ConfigMap", ctx.request, {"data": {"a": "b"}}))
    assert ctx.lister.list()[0]["data"] == {"a": "b"}


async def test_names_and_versions_are_as_on_a_server() -> None:
    ctx = fake_context([config_map()])
    obj = await ctx.client.get("v1/ConfigMap", ctx.request)
    with pytest.raises(AlreadyExistsError):
        await ctx.client.create(config_map())
    with pytest.raises(NotFoundError, match='configmaps "gone" not found'):
        await ctx.client.get("v1/ConfigMap", "gone", "default")
    await ctx.client.update({**obj, "data": {"a": "1"}})
    with pytest.raises(ConflictError):
        await ctx.client.update({**obj, "data": {"a": "2"}})
    made = await ctx.client.create(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "x-", "namespace": "default"}}
    )
    assert made["metadata"]["name"].startswith("x-")
    assert ctx.writes[-1].name == made["metadata"]["name"]


async def test_status_and_spec_are_written_apart() -> None:
    ctx = fake_context([widget(status={"phase": "Old"})])
    obj = await ctx.client.get("example.com/v1/Widget", ctx.request)
    updated = await ctx.client.update({**obj, "spec": {"size": 2}, "status": {"phase": "No"}})
    assert (updated["status"], updated["metadata"]["generation"]) == ({"phase": "Old"}, 2)
    patched = await ctx.client.patch_status("example.com/v1/Widget", ctx.request, {"phase": "New"})
    assert (patched["status"], patched["spec"]) == ({"phase": "New"}, {"size": 2})
    assert patched["metadata"]["generation"] == 2


async def test_an_apply_of_a_status_makes_no_object() -> None:
    ctx = fake_context()
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}, "status": {}}
    with pytest.raises(NotFoundError, match='pods "p" not found'):
        await ctx.client.apply(pod, subresource="status")
    assert len(ctx.lister_for("v1/Pod")) == 0


async def test_an_object_with_finalizers_stays_until_the_last_is_removed() -> None:
    ctx = fake_context([config_map(finalizers=["plugin-operator/fake"])])
    await ctx.client.delete("v1/ConfigMap", ctx.request)
    obj = ctx.lister.get(ctx.request)
    assert obj is not None
    assert obj["metadata"]["deletionTimestamp"]
    await ctx.remove_finalizer(obj)
    assert ctx.lister.get(ctx.request) is None


async def test_lists_select_by_namespace_and_label() -> None:
    ctx = fake_context([config_map("a", labels={"app": "x"}), config_map("b"), config_map("c", namespace="other")])
    assert len(await ctx.client.list("v1/ConfigMap")) == 3
    assert len(await ctx.client.list("v1/ConfigMap", "default")) == 2
    (found,) = await ctx.client.list("v1/ConfigMap", label_selector={"app": "x"})
    assert found["metadata"]["name"] == "a"
    assert [key.name for key in ctx.lister.keys(label_selector="app=x")] == ["a"]


async def test_indexes_are_those_of_the_declaration() -> None:
    def by_app(obj: dict[str, Any]) -> list[str]:
        return [obj["metadata"].get("labels", {}).get("app", "none")]

    ctx = fake_context([config_map("a", labels={"app": "x"})], indexes={"v1/ConfigMap": {"app": by_app}})
    await ctx.client.create(config_map("b", labels={"app": "x"}))
    assert sorted(key.name for key in ctx.lister.index_keys("app", "x")) == ["a", "b"]
    with pytest.raises(LookupError, match="there is no index 'owner', only 'app'"):
        ctx.lister.by_index("owner", "x")


async def test_planned_failures_hit_the_client() -> None:
    ctx = fake_context([config_map()], fail={"patch": [500]})
    with pytest.raises(ServerError):
        await ctx.client.patch("v1/ConfigMap", ctx.request, {"data": {}})
    await ctx.client.patch("v1/ConfigMap", ctx.request, {"data": {"a": "b"}})
    assert (len(ctx.failed_writes), len(ctx.writes)) == (1, 1)


async def test_the_objects_of_the_test_are_not_changed_and_a_json_patch_works() -> None:
    given = config_map()
    ctx = fake_context([given])
    await ctx.client.patch(
        "v1/ConfigMap", ctx.request, [{"op": "add", "path": "/data", "value": {"a": "b"}}], type="json"
    )
    assert given == config_map()
    assert (await ctx.client.get("v1/ConfigMap", ctx.request))["data"] == {"a": "b"}


async def test_cluster_scoped_kinds_and_models_are_found() -> None:
    from kubernetes_asyncio.client import V1Deployment, V1ObjectMeta

    ctx = fake_context([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}])
    assert (await ctx.client.get("v1/Namespace", "n"))["metadata"]["uid"]
    made = await ctx.client.create(V1Deployment(metadata=V1ObjectMeta(name="d", namespace="default")))
    assert isinstance(made, V1Deployment)
    assert [write.kind for write in ctx.writes] == ["apps/v1/Deployment"]


def deployment() -> dict[str, Any]:
    metadata = {"name": "d", "namespace": "shop"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": 1}}


async def test_a_dry_run_answers_and_stores_nothing() -> None:
    ctx = fake_context([widget(), deployment()])
    made = await ctx.client.get(widget())
    scaled = await ctx.client.get(deployment())
    assert (await ctx.client.create(config_map(), dry_run=True))["metadata"]["uid"]
    assert (await ctx.client.patch(made, {"spec": {"size": 2}}, dry_run=True))["spec"]["size"] == 2
    assert (await ctx.client.scale(scaled, 3, dry_run=True))["spec"]["replicas"] == 3
    await ctx.client.delete(made, dry_run=True)
    await ctx.client.delete_collection("apps/v1/Deployment", "shop", dry_run=True)
    assert await ctx.client.get(made) == made
    assert await ctx.client.get(scaled) == scaled
    assert await ctx.client.list("v1/ConfigMap") == []
    assert ctx.writes == []
    await ctx.client.delete(made)
    await ctx.client.delete(made, missing_ok=True)


async def test_pods_are_evicted_and_deployments_scaled() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"}}
    ctx = fake_context([widget(), deployment(), pod])
    assert (await ctx.client.scale(deployment(), 3))["kind"] == "Scale"
    assert (await ctx.client.get(deployment()))["spec"]["replicas"] == 3
    await ctx.client.evict(pod)
    assert await ctx.client.list("v1/Pod") == []
    with pytest.raises(NotFoundError):
        await ctx.client.scale(widget(), 3)
    assert [str(write) for write in ctx.writes][:2] == [
        "patch apps/v1/Deployment/scale shop/d",
        "create v1/Pod/eviction shop/p",
    ]


async def test_a_field_selector_is_refused_before_it_selects_everything() -> None:
    ctx = fake_context([config_map()])
    with pytest.raises(BadRequestError, match="no field selectors"):
        await ctx.client.delete_collection("v1/ConfigMap", "default", field_selector="metadata.name=other")
    assert len(await ctx.client.list("v1/ConfigMap")) == 1


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"now is .*, which has no time zone"):
        fake_context(now=datetime(2026, 1, 1))  # noqa: DTZ001 - on purpose


async def test_a_cleanup_gets_past_what_does_not_exist_and_no_other_error() -> None:
    ctx = fake_context([config_map()], cleanup=True)
    await ctx.client.delete("v1/Secret", "gone", "default")
    await ctx.client.delete("v1/ConfigMap", ctx.request)
    assert [(each.verb, each.kind, each.name) for each in ctx.writes] == [("delete", "v1/ConfigMap", "hello")]
    with pytest.raises(ConflictError):
        await fake_context([config_map()], cleanup=True).client.delete("v1/ConfigMap", "hello", "default", uid="other")
    with pytest.raises(NotFoundError):
        await fake_context([config_map()]).client.delete("v1/Secret", "gone", "default")
