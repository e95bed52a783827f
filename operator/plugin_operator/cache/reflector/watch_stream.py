"""Applying one watch stream to a store.

Owns the position in the server's history and the time slices. Events are applied without an await in between, for at
most a few milliseconds before the event loop runs other tasks.
"""

import asyncio
from collections.abc import Callable

from plugin_operator import logs
from plugin_operator.cache import time_slice
from plugin_operator.cache.reflector.lines import LineSplitter
from plugin_operator.cache.reflector.mirror import Mirror
from plugin_operator.cache.reflector.outcomes import HistoryRewritten
from plugin_operator.cache.reflector.wire import Bookmark, EventType, Malformed, NestedTooDeeply, WireReader
from plugin_operator.clock import Clock
from plugin_operator.errors import ApiConnectionError

_log = logs.get_logger(__name__)

_MAX_SUSPECTS = 256


class Position:
    """Position of a reflector in the server's history.

    Attributes:
        resource_version: version from which a watch resumes; empty before the first list.
        suspects: hashes of unreadable lines, to distinguish damage in transit from an object that is unreadable.
    """

    __slots__ = ("_number", "resource_version", "suspects")

    def __init__(self) -> None:
        self.resource_version = ""
        self.suspects: set[int] = set()
        self._number = -1

    def set(self, resource_version: str) -> None:
        """Set the position from a list or its final bookmark; it may go back."""
        self.resource_version = resource_version
        self._number = int(resource_version) if resource_version.isdecimal() else -1

    def advance(self, resource_version: str) -> None:
        """Advance to the version of an event.

        Raises:
            HistoryRewritten: the version is older. Versions that are not numbers are never compared.
        """
        number = int(resource_version) if resource_version.isdecimal() else -1
        if 0 <= number < self._number:
            raise HistoryRewritten(f"the server went back from resource version {self._number} to {number}")
        if resource_version:
            self.resource_version = resource_version
            self._number = number

    def is_before(self, resource_version: str) -> bool:
        """Report whether ``resource_version`` is known to be older than this position."""
        return resource_version.isdecimal() and int(resource_version) < self._number


class WatchStream:
    """One watch stream, applied to a store.

    Args:
        store: store to write.
        reader: decodes the objects of the kind.
        position: advanced with each event.
        clock: measures the time slices.
        listing: whether the stream begins with the initial events of a streaming list.
        on_skipped: called for each object that cannot be decoded and is skipped.
    """

    __slots__ = (
        "_clock",
        "_look_every",
        "_on_skipped",
        "_position",
        "_reader",
        "_splitter",
        "_store",
        "_unread",
        "listing",
    )

    def __init__(
        self,
        store: Mirror,
        reader: WireReader,
        position: Position,
        clock: Clock,
        *,
        listing: bool = False,
        on_skipped: Callable[[], None] | None = None,
    ) -> None:
        self._store = store
        self._reader = reader
        self._position = position
        self._clock = clock
        self._splitter = LineSplitter()
        self.listing = listing
        self._on_skipped = on_skipped
        self._unread = 0
        self._look_every = time_slice.LOOK_EVERY

    async def consume(self, data: bytes) -> int:
        """Apply the events that are complete with ``data``, and return their number.

        Empty and unreadable lines do not count. Cancellation takes effect between two time slices.

        Raises:
            ApiError: the server sent an ERROR event.
            ApiConnectionError: a line is unreadable for the first time, or too long.
            HistoryRewritten: the server sent an older resource version.
        """
        lines = self._splitter.push(data)
        self._unread = 0
        done = self._apply_slice(lines, 0)
        while done < len(lines):
            await asyncio.sleep(0)
            done = self._apply_slice(lines, done)
        return len(lines) - self._unread

    def finish(self) -> None:
        """Check that the stream ended with a complete line.

        Raises:
            ApiConnectionError: the stream ended in the middle of a line.
        """
        if self._splitter.pending:
            raise ApiConnectionError(f"the stream was cut short inside a line, after {self._splitter.pending} bytes")

    def _apply_slice(self, lines: list[bytes], start: int) -> int:
        """Apply lines from ``start`` for one time slice, and return the index of the first line that is left."""
        began, every = self._clock.monotonic(), self._look_every
        for first in range(start, len(lines), every):
            last = first + every
            for line in lines[first:last]:
                self._apply(line)
            if (took := self._clock.monotonic() - began) >= time_slice.SLICE_SECONDS:
                self._look_every = time_slice.look_every(took, last - start)
                return last
        return len(lines)

    def _apply(self, line: bytes) -> None:
        try:
            kind, subject = self._reader.event(line)
        except Malformed as error:
            self._unread += 1
            if isinstance(error, NestedTooDeeply):
                self._skip(line, error)
            elif line.strip():
                self._doubt(line, error)
            return
        if isinstance(subject, Bookmark):
            self._bookmark(subject)
            return
        if not self.listing:
            self._position.advance(subject.resource_version)
        if kind is EventType.DELETED:
            self._store.remove(subject)
        else:
            self._store.upsert(subject)

    def _bookmark(self, bookmark: Bookmark) -> None:
        if not self.listing:
            self._position.advance(bookmark.resource_version)
        elif bookmark.initial_events_end:
            self._store.end_list()
            self._position.set(bookmark.resource_version)
            self.listing = False

    def _doubt(self, line: bytes, error: Malformed) -> None:
        """Raise for an unreadable line, so that the server sends it again; skip it if it arrives unchanged."""
        suspects = self._position.suspects
        mark = hash(line)
        if mark not in suspects:
            if len(suspects) >= _MAX_SUSPECTS:
                suspects.clear()
            suspects.add(mark)
            raise ApiConnectionError(str(error)) from error
        self._skip(line, error)

    def _skip(self, line: bytes, error: Malformed) -> None:
        if self._on_skipped is not None:
            self._on_skipped()
        _log.error("Object skipped, it cannot be decoded", reason=str(error), size_bytes=len(line))
