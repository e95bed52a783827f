"""Copy Secrets with the label example.com/copy=source into every namespace; delete the copies after their source."""

from typing import Any

from plugin_operator import Context, MapContext, Request, controller, permission, watch

FROM = "example.com/copied-from"


def every_source(ctx: MapContext, _namespace: dict[str, Any]) -> list[Request]:
    return list(ctx.lister.keys())


def source_of(copy: dict[str, Any]) -> str | None:
    return (copy["metadata"].get("annotations") or {}).get(FROM)


@controller(
    for_="v1/Secret",
    label_selector="example.com/copy=source",
    watches=[
        watch("v1/Namespace", map=every_source, metadata_only=True),
        watch(
            "v1/Secret",
            map=source_of,
            label_selector="example.com/copy=copy",
            indexes={"source": source_of},
            name="copies",
        ),
    ],
    permissions=[permission("secrets", ["create", "patch", "delete"])],
)
async def copy_secret(ctx: Context, request: Request) -> None:
    source, copies = ctx.lister.get(request), ctx.lister_for("copies")
    if source is None or source["metadata"].get("deletionTimestamp"):
        for copy in copies.by_index("source", str(request)):
            await ctx.client.delete(copy, missing_ok=True)
        if source is not None:
            await ctx.remove_finalizer(source)
        return
    await ctx.ensure_finalizer(source)
    for namespace in ctx.lister_for("v1/Namespace").list():
        name = namespace["metadata"]["name"]
        known = copies.get((name, request.name))
        is_same = known is not None and known.get("data") == source.get("data")
        if name != request.namespace and not is_same and not namespace["metadata"].get("deletionTimestamp"):
            await ctx.client.apply(copy_of(source, request, name), force=True)


def copy_of(source: dict[str, Any], request: Request, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": request.name,
            "namespace": namespace,
            "labels": {"example.com/copy": "copy"},
            "annotations": {FROM: str(request)},
        },
        "type": source.get("type", "Opaque"),
        "data": source.get("data") or {},
    }
