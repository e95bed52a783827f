"""The position of a watcher in the history of a bucket.

A watcher has a position instead of a queue, so a write costs nothing per watcher. A watcher that falls behind the
history gets ``Compacted``: it can neither hold memory nor slow down writers.
"""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from kube_apiserver.storage.records import Change
from kube_apiserver.storage.resource_store import ResourceStore


class Cursor:
    """Reads the changes of a bucket in order. It is a context manager, which unregisters it from the bucket on exit."""

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
        """Return up to ``limit`` next changes without waiting, empty if there are none.

        Raises:
            Compacted: the reader was too slow, and the history has dropped its changes.
        """
        self._wake.clear()
        changes = self._bucket.changes(self._position, limit)
        if changes and changes[-1].revision > (newest := self._published()):
            changes = [change for change in changes if change.revision <= newest]
        self._position += len(changes)
        return changes

    async def wait(self) -> None:
        """Wait for new changes or a call of `wake`. It may return without a change."""
        await self._wake.wait()

    def wake(self) -> None:
        """End a `wait` immediately, for deadlines of the owner."""
        self._wake.set()
