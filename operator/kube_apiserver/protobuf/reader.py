"""The protobuf wire format.

The facts table has the field numbers of all messages, so this small reader replaces 900 descriptors that the protobuf
library would need. Only decoding is necessary.
"""

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_SIGN = 1 << 63
_MODULUS = 1 << 64


class WireError(ValueError):
    """The bytes are not a valid protobuf message."""


def varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    """Return the varint at offset ``at``, and the offset after it.

    Raises:
        WireError: the varint is truncated.
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
    """Yield (number, wire type, value) of each field. The value is an int for varints, else bytes.

    Raises:
        WireError: the message is truncated, or has a wire type that Kubernetes does not use.
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
    """Return a varint as a signed 64-bit integer."""
    return value - _MODULUS if value >= _SIGN else value
