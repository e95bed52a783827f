"""The protobuf wire format, written: the counterpart of ``reader``."""

from kube_apiserver.protobuf.reader import BYTES, FIXED64, VARINT

_MASK = (1 << 64) - 1


def varint(value: int) -> bytes:
    """Return an integer as a varint; a negative one as its complement of 64 bits."""
    if 0 <= value < 0x80:
        return _SMALL[value]
    value &= _MASK
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


_SMALL = [bytes((value,)) for value in range(0x80)]


def tag(number: int, kind: int) -> bytes:
    """Return what begins a field: its number and its wire type."""
    return varint(number << 3 | kind)


def number_field(number: int, value: int) -> bytes:
    """Return a field with an integer or a boolean."""
    return tag(number, VARINT) + varint(value)


def bytes_field(number: int, value: bytes) -> bytes:
    """Return a field with bytes, a text in UTF-8, or a message."""
    return tag(number, BYTES) + varint(len(value)) + value


def double_tag(number: int) -> bytes:
    """Return what begins a field with a float of 64 bits."""
    return tag(number, FIXED64)
