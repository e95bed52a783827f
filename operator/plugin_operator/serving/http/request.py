"""``Request``: what a handler knows of one HTTP request."""

from collections.abc import Mapping

import msgspec

SERVED_METHODS = ("GET", "HEAD")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One complete request. Its body, if it had one, was dropped.

    Attributes:
        method: in upper case, as it was sent.
        path: percent-decoded once a router has seen it; ``*`` for the server itself.
        query: what follows the question mark, encoded.
        headers: by name in lower case; values of the same name are joined with a comma.
        version: ``1.0`` or ``1.1``.
        keep_alive: whether the client, and what it sent, allow another request on the connection.
        peer: identity of the client, see ``connections.peer_of``.
        route: path of the route that serves this path; empty for none.
        tail: the part of ``path`` for which ``*`` stands in the route.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = {}
    version: str = "1.1"
    keep_alive: bool = True
    peer: str = ""
    route: str = ""
    tail: str = ""

    def __repr__(self) -> str:
        # Headers and query may hold credentials.
        return f"Request({self.method} {self.path})"

    @property
    def is_served(self) -> bool:
        """Whether a route exists for the path, and the method is one that routes serve."""
        return bool(self.route) and self.method in SERVED_METHODS
