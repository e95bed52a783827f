"""Reading objects and watch events from JSON, decoding no more than their metadata.

Owns the exact removal of ``metadata.managedFields``, which is often half of an object and which no reader of a cache
needs. The decoder says what its value is, and the text of its key says where: a quote inside a string is escaped, so
``managedFields"`` with that value behind it is a key, and if that text occurs only once outside of the value it is the
key that was decoded. In every other case the object is taken apart and put together again.
"""

from enum import Enum, auto
from typing import NamedTuple

import msgspec

from plugin_operator.cache.objects import CachedObject
from plugin_operator.client import error_of
from plugin_operator.kube import GroupVersionKind

_MARK = b'managedFields"'
_BACKSLASH = b"\\"
_INITIAL_EVENTS_END = "k8s.io/initial-events-end"
_COMMA, _BRACE, _CLOSING_BRACE, _QUOTE, _COLON = b',{}":'


class EventType(Enum):
    """What a watch event says about its object."""

    ADDED = auto()
    MODIFIED = auto()
    DELETED = auto()
    BOOKMARK = auto()


class Malformed(Exception):
    """These bytes are not what an API server sends."""


class Bookmark(NamedTuple):
    """The stream has got this far, and perhaps the initial objects of a streaming list are complete."""

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


class _BookmarkMeta(msgspec.Struct, rename="camel"):
    resource_version: str
    annotations: dict[str, str] | None = None


class _BookmarkObject(msgspec.Struct):
    metadata: _BookmarkMeta


_OBJECT = msgspec.json.Decoder(_Object)
_KIND = msgspec.json.Decoder(_Kind)
_EVENT = msgspec.json.Decoder(_Event)
_BOOKMARK = msgspec.json.Decoder(_BookmarkObject)
_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_PREFIXES = tuple(
    (b'{"type":"%b","object":' % kind.name.encode(), kind)
    for kind in (EventType.MODIFIED, EventType.ADDED, EventType.DELETED)
)


class WireReader:
    """Reads the objects of one kind.

    Args:
        gvk: the kind; the items of a list of a built-in kind do not name it, and it is written into them.
    """

    __slots__ = ("_head", "_partial_head")

    def __init__(self, gvk: GroupVersionKind) -> None:
        self._head = b'{"kind":"%b","apiVersion":"%b",' % (gvk.kind.encode(), gvk.api_version.encode())
        self._partial_head = b'{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",'

    def event(self, line: bytes) -> tuple[EventType, CachedObject | Bookmark]:
        """Read one line of a watch.

        Raises:
            Malformed: it is no watch event.
            ApiError: it is an ERROR event, and this is what it says.
        """
        try:
            for prefix, kind in _PREFIXES:
                if line.startswith(prefix) and line.endswith(b"}}"):
                    # If anything follows the object the decoder refuses it, and the slow way takes over.
                    return kind, self._object(line[len(prefix) : -1])
        except _UNREADABLE:
            pass
        try:
            return self._any_event(line)
        except _UNREADABLE as error:
            raise Malformed(f"a watch event cannot be read: {error}") from error

    def item(self, data: bytes) -> CachedObject:
        """Read one item of a list.

        Raises:
            Malformed: it is no object with a name.
        """
        try:
            if not data.startswith((b'{"kind":', b'{"apiVersion":')) and not _KIND.decode(data).kind:
                data = self._head + data[1:].lstrip()
            return self._object(data)
        except _UNREADABLE as error:
            raise Malformed(f"an item of a list cannot be read: {error}") from error

    def _object(self, data: bytes) -> CachedObject:
        metadata = _OBJECT.decode(data).metadata
        managed = metadata.managed_fields
        if managed is not msgspec.UNSET:
            data = without_managed_fields(data, managed)
        if data.startswith(self._partial_head):
            data = self._head + data[len(self._partial_head) :]
        if not data.isascii():
            # The decoder skips over text it is not asked for, and no reader may be the first to find it broken.
            data.decode()
        return CachedObject(data, metadata.namespace or "", metadata.name, metadata.resource_version or "")

    def _any_event(self, line: bytes) -> tuple[EventType, CachedObject | Bookmark]:
        event = _EVENT.decode(line)
        data = bytes(event.object)  # a Raw would keep the whole line alive
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
    """Return ``data`` without the member whose value is ``managed``, byte for byte the same otherwise."""
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
        return _rebuilt(data)  # the key itself was written with an escape, and what was found is another's
    return stripped


def _rebuilt(data: bytes) -> bytes:
    parts = _PARTS.decode(data)
    metadata = _PARTS.decode(parts["metadata"])
    metadata.pop("managedFields", None)
    parts["metadata"] = msgspec.Raw(msgspec.json.encode(metadata))
    return msgspec.json.encode(parts)
