"""Delete ConfigMaps with the annotation example.com/ttl-seconds once they are that old."""

from datetime import datetime, timedelta

from plugin_operator import Context, Request, Result, TerminalError, controller, permission

TTL = "example.com/ttl-seconds"


@controller(
    for_="v1/ConfigMap",
    metadata_only=True,
    predicates=[lambda obj: TTL in (obj["metadata"].get("annotations") or {})],
    permissions=[permission("configmaps", ["delete"])],
)
async def ttl(ctx: Context, request: Request) -> Result | None:
    obj = ctx.lister.get(request)
    text = ((obj or {}).get("metadata", {}).get("annotations") or {}).get(TTL)
    if obj is None or text is None:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise TerminalError(f"annotation {TTL} is {text!r}: write whole seconds, at most nine digits")
    created = datetime.fromisoformat(obj["metadata"]["creationTimestamp"])
    left = (created + timedelta(seconds=int(text)) - ctx.now()).total_seconds()
    if left > 0:
        return Result(requeue_after=left)
    await ctx.client.delete(obj, uid=obj["metadata"]["uid"], missing_ok=True)
    return None
