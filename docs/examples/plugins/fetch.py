"""Fetch the URL in each ConfigMap with the label example.com/fetch, and keep the answer beside it.

The author of a ConfigMap chooses what the operator fetches, so it fetches from listed hosts alone.
"""

import os
from urllib.parse import urlsplit

import aiohttp

from plugin_operator import (
    Context,
    ControllerContext,
    Request,
    Result,
    TemporaryError,
    TerminalError,
    changed,
    controller,
    permission,
)

HOSTS = os.environ.get("FETCH_HOSTS", "api.example.com").split(",")


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
        if urlsplit(url).hostname not in HOSTS:
            raise TerminalError(f"data.url: the host of {url!r} is not in FETCH_HOSTS")
        try:
            async with self.session.get(url, allow_redirects=False) as response:
                if response.status == 429 or response.status >= 500:
                    wait = response.headers.get("Retry-After", "")
                    seconds = float(wait) if wait.isdecimal() else 60.0
                    raise TemporaryError(f"{url} answered {response.status}", retry_after_seconds=seconds)
                body = await response.content.read(1000)
                answer = {"status": str(response.status), "body": body.decode(errors="replace")}
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TemporaryError(f"{url} is away: {error}", retry_after_seconds=60) from error
        if any(obj["data"].get(key) != value for key, value in answer.items()):
            await ctx.client.patch(obj, {"data": answer})
        return Result(requeue_after=3600)
