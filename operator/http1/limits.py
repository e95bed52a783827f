"""``Limits``: what one client may cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The limits of one connection.

    Attributes:
        head_bytes: most bytes of a request line with its headers, and of what frames a body. 1 MiB is the limit of
            Go's ``net/http``.
        ahead_bytes: most bytes of a body that nothing reads yet; then nothing more is received.
        pipelined: most requests that wait for the one before; then nothing more is received.
        keepalive_seconds: how long a connection without a request stays open.
        linger_seconds: how long the rest of a body is received that the answer did not wait for. A client that still
            sends would not see the answer if the connection was closed at once.
    """

    head_bytes: int = 2**20
    ahead_bytes: int = 2**18
    pipelined: int = 8
    keepalive_seconds: float = 300.0
    linger_seconds: float = 10.0
