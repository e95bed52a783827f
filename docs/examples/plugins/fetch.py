"""Fetch the URL in each ConfigMap with the label example.com/fetch, and keep the answer beside it."""

import aiohttp

from plugin_operator import Context, ControllerContext, Request, Result, TemporaryError, changed, controller, permission


@controller(
    for_="v1/ConfigMap",
    label_selector="example.com/fetch",
    predicates=[changed(lambda obj: (obj.get("data") or {}).get("url"))],
    max_concurrent_reconciles=10,
    reconcile_timeout_seconds=30,
    permissions=[permission("configmaps", ["patch"])],
)
class Fetch:
    async def start(self, ctx: ControllerContext) -> None:
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
        ctx.log.info("HTTP session opened")

    async def stop(self, ctx: ControllerContext) -> None:
        await self.session.close()
        ctx.log.info("HTTP session closed")

    async def reconcile(self, ctx: Context, request: Request) -> Result | None:
        obj = ctx.lister.get(request)
        url = ((obj or {}).get("data") or {}).get("url")
        if obj is None or not url:
            return None
        try:
            async with self.session.get(url) as response:
                if response.status == 429 or response.status >= 500:
                    wait = float(response.headers.get("Retry-After", "60"))
                    raise TemporaryError(f"{url} answered {response.status}", retry_after_seconds=wait)
                answer = {"status": str(response.status), "body": (await response.text())[:1000]}
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TemporaryError(f"{url} is away: {error}", retry_after_seconds=60) from error
        if any(obj["data"].get(key) != value for key, value in answer.items()):
            await ctx.client.patch(obj, {"data": answer})
        return Result(requeue_after=3600)
