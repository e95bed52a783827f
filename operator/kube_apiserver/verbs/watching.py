"""The watch verb: a stream of changes after a revision, or after the current state.

One loop per watcher takes new changes from the history, filters them, joins them into one chunk, writes it and waits.
It sends the stored bytes, so a hundred watchers cost a hundred copies of bytes and no encoding.
"""

import asyncio
import random
from collections.abc import Iterable, Iterator, Mapping

import http1
from kube_apiserver import codec
from kube_apiserver.faults.watches import WatchResponse, subject_of
from kube_apiserver.representations import Presenter
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.resource_versions import list_options, parse_revision, too_large_revision
from kube_apiserver.requests.selection import Selection
from kube_apiserver.schema import Cause
from kube_apiserver.storage import Change, Compacted, Cursor, Item, at_revision
from kube_apiserver.threads import Pause
from kube_apiserver.wire.negotiation import STREAMED, YAML
from kube_apiserver.wire.response import warning_headers
from kube_apiserver.wire.status_error import StatusError, expired, not_acceptable
from kube_apiserver.wire.watch_events import events_of

_BATCH = 500
_CHUNK_BYTES = 256 * 1024
_SHORTEST_DEFAULT_SECONDS = 1800
_NO_ANNOTATIONS: Mapping[str, str] = {}
_INITIAL_END = {"k8s.io/initial-events-end": "true"}


async def watch(request: Request) -> http1.Stream:
    """Stream changes until the client disconnects, the timeout expires or the client is too slow."""
    stream = WatchStream(request)
    headers = [("Cache-Control", "no-cache, private")]
    headers += [("Warning", header) for header in warning_headers(request.warnings)]
    response = WatchResponse(
        request.cluster.faults, request.http, subject_of(request.http, request.target, "watch"), headers, stream.events
    )
    try:
        await response.open()
        await stream.run(response)
    finally:
        response.close()
    return response


