"""How changes stand in a file: frames with a length and a checksum, so that a torn end is told from a broken middle."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

_HEADER = struct.Struct("<II")
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder()


class Broken(ValueError):
    """A frame in the middle of a file is not what was written.

    Attributes:
        offset: where the frame begins.
    """

    def __init__(self, offset: int, why: str) -> None:
        self.offset = offset
        super().__init__(f"{why} at byte {offset}")


@dataclass(frozen=True, slots=True)
class Frame:
    """One value and where it ends in its file."""

    value: Any
    end: int


def pack(value: Any) -> bytes:
    """Return the frame of a value."""
    payload = _encoder.encode(value)
    return _HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def unpack(data: bytes) -> Iterator[Frame]:
    """Yield the frames of a file's content; an end that was torn off by a crash is left out.

    Raises:
        Broken: a frame is damaged and others follow it, so it was not the crash that damaged it.
    """
    offset, size = 0, len(data)
    while offset + _HEADER.size <= size:
        length, checksum = _HEADER.unpack_from(data, offset)
        if not length and not any(data[offset:]):
            return  # space that the file system gave and a crash left empty
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
