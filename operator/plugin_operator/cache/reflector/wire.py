"""Reading objects and watch events from JSON, with only the metadata decoded.

Owns the exact removal of ``metadata.managedFields``, which is often half of an object and unused in caches. The decoder
returns its value, and a search for the key finds its place. JSON strings escape quotes, so ``managedFields"`` followed
by the value is a key. If that text occurs once outside of the value, it is the decoded key. In every other case the
object is decoded and encoded again.
"""

from enum import Enum, auto
from typing import NamedTuple

import msgspec

from plugin_operator.cache.objects import CachedObject
from plugin_operator.client import error_of
from plugin_operator.client.deep_json import MOST_LEVELS, cut, is_cut
from plugin_operator.errors import ApiConnectionError
from plugin_operator.kube import GroupVersionKind

_MARK = b'managedFields"'
_BACKSLASH = b"\\"
_INITIAL_EVENTS_END = "k8s.io/initial-events-end"
_COMMA, _BRACE, _CLOSING_BRACE, _QUOTE, _COLON = b',{}":'


class EventType(Enum):
    """Type of a watch event."""

    ADDED = auto()
    MODIFIED = auto()
    DELETED = auto()
    BOOKMARK = auto()


class Malformed(Exception):
    """The bytes are not a valid object or watch event."""


class NestedTooDeeply(Malformed):
    """The decoder cannot follow an object; the server would send the same bytes again."""


class Bookmark(NamedTuple):
    """Progress of the stream; it may also mark the end of the initial events of a streaming list."""

    resource_version: str
    initial_events_end: bool


class _Meta(msgspec.Struct, gc=False, rename="camel"):
    name: str
    namespace: str | None = None
    resource_version: str | None = None
    managed_fields: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Object(msgspec.Struct, gc=False):
    metadata: _Meta


class _Kind(msgspec.Struct, gc=False):
    kind: str | None = None


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _CutEvent(msgspec.Struct):
    object: _Object


class _BookmarkMeta(msgspec.Struct, rename="camel"):
    resource_version: str
    annotations: dict[str, str] | None = None


class _BookmarkObject(msgspec.Struct):
    metadata: _BookmarkMeta


_OBJECT = msgspec.json.Decoder(_Object)
_KIND = msgspec.json.Decoder(_Kind)
_EVENT = msgspec.json.Decoder(_Event)
_CUT_EVENT = msgspec.json.Decoder(_CutEvent)
_BOOKMARK = msgspec.json.Decoder(_BookmarkObject)
_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_PREFIXES = tuple(
    (b'{"type":"%b","object":' % kind.name.encode(), kind)
    for kind in (EventType.MODIFIED, EventType.ADDED, EventType.DELETED)
)


