"""``Router``: from the path of a request to its handler.

Owns percent-decoding, and the responses for other paths and methods. Each segment is decoded once, after the path was
divided at its slashes. Dots have no meaning: no route is a folder.
"""

from collections.abc import Iterable
from urllib.parse import unquote

from msgspec.structs import replace

from plugin_operator.serving.http.request import Request
from plugin_operator.serving.http.response import Response, error_response
from plugin_operator.serving.http.route import Route


class Router:
    """Finds the route of a request.

    Args:
        routes: each path once.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = {route.path: route for route in routes}

    def resolve(self, request: Request) -> Request:
        """Return the request with its path decoded, and with the route of that path."""
        if not request.path.startswith("/"):
            return request
        first, slash, rest = request.path[1:].partition("/")
        name, tail = unquote(first), unquote(rest)
        pattern = f"/{name}{slash}{'*' if rest else ''}"
        route = pattern if pattern in self._routes and "/" not in name else ""
        return replace(request, path=f"/{name}{slash}{tail}", route=route, tail=tail if route else "")

    async def handle(self, request: Request) -> Response:
        """Return the response of the route, or 404 or 405."""
        if not request.route:
            return error_response(404)
        if not request.is_served:
            return error_response(405)
        return await self._routes[request.route].handler(request)
