"""Rate limit for pages that are rendered on the event loop, such as metrics and status, which may be large.

Owns the pause after each rendering; requests that wait share the next one. Otherwise a client that polls in a loop
would delay reconciles, probes and other clients.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

_SHARE = 0.2
# Bounds the pause for a process that was suspended during a rendering.
_LONGEST_PAUSE_SECONDS = 10.0

T = TypeVar("T")


class PacedPage(Generic[T]):
    """Renders a page on request, with a bounded share of the event loop's time.

    Args:
        share: largest share of the loop's time for rendering.
        monotonic: measures renderings, in seconds.
        sleep: waits until a pause is over.
    """

    def __init__(
        self,
        *,
        share: float = _SHARE,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._pauses_per_rendering = 1 / share - 1
        self._monotonic = monotonic
        self._sleep = sleep
        self._free_at = 0.0
        self._waiting = 0
        self._rendered: dict[Hashable, tuple[float, T]] = {}

    async def get(self, form: Hashable, render: Callable[[], T | Awaitable[T]]) -> T:
        """Call ``render`` now, or after the current pause, and return its result.

        Args:
            form: waiting requests with an equal form share one rendering, which starts after all of them.
            render: returns the page, or waits for it; its exceptions propagate.
        """
        asked = self._monotonic()
        self._waiting += 1
        try:
            while (pause := self._free_at - self._monotonic()) > 0:
                await self._sleep(pause)
                begun, page = self._rendered.get(form, (0.0, None))
                if page is not None and begun >= asked:
                    return page
            return await self._render(form, render)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._rendered.clear()

    async def _render(self, form: Hashable, render: Callable[[], T | Awaitable[T]]) -> T:
        begun = self._monotonic()
        try:
            page = render()
            if isinstance(page, Awaitable):
                page = await page
        finally:
            ended = self._monotonic()
            self._free_at = ended + min((ended - begun) * self._pauses_per_rendering, _LONGEST_PAUSE_SECONDS)
        self._rendered[form] = (begun, page)
        return page
