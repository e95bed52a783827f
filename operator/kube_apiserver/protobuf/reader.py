"""The protobuf wire format, read field by field.

A reader of thirty lines is clearly simpler than building descriptors for 900 types at run time: the messages are known
from the facts table, and only decoding is needed.
"""

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_SIGN = 1 << 63
_MODULUS = 1 << 64


class WireError(ValueError):
    """The bytes are no protobuf message."""


def varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    """Return the number at ``at`` and the place after it.

    Raises:
        WireError: the number does not end.
    """
    result = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7
    raise WireError("unexpected EOF")


def fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield (number, wire type, value): an int for varints, else the bytes of the value.

    Raises:
        WireError: truncated, or a wire type that Kubernetes never uses.
    """
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = varint(data, at)
            yield number, kind, value
            continue
        if kind == BYTES:
            size, at = varint(data, at)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise WireError(f"proto: illegal wireType {kind}")
        if at + size > len(data):
            raise WireError("unexpected EOF")
        yield number, kind, data[at : at + size]
        at += size


def signed(value: int) -> int:
    """Return a varint as the signed 64-bit number it stands for."""
    return value - _MODULUS if value >= _SIGN else value
