"""The events of a watch on the wire: lines of JSON, or frames of protobuf with their length before them."""

from typing import Protocol

from kube_apiserver import codec, protobuf
from kube_apiserver.wire.negotiation import PROTOBUF

_LINES = {
    "ADDED": b'{"type":"ADDED","object":%b}\n',
    "MODIFIED": b'{"type":"MODIFIED","object":%b}\n',
    "DELETED": b'{"type":"DELETED","object":%b}\n',
    "BOOKMARK": b'{"type":"BOOKMARK","object":%b}\n',
    "ERROR": b'{"type":"ERROR","object":%b}\n',
}
_LENGTH_BYTES = 4


class WatchEvents(Protocol):
    """One form of the events.

    Attributes:
        media: the content type of the stream.
        half: the begin of an event, for a stream that a fault cuts off.
    """

    media: str
    half: bytes

    def event(self, kind: str, raw: bytes) -> bytes:
        """Return an event such as ``ADDED`` with the JSON of its object."""

    def last(self, data: bytes) -> bytes:
        """Return the last event of several, nothing if there is none."""


class JsonEvents:
    """Lines of JSON."""

    media = "application/json"
    half = b'{"type":"ADDED","object":{"metadata":{"na'

    def event(self, kind: str, raw: bytes) -> bytes:
        """Return a line."""
        return _LINES[kind] % raw

    def last(self, data: bytes) -> bytes:
        """Return the last line."""
        lines = data.splitlines(keepends=True)
        return lines[-1] if lines else b""


class ProtobufEvents:
    """Frames of protobuf, for objects of built-in kinds."""

    media = f"{PROTOBUF};stream=watch"
    half = (99).to_bytes(_LENGTH_BYTES, "big") + b"\n\x05ADD"

    def event(self, kind: str, raw: bytes) -> bytes:
        """Return a frame."""
        return protobuf.encode_event(kind, codec.decode(raw))

    def last(self, data: bytes) -> bytes:
        """Return the last frame."""
        at = begin = 0
        while at + _LENGTH_BYTES <= len(data):
            begin = at
            at += _LENGTH_BYTES + int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
        return data[begin:]


def events_of(media: str) -> WatchEvents:
    """Return the form of the events for a media type that was negotiated."""
    return ProtobufEvents() if media == PROTOBUF else JsonEvents()
