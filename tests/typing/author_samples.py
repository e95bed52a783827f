"""What authors write, for the type checker: lines that must be refused end in an ignore that must be needed."""

from typing import Any, assert_type

from plugin_operator import (
    Context,
    ControllerContext,
    Request,
    Result,
    Source,
    controller,
    cron,
    every,
    generation_changed,
    permission,
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
