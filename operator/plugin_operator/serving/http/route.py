"""``Route``: a path and its handler."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from plugin_operator.serving.http.request import Request
from plugin_operator.serving.http.response import Response

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

Middleware: TypeAlias = Callable[[Request, Handler], Awaitable[Response]]
"""Answers in place of the handler, or returns what the handler answers."""


class Route(msgspec.Struct, frozen=True):
    """What serves ``GET`` and ``HEAD`` of a path.

    Attributes:
        path: ``/name``, ``/name/``, or ``/name/*`` for all paths below that name.
        handler: returns the response; it is cancelled if the client disconnects.

    Raises:
        ValueError: the path has another form.
    """

    path: str
    handler: Handler

    def __post_init__(self) -> None:
        """Reject paths that the router does not know."""
        name, _, tail = self.path[1:].partition("/")
        if not self.path.startswith("/") or not name or "*" in name or tail not in {"", "*"}:
            raise ValueError(f"the path of a route is /name, /name/ or /name/*, not {self.path!r}")
