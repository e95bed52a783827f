"""What authors write, for the type checker: lines that must be refused end in an ignore that must be needed."""

from typing import Annotated, Any, assert_type

from kubernetes_asyncio.client.models.v1_config_map import V1ConfigMap

import plugin_operator
import plugin_operator.testing
from plugin_operator import (
    UNSET,
    ApiObject,
    Client,
    Context,
    ControllerContext,
    GroupVersionKind,
    Lister,
    Request,
    Result,
    Source,
    Struct,
    UnsetType,
    column,
    controller,
    cron,
    every,
    generation_changed,
    permission,
    resource,
    rule,
    scale,
    schema,
    watch,
)


@controller(for_="v1/ConfigMap")
async def shortest(ctx: Context, request: Request) -> None:
    assert_type(request.name, str)
    assert_type(ctx.lister.get(request), dict[str, Any] | None)
    ctx.log.info("seen", name=request.name)


@controller(for_="apps/v1/Deployment", predicates=[generation_changed, lambda obj: bool(obj["metadata"])])
async def with_result(ctx: Context, request: Request) -> Result | None:
    obj = ctx.lister.get(request)
    if obj is None:
        return None
    assert_type(await ctx.ensure_finalizer(obj), bool)
    assert_type(ctx.set_condition(obj, "Ready", True, "AllGood"), bool)
    ctx.recorder.event(obj, "Normal", "Seen", "was seen")
    return Result(requeue_after=30)


@controller(for_="v1/ConfigMap")
def plain(ctx: Context, request: Request) -> Result | None:
    return ctx.wait(later(request))


async def later(request: Request) -> Result:
    return Result(requeue=request.name == "again")


def owners_of(obj: dict[str, Any]) -> list[Request]:
    return [Request("", obj["metadata"]["name"])]


@controller(
    for_="apps/v1/Deployment",
    owns=["apps/v1/ReplicaSet"],
    watches=[watch("v1/Secret", map=owners_of, label_selector={"app": "web"})],
    permissions=[permission("deployments", ["get", "list", "watch"], api_groups="apps")],
)
class WithHooks:
    async def reconcile(self, ctx: Context, request: Request) -> None: ...

    async def start(self, ctx: ControllerContext) -> None:
        assert_type(ctx.controller, str)


hooks = Source("hooks", on_standby="raise")


@controller(schedules=[every(60), cron("0 3 * * *", tz="Europe/Berlin", missed="skip")], sources=[hooks])
async def without_a_kind(ctx: Context, request: Request) -> None:
    assert_type(hooks.send(), bool)
    hooks.send(("namespace", "name"))
    hooks.send({"metadata": {"name": "a"}})
    ctx.enqueue(after=30)
    ctx.enqueue(request, after=0.5)
    hooks.send(3)  # type: ignore[arg-type]
    ctx.enqueue(request, 30)  # type: ignore[call-arg]


@controller(schedules=[60])  # type: ignore[list-item]
async def wrong_schedule(ctx: Context, request: Request) -> None: ...


@controller(schedules=[cron("0 3 * * *", missed="all")])  # type: ignore[arg-type]
async def wrong_word(ctx: Context, request: Request) -> None: ...


async def dicts(ctx: Context, request: Request) -> None:
    client = ctx.client
    assert_type(client, Client)
    assert_type(await client.get("v1/Secret", request), dict[str, Any])
    assert_type(await client.get(GroupVersionKind.parse("v1/Secret"), "name", "namespace"), dict[str, Any])
    assert_type(await client.list("v1/Secret", label_selector={"app": "web"}), list[dict[str, Any]])
    literal = await client.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}, force=True)
    assert_type(literal, dict[str, Any])
    assert_type(await client.update_status(await client.create(literal)), dict[str, Any])
    assert_type(await client.patch("v1/Secret", request, [{"op": "remove", "path": "/a"}], type="json"), dict[str, Any])
    assert_type(await client.patch_status("v1/Pod", request, {"phase": "Failed"}), dict[str, Any])
    await client.delete("v1/Secret", request, propagation="Foreground")
    await client.delete(literal, missing_ok=True, dry_run=True)
    assert_type(await client.get(literal), dict[str, Any])
    assert_type(await client.patch(literal, {"data": {}}, dry_run=True), dict[str, Any])
    assert_type(await client.patch_status(literal, {"phase": "Failed"}), dict[str, Any])
    assert_type(await client.scale(literal, 3), dict[str, Any])
    assert_type(await client.scale("apps/v1/Deployment", request, 3), dict[str, Any])
    assert_type(await client.delete_collection("v1/Secret", "namespace", label_selector="a=b"), list[dict[str, Any]])
    await client.evict(literal)
    await client.evict(request, dry_run=True)
    await client.evict("name", "namespace")
    ctx.recorder.event(literal, "Normal", "Made", "was made")


