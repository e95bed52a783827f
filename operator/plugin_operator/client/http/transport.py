"""The interface of a connection to an API server.

Owns the values that answers come as. ``Connection`` implements ``Transport`` over HTTP; tests implement it in memory.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from plugin_operator.client.http.api_request import ApiRequest


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer with a status below 400; header names are compared without case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class ByteStream(Protocol):
    """The body of an answer that may never end."""

    async def read(self) -> bytes:
        """Return the bytes that have arrived, at least one, or ``b""`` once the server ended the stream properly.

        Raises:
            ApiConnectionError: the stream broke, was cut short or was silent past its deadline.
        """


class Transport(Protocol):
    """Requests and streams to one API server."""

    async def send(self, request: ApiRequest) -> Response:
        """Send a request and return the whole answer.

        Raises:
            ApiError: a subclass that fits the status of a failure.
            AnswerTooLargeError: the answer has more bytes than ``limits`` allows for such a request.
            ApiConnectionError: no complete answer came within ``request.timeout_seconds``.
        """

    def stream(self, request: ApiRequest) -> AbstractAsyncContextManager[ByteStream]:
        """Open a stream; leaving the context closes it.

        Raises:
            ApiError: on entering, as ``send``.
            ApiConnectionError: on entering, as ``send``.
        """
