"""Log every Secret: the short form. Only metadata is fetched, so no Secret's data ever reaches this process."""

from plugin_operator import Context, Request, Result, controller


@controller(for_="v1/Secret", metadata_only=True)
async def secret(ctx: Context, request: Request) -> Result | None:
    """Say which Secret has changed."""
    found = ctx.lister.get(request)
    if found is None:
        ctx.log.info("Secret deleted")
        return None
    ctx.log.info("Secret reconciled", labels=sorted(found["metadata"].get("labels", {})))
    return None