async def models(ctx: ControllerContext, request: Request) -> None:
    client = ctx.client
    config_map = await client.get(V1ConfigMap, request)
    assert_type(config_map, V1ConfigMap)
    assert_type(await client.list(V1ConfigMap), list[V1ConfigMap])
    assert_type(await client.create(config_map), V1ConfigMap)
    assert_type(await client.update(config_map), V1ConfigMap)
    assert_type(await client.apply(config_map), V1ConfigMap)
    assert_type(await client.patch(V1ConfigMap, request, {}), V1ConfigMap)
    await client.delete(V1ConfigMap, request)
    await client.delete(config_map, missing_ok=True)
    assert_type(await client.get(config_map), V1ConfigMap)
    assert_type(await client.patch(config_map, {}), V1ConfigMap)
    assert_type(await client.patch_status(config_map, {}), V1ConfigMap)
    assert_type(await client.scale(config_map, 3), dict[str, Any])
    assert_type(await client.delete_collection(V1ConfigMap, "namespace"), list[V1ConfigMap])
    await client.evict(config_map)
    ctx.recorder.event(config_map, "Normal", "Made", "was made")


class WidgetSpec(Struct):
    size: int = 3


@resource("example.com/v1/Widget")
class Widget(ApiObject):
    spec: WidgetSpec


@controller(for_=Widget, reads=["v1/Secret"])
async def typed(ctx: Context[Widget], request: Request) -> None:
    assert_type(ctx.lister, Lister[Widget])
    assert_type(ctx.lister.get(request), Widget | None)
    assert_type(ctx.lister.raw(request), dict[str, Any] | None)
    assert_type(ctx.lister.list(strict=True), list[Widget])
    assert_type(ctx.lister_for(Widget).by_index("a", "b"), list[Widget])
    assert_type(ctx.lister_for("v1/Secret").get(request), dict[str, Any] | None)
    assert_type(ctx.lister_for(V1ConfigMap).get(request), dict[str, Any] | None)
    client, widget = ctx.client, Widget(spec=WidgetSpec(size=4))
    assert_type(await client.get(Widget, "a", "ns"), Widget)
    assert_type(await client.get(widget), Widget)
    assert_type(await client.list(Widget), list[Widget])
    assert_type(await client.create(widget), Widget)
    assert_type(await client.update(widget, dry_run=True), Widget)
    assert_type(await client.update_status(widget), Widget)
    assert_type(await client.apply(widget, force=True, field_manager="other"), Widget)
    assert_type(await client.patch(Widget, request, {}), Widget)
    assert_type(await client.patch(widget, {}), Widget)
    assert_type(await client.patch_status(widget, {}), Widget)
    assert_type(await client.scale(widget, 3), dict[str, Any])
    assert_type(await client.delete_collection(Widget, "namespace"), list[Widget])
    await client.delete(widget, missing_ok=True)
    await client.delete(Widget, request)
    assert_type(await ctx.ensure_finalizer(widget), bool)
    assert_type(ctx.set_condition(widget, "Ready", True, "AllGood"), bool)
    assert_type(ctx.set_owner({"metadata": {}}, owner=widget), bool)
    ctx.recorder.event(widget, "Normal", "Seen", "was seen")
    ctx.enqueue(widget)
    widget.spec.size = "x"  # type: ignore[assignment]
    Widget(spec=WidgetSpec(size="x"))  # type: ignore[arg-type]
    Widget()  # type: ignore[call-arg]


