"""What a server answers: a ``Response`` with a known length, or a ``Stream`` without an end that is known before."""

from http import HTTPStatus
from typing import Protocol, TypeAlias

from multidict import CIMultiDict

Headers: TypeAlias = CIMultiDict[str] | list[tuple[str, str]] | tuple[tuple[str, str], ...]
"""Names and values of headers."""

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_WITHOUT_BODY = frozenset({204, 304})


class Response:
    """A response whose body is known.

    Args:
        status: the status code.
        body: the body.
        headers: names and values; the length and the date are added.

    Attributes:
        status, body: as above.
        headers: the headers; names are case-insensitive.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: bytes = b"", headers: Headers = ()) -> None:
        self.status = status
        self.body = body
        self.headers = headers if isinstance(headers, CIMultiDict) else CIMultiDict(headers)

    def __repr__(self) -> str:
        """Show neither headers nor body, which may have secrets."""
        return f"Response({self.status})"


class Stream(Protocol):
    """A response of which pieces are sent as they come. Each method raises ConnectionError if the client is gone."""

    async def write(self, data: bytes) -> None:
        """Send a piece, and wait while the client does not read."""

    async def end(self) -> None:
        """Send the end of the response; no effect if it was sent."""


def has_body(status: int) -> bool:
    """Report whether a response with this status may have a body."""
    return status not in _WITHOUT_BODY


def head_of(status: int, headers: CIMultiDict[str], *, is_last: bool, date: str) -> bytes:
    """Return the status line and the headers.

    Args:
        status: the status code.
        headers: names and values. Line feeds in them become spaces, because a header may hold what a client sent.
        is_last: whether the connection is closed after the response.
        date: the value of the header ``Date``.
    """
    text = f"HTTP/1.1 {status} {_PHRASES.get(status, '')}\r\n"
    for name, value in headers.items():
        text += f"{name}: {value}\r\n"
    if text.count("\n") != len(headers) + 1 or text.count("\r") != len(headers) + 1 or "\0" in text:
        return head_of(status, _without_lines(headers), is_last=is_last, date=date)
    text += f"Date: {date}\r\nConnection: close\r\n\r\n" if is_last else f"Date: {date}\r\n\r\n"
    return text.encode("utf-8", "surrogateescape")


def _without_lines(headers: CIMultiDict[str]) -> CIMultiDict[str]:
    spaces = str.maketrans("\r\n\0", "   ")
    return CIMultiDict((name.translate(spaces), value.translate(spaces)) for name, value in headers.items())
