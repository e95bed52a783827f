"""Copy Secrets with the label example.com/copy=source into every namespace; delete the copies after their source.

The source has no finalizer: it would stay on a Secret that loses the label, which then leaves the cache. The copies
themselves make a source due that is gone, also after a restart.
"""

from typing import Any

from plugin_operator import AlreadyExistsError, Context, MapContext, Request, controller, permission, watch

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
    permissions=[permission("secrets", ["create", "update", "delete"])],
)
async def copy_secret(ctx: Context, request: Request) -> None:
    source, copies = ctx.lister.get(request), ctx.lister_for("copies")
    if source is None or source["metadata"].get("deletionTimestamp"):
        for copy in copies.by_index("source", str(request)):
            await ctx.client.delete(copy, uid=copy["metadata"]["uid"], missing_ok=True)
        return
    for namespace in ctx.lister_for("v1/Namespace").list():
        name = namespace["metadata"]["name"]
        if name == request.namespace or namespace["metadata"].get("deletionTimestamp"):
            continue
        wanted, known = copy_of(source, request, name), copies.get((name, request.name))
        if known is None:
            try:
                await ctx.client.create(wanted)
            except AlreadyExistsError:
                ctx.recorder.event(source, "Warning", "NameTaken", f"namespace {name} has another Secret of this name")
        elif source_of(known) == str(request) and known.get("data") != wanted["data"]:
            await ctx.client.update({**known, "data": wanted["data"]})


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