class WireReader:
    """Decoder for the objects of one kind.

    Args:
        gvk: the kind, which is added to list items: those of built-in kinds lack ``apiVersion`` and ``kind``.
    """

    __slots__ = ("_head", "_kind", "_partial_head")

    def __init__(self, gvk: GroupVersionKind) -> None:
        self._head = b'{"kind":"%b","apiVersion":"%b",' % (gvk.kind.encode(), gvk.api_version.encode())
        self._kind = str(gvk)
        self._partial_head = b'{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",'

    def event(self, line: bytes) -> tuple[EventType, CachedObject | Bookmark]:
        """Decode one line of a watch.

        Raises:
            Malformed: the line is not a watch event.
            ApiError: the line is an ERROR event with this status.
        """
        try:
            for prefix, kind in _PREFIXES:
                if line.startswith(prefix) and line.endswith(b"}}"):
                    # If anything follows the object, the decoder rejects it, and the slow path decodes the line.
                    return kind, self._object(line[len(prefix) : -1])
        except _UNREADABLE:
            pass
        try:
            return self._any_event(line)
        except RecursionError:
            raise self._too_deep(cut(line)) from None
        except _UNREADABLE as error:
            raise Malformed(f"a watch event cannot be read: {error}") from error

    def item(self, data: bytes) -> CachedObject:
        """Decode one item of a list.

        Raises:
            Malformed: the item is not an object with a name.
        """
        try:
            if not data.startswith((b'{"kind":', b'{"apiVersion":')) and not _KIND.decode(data).kind:
                data = self._head + data[1:].lstrip()
            return self._object(data)
        except _UNREADABLE as error:
            raise Malformed(f"an item of a list cannot be read: {error}") from error

    def item_of_cut(self, data: bytes) -> CachedObject:
        """Decode one item of a list that was cut with ``deep_json.cut``.

        Raises:
            Malformed: the item is not an object with a name, or a part of it was cut off.
            ApiConnectionError: a part was cut off what is no object, so the list is none of a server.
        """
        if not is_cut(data):
            return self.item(data)
        error = self._too_deep(b'{"object":%b}' % data)
        if isinstance(error, NestedTooDeeply):
            raise error
        raise ApiConnectionError(str(error))

    def _too_deep(self, event: bytes) -> Malformed:
        try:
            metadata = _CUT_EVENT.decode(event).object.metadata
        except _UNREADABLE as error:
            return Malformed(f"what is nested more than {MOST_LEVELS} levels deep is no object: {error}")
        name = f"{metadata.namespace}/{metadata.name}" if metadata.namespace else metadata.name
        return NestedTooDeeply(f"{self._kind} {name} is nested more than {MOST_LEVELS} levels deep")

    def _object(self, data: bytes) -> CachedObject:
        metadata = _OBJECT.decode(data).metadata
        managed = metadata.managed_fields
        if managed is not msgspec.UNSET:
            data = without_managed_fields(data, managed)
        if data.startswith(self._partial_head):
            data = self._head + data[len(self._partial_head) :]
        if not data.isascii():
            # The decoder does not validate UTF-8 in fields it skips; invalid bytes must fail here, not in a reconcile.
            data.decode()
        return CachedObject(data, metadata.namespace or "", metadata.name, metadata.resource_version or "")

    def _any_event(self, line: bytes) -> tuple[EventType, CachedObject | Bookmark]:
        event = _EVENT.decode(line)
        data = bytes(event.object)  # copied, because a Raw keeps the whole line alive
        if event.type == "ERROR":
            raise error_of(0, data)
        if event.type == "BOOKMARK":
            metadata = _BOOKMARK.decode(data).metadata
            ended = (metadata.annotations or {}).get(_INITIAL_EVENTS_END) == "true"
            return EventType.BOOKMARK, Bookmark(metadata.resource_version, ended)
        if event.type not in EventType.__members__:
            raise Malformed(f"a watch event has the unknown type {event.type[:40]!r}")
        return EventType[event.type], self._object(data)


def without_managed_fields(data: bytes, managed: msgspec.Raw) -> bytes:
    """Return ``data`` without the member ``managedFields``, whose value is ``managed``; other bytes are unchanged."""
    mark = data.find(_MARK)
    start, value = mark - 1, mark + len(_MARK) + 1
    end = value + len(managed)
    unique = (
        start > 0
        and data[start] == _QUOTE
        and data[value - 1] == _COLON
        and data.startswith(managed, value)
        and data.find(_MARK, end) < 0
    )
    if not unique:
        return _rebuilt(data)
    before, after = data[start - 1], data[end]
    if after == _COMMA and before in {_COMMA, _BRACE}:
        stripped = data[:start] + data[end + 1 :]
    elif after == _CLOSING_BRACE and before == _COMMA:
        stripped = data[: start - 1] + data[end:]
    else:
        return _rebuilt(data)
    if _BACKSLASH in data and _OBJECT.decode(stripped).metadata.managed_fields is not msgspec.UNSET:
        return _rebuilt(data)  # the decoded key contains an escape, and the match is another member
    return stripped


def _rebuilt(data: bytes) -> bytes:
    parts = _PARTS.decode(data)
    metadata = _PARTS.decode(parts["metadata"])
    metadata.pop("managedFields", None)
    parts["metadata"] = msgspec.Raw(msgspec.json.encode(metadata))
    return msgspec.json.encode(parts)
