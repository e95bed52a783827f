"""Frames of the write-ahead log, with length and checksum, which distinguish a torn end from a damaged middle."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec

_HEADER = struct.Struct("<II")
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder()


class Broken(ValueError):
    """A frame in the middle of a file is damaged.

    Attributes:
        offset: the offset of the frame.
    """

    def __init__(self, offset: int, why: str) -> None:
        self.offset = offset
        super().__init__(f"{why} at byte {offset}")


class Frame(msgspec.Struct, frozen=True):
    """One decoded value, and the offset of its end in the file."""

    value: Any
    end: int


def pack(value: Any) -> bytes:
    """Return the encoded frame of a value."""
    payload = _encoder.encode(value)
    return _HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def unpack(data: bytes) -> Iterator[Frame]:
    """Yield the frames of a file. An incomplete frame at the end, which a crash leaves, is omitted.

    Raises:
        Broken: a frame is damaged and others follow it, so a crash cannot be the cause.
    """
    offset, size = 0, len(data)
    while offset + _HEADER.size <= size:
        length, checksum = _HEADER.unpack_from(data, offset)
        if not length and not any(data[offset:]):
            return  # zeros that the file system allocated before a crash
        end = offset + _HEADER.size + length
        if end > size:
            return
        payload = memoryview(data)[offset + _HEADER.size : end]
        if zlib.crc32(payload) != checksum:
            if end == size:
                return
            raise Broken(offset, "a record does not match its checksum")
        yield Frame(_decoder.decode(payload), end)
        offset = end
