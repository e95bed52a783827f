"""``Transport``: the interface of a connection to an API server.

Owns the types of responses. ``Connection`` implements ``Transport`` over HTTP; tests implement it in memory.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec

from plugin_operator.client.http.api_request import ApiRequest


class Response(msgspec.Struct, frozen=True):
    """A complete response with a status below 400; header names are case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        """Return status and headers only: a body may contain secrets."""
        return f"Response({self.status}, {self.headers!r})"


class ByteStream(Protocol):
    """The body of a response without a known end."""

    async def read(self) -> bytes:
        """Return the received bytes, at least one; ``b""`` after the server has ended the stream properly.

        Raises:
            ApiConnectionError: the stream broke, was truncated, or exceeded its deadline without data.
        """


class Transport(Protocol):
    """Requests and streams to one API server."""

    async def send(self, request: ApiRequest) -> Response:
        """Send a request and return the complete response.

        Raises:
            ApiError: the subclass for the status of an error response.
            AnswerTooLargeError: the response exceeds the limit for the request, see ``limits``.
            ApiConnectionError: no complete response arrived within ``request.timeout_seconds``.
        """

    def stream(self, request: ApiRequest) -> AbstractAsyncContextManager[ByteStream]:
        """Open a stream; leaving the context closes it.

        Raises:
            ApiError: on entering, as ``send``.
            ApiConnectionError: on entering, as ``send``.
        """
