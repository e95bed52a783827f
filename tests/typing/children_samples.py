"""What authors write about children, status and cleanup, for the type checker; see ``author_samples``."""

from typing import Any, assert_type

from kubernetes_asyncio.client.models.v1_config_map import V1ConfigMap

from plugin_operator import (
    ApiObject,
    Child,
    ChildName,
    Context,
    Request,
    Result,
    Struct,
    SyncedChildren,
    controller,
    ready,
    resource,
)


class ShopStatus(Struct):
    replicas: int = 0


@resource("example.com/v1/Shop")
class Shop(ApiObject):
    status: ShopStatus | None = None


@resource("example.com/v1/Shelf")
class Shelf(ApiObject):
    rows: int = 1


async def remove(ctx: Context[Shop], obj: Shop) -> Result | None:
    found = await ctx.sync_children(obj, [])
    return None if found.is_complete else Result(requeue_after=5)


def remove_plainly(ctx: Context, obj: dict[str, Any]) -> None: ...


def remove_text(ctx: Context, obj: dict[str, Any]) -> str:
    return "done"


@controller(for_=Shop, owns=[Shelf, "v1/Secret"], cleanup=remove, max_prune=3, renamed_from=["page"])
async def shop(ctx: Context[Shop], request: Request) -> None:
    owner = ctx.lister.get(request)
    if owner is None:
        return
    secret: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}
    gated = Child(Shelf(), after=[ready("v1/Secret", "a"), ready(Shelf, "b", when=lambda obj: bool(obj["rows"]))])
    found = await ctx.sync_children(owner, [secret, Shelf(), V1ConfigMap(), gated, Child(secret, adopt=True)])
    assert_type(found, SyncedChildren)
    assert_type(found.pruned, tuple[ChildName, ...])
    assert_type(found.waiting, tuple[tuple[ChildName, str], ...])
    assert_type(found.is_complete, bool)
    await ctx.sync_children(owner, (each for each in [secret]))
    async with ctx.status(owner) as status:
        assert_type(status, ShopStatus)
        status.replicas = 3
        status.replicas = "3"  # type: ignore[assignment]
    async with ctx.status(secret) as other:
        assert_type(other, dict[str, Any])
    await ctx.sync_children(owner, Shelf())  # type: ignore[arg-type]
    await ctx.sync_children([secret], owner)  # type: ignore[arg-type]
    await ctx.sync_children(owner, ["v1/Secret"])  # type: ignore[list-item]
    Child(secret, after="a")  # type: ignore[arg-type]
    Child(secret, adopted=True)  # type: ignore[call-arg]
    ready("v1/Secret", "a", when=lambda obj: "yes")  # type: ignore[arg-type, return-value]


@controller(for_="v1/ConfigMap", cleanup=remove_plainly, renamed_from="old")
async def plainly(ctx: Context, request: Request) -> None: ...


@controller(for_="v1/ConfigMap", cleanup=remove_text)  # type: ignore[arg-type]
async def wrong_cleanup(ctx: Context, request: Request) -> None: ...


@controller(for_="v1/ConfigMap", renamed_from=7)  # type: ignore[arg-type]
async def wrong_former_id(ctx: Context, request: Request) -> None: ...