class WatchStream:
    """The stream of one watcher.

    Attributes:
        events: the form of its events.
    """

    __slots__ = (
        "_bookmarks",
        "_call",
        "_cursor",
        "_initial",
        "_initial_end",
        "_presenter",
        "_revision",
        "_seconds",
        "_selection",
        "events",
    )

    def __init__(self, request: Request) -> None:
        """Validate the parameters and take a position in the history, before the response starts.

        Raises:
            StatusError: 400, 406, 422 or 504, a parameter is invalid. Revisions that are too old, or too large for a
                streaming list, become an ERROR event in the stream instead.
        """
        self._call = request
        self._presenter = Presenter(request, many=False)
        media = request.representation().media
        if media == YAML:
            raise not_acceptable(STREAMED)
        self.events = events_of(media)
        self._bookmarks = bool(request.flag("allowWatchBookmarks"))
        self._seconds = request.number("timeoutSeconds") or random.randint(  # noqa: S311
            _SHORTEST_DEFAULT_SECONDS, 2 * _SHORTEST_DEFAULT_SECONDS
        )
        self._selection = Selection(request)
        initial = _send_initial_events(request)
        self._initial_end = initial is True and self._bookmarks
        store = request.cluster.store
        self._revision = revision = parse_revision(request.query.get("resourceVersion", ""))
        present = initial is True or (initial is None and revision == 0)
        bucket = store.bucket(request.resource.bucket)
        newest = store.published_revision
        start = newest if present or (initial is False and not revision) else min(revision, newest)
        self._initial: list[Item] = list(store.page(bucket, self._prefix, "")) if present else []
        self._cursor: Cursor | StatusError
        if present and revision > newest:
            self._cursor = too_large_revision(revision, newest)
            return
        try:
            self._cursor = store.cursor(bucket, start)
        except Compacted as error:
            self._cursor = expired(str(error))

    @property
    def _prefix(self) -> str:
        namespace = self._call.target.namespace
        return f"{namespace}/" if namespace and self._call.resource.namespaced else ""

    async def run(self, response: http1.Stream) -> None:
        """Write events until the watch ends."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._seconds
        if isinstance(self._cursor, StatusError):
            await self._send(response, [self._error(self._cursor)])
            return
        with self._cursor as cursor:
            timer = loop.call_at(deadline, cursor.wake)
            try:
                await self._send(response, self._initial_lines())
                self._initial = []
                await self._follow(response, cursor, deadline)
            except Compacted as error:
                await self._send(response, [self._error(expired(str(error)))])
            except (ConnectionError, TimeoutError):
                # The client is stuck or gone, so the connection is dropped.
                if call_transport := self._call.http.transport:
                    call_transport.close()
            finally:
                timer.cancel()

    async def _follow(self, response: http1.Stream, cursor: Cursor, deadline: float) -> None:
        loop, interval = asyncio.get_running_loop(), self._call.cluster.bookmark_seconds
        next_bookmark = loop.time() + interval
        while loop.time() < deadline:
            while changes := cursor.take(_BATCH):
                await self._send(response, self._change_lines(changes))
            if not self._call.cluster.registry.serves(self._call.resource):
                return  # the definition was deleted or changed, so the client must request the resource again
            if not self._bookmarks:
                await cursor.wait()
                continue
            if loop.time() >= next_bookmark:
                await self._send(response, [self._bookmark()])
                next_bookmark = loop.time() + interval
            timer = loop.call_at(next_bookmark, cursor.wake)
            try:
                await cursor.wait()
            finally:
                timer.cancel()
        if self._bookmarks:
            await self._send(response, [self._bookmark()])

    async def _send(self, response: http1.Stream, lines: Iterable[bytes]) -> None:
        chunk: list[bytes] = []
        size = 0
        pause = Pause()
        for line in lines:
            await pause.if_due()
            chunk.append(line)
            size += len(line)
            if size >= _CHUNK_BYTES:
                await self._write(response, b"".join(chunk))
                chunk, size = [], 0
        if size:
            await self._write(response, b"".join(chunk))

    async def _write(self, response: http1.Stream, data: bytes) -> None:
        async with asyncio.timeout(self._call.cluster.stuck_seconds):
            await response.write(data)

    def _initial_lines(self) -> Iterator[bytes]:
        """Yield a line for each present item, an empty one for an item that does not match."""
        event, one = self.events.event, self._presenter.one
        for item in self._initial:
            yield event("ADDED", one(item)) if self._selection.matches(item) else b""
        if self._initial_end:
            yield self._bookmark(_INITIAL_END)

    def _change_lines(self, changes: Iterable[Change]) -> Iterator[bytes]:
        prefix, selection, one, event = self._prefix, self._selection, self._presenter.one, self.events.event
        for change in changes:
            if change.revision <= self._revision or (prefix and not change.item.key.startswith(prefix)):
                continue  # in another namespace, or before the requested revision
            kind: str = change.type
            if not selection.everything:
                kind = _transition(change, selection)
            if kind:
                item = change.item
                if kind == "DELETED" and change.type != "DELETED" and change.previous is not None:
                    # The object no longer matches the selector. The event shows its last matching state.
                    item = at_revision(change.previous, change.revision)
                yield event(kind, one(item))

    def _bookmark(self, annotations: Mapping[str, str] = _NO_ANNOTATIONS) -> bytes:
        revision = self._call.cluster.store.published_revision
        return self.events.event("BOOKMARK", self._presenter.bookmark(revision, annotations))

    def _error(self, failure: StatusError) -> bytes:
        return self.events.event("ERROR", codec.encode(failure.body()))


def _transition(change: Change, selection: Selection) -> str:
    """Return the event type for a watcher with a selector, "" for none. An object may start or stop matching."""
    before = change.previous is not None and selection.matches(change.previous)
    if change.type == "DELETED":
        return "DELETED" if before else ""
    after = selection.matches(change.item)
    if after:
        return "MODIFIED" if before else "ADDED"
    return "DELETED" if before else ""


def _send_initial_events(request: Request) -> bool | None:
    value, match = request.flag("sendInitialEvents"), request.query.get("resourceVersionMatch", "")
    if value is None:
        if match:
            why = "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            raise list_options(Cause("resourceVersionMatch", "FieldValueForbidden", why))
        return None
    if match != "NotOlderThan":
        why = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        causes = [Cause("resourceVersionMatch", "FieldValueForbidden", why)]
        if match:
            message = f'Unsupported value: "{match}": supported values: "NotOlderThan"'
            causes.append(Cause("resourceVersionMatch", "FieldValueNotSupported", message))
        raise list_options(*causes)
    return value
