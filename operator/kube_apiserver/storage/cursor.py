"""A reader's place in the history of a bucket.

A watcher owns no queue: it owns a place. What is written costs a watcher nothing until it reads, and one that does not
read in time falls off the end of the history and is told so; it can neither hold memory nor slow a writer.
"""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from kube_apiserver.storage.records import Change
from kube_apiserver.storage.resource_store import ResourceStore


class Cursor:
    """Reads changes in order. Use it as a context manager: leaving it ends the wake-ups."""

    __slots__ = ("_bucket", "_position", "_published", "_stop_listening", "_wake")

    def __init__(self, bucket: ResourceStore, position: int, published: Callable[[], int]) -> None:
        self._bucket = bucket
        self._position = position
        self._published = published
        self._wake = asyncio.Event()
        self._stop_listening: Callable[[], None] = bucket.listen(self._wake.set)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop_listening()

    def take(self, limit: int) -> Sequence[Change]:
        """Return the next changes, at most ``limit``, without waiting; none when there is nothing new.

        Raises:
            Compacted: this reader was too slow and missed changes.
        """
        self._wake.clear()
        changes = self._bucket.changes(self._position, limit)
        if changes and changes[-1].revision > (newest := self._published()):
            changes = [change for change in changes if change.revision <= newest]
        self._position += len(changes)
        return changes

    async def wait(self) -> None:
        """Wait until there may be something new, or until `wake`."""
        await self._wake.wait()

    def wake(self) -> None:
        """End a `wait` now: for the owner's own deadlines."""
        self._wake.set()
