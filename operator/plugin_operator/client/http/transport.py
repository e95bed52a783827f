"""What the rest of the operator needs of a connection to an API server, and nothing about how it is made.

Owns the values that cross that border. ``Connection`` fulfils ``Transport`` over HTTP; tests script it.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

Query: TypeAlias = Sequence[tuple[str, str]]


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

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: bytes | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout_seconds: float = 30.0,
    ) -> Response:
        """Send one request and return the whole answer.

        Raises:
            ApiError: a subclass that fits the status of a failure.
            AnswerTooLargeError: the answer has more bytes than ``limits`` allows for such a request.
            ApiConnectionError: no complete answer came within ``timeout_seconds``.
        """

    def stream(
        self, path: str, *, query: Query = (), accept: str = "application/json", timeout_seconds: float
    ) -> AbstractAsyncContextManager[ByteStream]:
        """Open a stream with GET; ``timeout_seconds`` is the longest silence, before the first byte and after.

        Raises:
            ApiError: on entering, as ``request``.
            ApiConnectionError: on entering, as ``request``.
        """