async def typed_tests() -> None:
    widget = Widget(spec=WidgetSpec())
    context = plugin_operator.testing.fake_context([widget])
    assert_type(context, plugin_operator.testing.FakeContext[Widget])
    await typed(context, context.request)
    assert_type(plugin_operator.testing.fake_context(kind=Widget), plugin_operator.testing.FakeContext[Widget])
    async with plugin_operator.testing.scenario(objects=[widget]) as run:
        assert_type(await run.create(widget), Widget)
        assert_type(await run.update(widget), Widget)
        assert_type(await run.client.list(Widget), list[Widget])
        assert_type(await run.get(Widget, "w"), Widget)
        assert_type(await run.list(Widget, "default"), list[Widget])
        assert_type(await run.patch(Widget, "w", {}), Widget)
        assert_type(await run.get("v1/Secret", "s"), dict[str, Any])
        assert_type(await run.list("v1/Secret"), list[dict[str, Any]])
        assert_type(await run.patch("v1/Secret", "s", {}), dict[str, Any])
        await run.get(int, "w")  # type: ignore[type-var]


def misspelled_name() -> None:
    plugin_operator.Contxt  # type: ignore[attr-defined] # noqa: B018
    plugin_operator.testing.scenrio  # type: ignore[attr-defined] # noqa: B018


async def wrong_calls(ctx: Context, request: Request) -> None:
    await ctx.client.get(int, request)  # type: ignore[type-var]
    await ctx.client.create("v1/Secret")  # type: ignore[call-overload]
    await ctx.client.patch("v1/Secret", request, {}, type="apply")  # type: ignore[call-overload]
    await ctx.client.delete("v1/Secret", request, propagation="Later")  # type: ignore[call-overload]
    await ctx.client.delete({"kind": "Secret"}, "name")  # type: ignore[call-overload]
    await ctx.client.patch("v1/Secret", {})  # type: ignore[call-overload]
    await ctx.client.scale("apps/v1/Deployment", 3)  # type: ignore[call-overload]
    await ctx.client.evict(3)  # type: ignore[arg-type]
    await ctx.ensure_finalizer("name")  # type: ignore[arg-type]
    ctx.client.secret("v1/Secret")  # type: ignore[attr-defined]


@controller(for_="v1/ConfigMap")  # type: ignore[type-var]
async def wrong_result(ctx: Context, request: Request) -> int:
    return 1


@controller(for_="v1/ConfigMap")  # type: ignore[type-var]
async def wrong_arguments(ctx: Context) -> None: ...


@controller(for_="v1/ConfigMap", max_concurrent=1)  # type: ignore[call-arg]
async def wrong_option(ctx: Context, request: Request) -> None: ...


@controller(for_="v1/ConfigMap", watches=[watch("v1/Secret")])  # type: ignore[call-arg]
async def watch_without_map(ctx: Context, request: Request) -> None: ...


assert_type(shortest.__name__, str)


@schema(rules=[rule("self.low <= self.high", message="low is above high")])
class Range(Struct):
    low: int
    high: Annotated[int, schema(le=10)] | UnsetType = UNSET


@resource(
    "example.com/v1/Gauge",
    columns=[column("Low", ".spec.low", priority=1)],
    scale=scale(spec_replicas=".spec.low", status_replicas=".status.low"),
)
class Gauge(ApiObject):
    spec: Range
    status: Range | UnsetType = UNSET


@controller(for_=Gauge, owns=[Gauge], reads=[Gauge], watches=[watch(Gauge, lambda obj: None)])
async def gauge(ctx: Context[Gauge], request: Request) -> None:
    found = ctx.lister.get(request)
    assert_type(found, Gauge | None)
    if found is not None:
        assert_type(found.spec.high, int | UnsetType)
        assert_type(found.metadata.name, str)
        found.spec.low = "1"  # type: ignore[assignment]
        found.spec.lowest  # type: ignore[attr-defined]  # noqa: B018
        found.spec.lowest = 1  # type: ignore[attr-defined]


Gauge(spec=Range(low=1), status=Range(low=1, high=2))
Range(1)  # type: ignore[call-arg]
Range()  # type: ignore[call-arg]
Range(low="1")  # type: ignore[arg-type]
resource("example.com/v1/Gauge", scope="namespaced")  # type: ignore[arg-type]
schema(ge="1")  # type: ignore[arg-type]
schema(list_type="bag")  # type: ignore[arg-type]
column("Low", ".spec.low", type="int")  # type: ignore[arg-type]
resource("example.com/v1/Range")(Range)  # type: ignore[type-var]
