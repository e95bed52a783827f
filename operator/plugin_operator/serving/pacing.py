"""How much of the event loop a page may take that is rendered on it: metrics and status grow with what they show.

Owns the pause after each rendering, and that those who wait share the next one. A client that asks in a loop would
otherwise hold up reconciles, probes and every other client.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

_SHARE = 0.2
# A process that was stopped during a rendering would otherwise answer nothing for four times as long as it was.
_LONGEST_PAUSE_SECONDS = 10.0

T = TypeVar("T")


class PacedPage(Generic[T]):
    """Renders for whoever asks, with at most a fifth of the event loop's time.

    Args:
        share: the part of the loop's time that rendering may take.
        monotonic: measures the renderings, in seconds.
        sleep: waits for the end of a pause.
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

    async def get(self, form: Hashable, render: Callable[[], T]) -> T:
        """Return what ``render`` returns now or, during a pause, after it.

        Args:
            form: those who wait for the same form share one rendering, begun after each of them has asked.
            render: what it raises is raised here.
        """
        asked = self._monotonic()
        self._waiting += 1
        try:
            while (pause := self._free_at - self._monotonic()) > 0:
                await self._sleep(pause)
                begun, page = self._rendered.get(form, (0.0, None))
                if page is not None and begun >= asked:
                    return page
            return self._render(form, render)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._rendered.clear()

    def _render(self, form: Hashable, render: Callable[[], T]) -> T:
        begun = self._monotonic()
        try:
            page = render()
        finally:
            ended = self._monotonic()
            self._free_at = ended + min((ended - begun) * self._pauses_per_rendering, _LONGEST_PAUSE_SECONDS)
        self._rendered[form] = (begun, page)
        return page
