"""``Response``, and its head on the wire."""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from plugin_operator.clock import SystemClock
from plugin_operator.serving.http.request import SERVED_METHODS, Request

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ALWAYS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
_FORBIDDEN = frozenset("\r\n\0")
_CLOCK = SystemClock()


class Response(msgspec.Struct, frozen=True):
    """What a handler answers. Content-Length, Date, Connection and headers against caching are added.

    Attributes:
        status: HTTP status.
        body: not sent to ``HEAD``, but its length is.
        content_type: of the body.
        headers: more headers.

    Raises:
        ValueError: a header would end its line.
    """

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"Response({self.status}, {len(self.body)} bytes)"

    def __post_init__(self) -> None:
        """Reject headers that are more than one line."""
        for name, value in (("Content-Type", self.content_type), *self.headers.items()):
            if not _FORBIDDEN.isdisjoint(name + value):
                raise ValueError(f"the header {name!r} is more than one line")


def error_response(status: int) -> Response:
    """Return a response that says no more than its status."""
    headers = {"Allow": ", ".join(SERVED_METHODS)} if status == HTTPStatus.METHOD_NOT_ALLOWED else {}
    return Response(status, f"{status} {HTTPStatus(status).phrase}\n".encode(), headers=headers)


def head_of(response: Response, request: Request | None, *, closes: bool) -> bytes:
    """Return status line and headers.

    Args:
        response: the response.
        request: the request; None if it could not be parsed.
        closes: whether the connection ends with this response.
    """
    version = "1.1" if request is None else request.version
    headers = {
        **_ALWAYS,
        "Content-Type": response.content_type,
        **response.headers,
        "Content-Length": str(len(response.body)),
        "Date": _date(),
    }
    if closes:
        headers["Connection"] = "close"
    elif version == "1.0":
        headers["Connection"] = "keep-alive"
    lines = [f"HTTP/{version} {response.status} {HTTPStatus(response.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def _date() -> str:
    """Return the time in the form of RFC 9110, which no locale changes."""
    now = _CLOCK.now()
    return f"{_DAYS[now.weekday()]}, {now.day:02} {_MONTHS[now.month - 1]} {now.year} {now:%H:%M:%S} GMT"
