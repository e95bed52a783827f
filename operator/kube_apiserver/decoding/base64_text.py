"""Base64 as Go's ``encoding/base64`` reads it: line breaks are skipped anywhere, and the last bits need not be zero."""

import base64
import binascii

_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_BREAKS = str.maketrans("", "", "\r\n")
_PAD = "="


class CorruptBase64(ValueError):
    """A text is not base64. The message is Go's.

    Attributes:
        position: the byte that Go names.
    """

    def __init__(self, position: int) -> None:
        super().__init__(f"illegal base64 data at input byte {position}")
        self.position = position


def canonical_base64(text: str) -> str:
    """Return base64 as Go writes it after reading ``text``: in one line.

    Raises:
        CorruptBase64: ``text`` is not base64.
    """
    try:
        decoded = base64.b64decode(text.translate(_BREAKS), validate=True)
    except (binascii.Error, ValueError) as error:
        raise CorruptBase64(_corrupt_position(text)) from error
    return base64.b64encode(decoded).decode()


def _corrupt_position(text: str) -> int:
    """Return the position in an error of Go's decoder, which reads four characters at a time."""
    data = text.encode()
    end = len(data)
    at = held = 0
    while at < end:
        char = chr(data[at])
        at += 1
        if char in "\r\n":
            continue
        if char in _ALPHABET:
            held = (held + 1) % 4
            continue
        if char != _PAD or held < 2:
            return at - 1
        return _after_padding(data, at, held)
    return end - held


def _after_padding(data: bytes, at: int, held: int) -> int:
    """Return the position of what is wrong after the first sign of padding, before ``at``."""
    at = _skipped(data, at)
    if held == 2:
        if at == len(data):
            return len(data)
        if chr(data[at]) != _PAD:
            return at
        at = _skipped(data, at + 1)
    return at


def _skipped(data: bytes, at: int) -> int:
    while at < len(data) and data[at : at + 1] in {b"\r", b"\n"}:
        at += 1
    return at
