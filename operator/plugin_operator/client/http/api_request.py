"""The request to an API server as one value, which every transport takes and hands on.

Owns what is sent, how long it may take, and what must hold at the moment it is sent. Host, credentials and retries are
left to ``Connection``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Query: TypeAlias = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request to an API server.

    Attributes:
        method: of HTTP, in capitals.
        path: without the host, starting with a slash; characters that no path may have are quoted when it is sent.
        query: names and values, not quoted yet.
        body: None sends none.
        content_type: of ``body``.
        accept: media types that the caller reads.
        timeout_seconds: until the whole answer is there, waits for ``Retry-After`` included. For a stream: the longest
            silence, before the first byte and after.
        about: log fields that name the caller, for warnings of the API server.
        send_guard: called directly before the first byte of each attempt, once a connection is there. What it raises
            ends the request; nothing is sent.
    """

    method: str
    path: str
    query: Query = ()
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    accept: str = "application/json"
    timeout_seconds: float = 30.0
    about: Mapping[str, str] | None = field(default=None, repr=False)
    send_guard: Callable[[], None] | None = field(default=None, repr=False)

    @property
    def is_write(self) -> bool:
        """Whether the server may change something; such a request is never sent twice on a guess."""
        return self.method != "GET"
