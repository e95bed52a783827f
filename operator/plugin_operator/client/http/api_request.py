"""``ApiRequest``: a request to an API server as one value, passed through all transports.

Owns content, deadline and send guard of a request. Leaves host, credentials and retries to ``Connection``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Self, TypeAlias

import msgspec

Query: TypeAlias = Sequence[tuple[str, str]]


class ApiRequest(msgspec.Struct, frozen=True):
    """One request to an API server.

    Attributes:
        method: HTTP method in capitals.
        path: path without the host, with a leading slash; the connection quotes it.
        query: names and values, not quoted.
        body: body of the request, or None.
        content_type: media type of ``body``.
        accept: accepted media types.
        timeout_seconds: deadline for the complete response, including waits for ``Retry-After``. For a stream: the
            longest time without data, before the first byte and after.
        about: log fields that name the caller, for warnings of the API server.
        send_guard: called right before the first byte of each attempt, after the connection is established. An
            exception from it ends the request before any byte is sent.
    """

    method: str
    path: str
    query: Query = ()
    body: bytes | None = None
    content_type: str = "application/json"
    accept: str = "application/json"
    timeout_seconds: float = 30.0
    about: Mapping[str, str] | None = None
    send_guard: Callable[[], None] | None = None

    @property
    def is_write(self) -> bool:
        """Whether the request can change state on the server; it is not retried after an unknown outcome."""
        return self.method != "GET"

    def guarded_by(self, send_guard: Callable[[], None]) -> Self:
        """Return the request with a send guard."""
        return msgspec.structs.replace(self, send_guard=send_guard)

    def __repr__(self) -> str:
        """Return method, path and query only: a body may contain secrets."""
        return f"ApiRequest({self.method!r}, {self.path!r}, {self.query!r})"
