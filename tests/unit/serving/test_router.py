"""Which route serves a path, in each of its spellings."""

import pytest

from plugin_operator.serving.http.request import Request
from plugin_operator.serving.http.response import Response
from plugin_operator.serving.http.route import Route
from plugin_operator.serving.http.router import Router


async def answer(request: Request) -> Response:
    return Response(200, request.tail.encode())


ROUTER = Router(
    [Route("/metrics", answer), Route("/readyz", answer), Route("/readyz/", answer), Route("/readyz/*", answer)]
)


@pytest.mark.parametrize(
    ("path", "route", "tail"),
    [
        ("/metrics", "/metrics", ""),
        ("/%6Detrics", "/metrics", ""),
        ("/metrics/", "", ""),
        ("/metrics/x", "", ""),
        ("/metrics%2F", "", ""),
        ("/metrics%00", "", ""),
        ("//metrics", "", ""),
        ("/./metrics", "", ""),
        ("/readyz/../metrics", "/readyz/*", "../metrics"),
        ("/readyz", "/readyz", ""),
        ("/readyz/", "/readyz/", ""),
        ("/readyz/a", "/readyz/*", "a"),
        ("/readyz/v1%2FSecret", "/readyz/*", "v1/Secret"),
        ("/readyz/v1/Secret", "/readyz/*", "v1/Secret"),
        ("/readyz/%252F", "/readyz/*", "%2F"),
        ("/readyz%2Fa", "", ""),
        ("/readyz/*", "/readyz/*", "*"),
        ("/*", "", ""),
        ("/", "", ""),
        ("*", "", ""),
    ],
)
async def test_a_path_is_decoded_once_and_after_it_was_divided(path: str, route: str, tail: str) -> None:
    request = ROUTER.resolve(Request(method="GET", path=path))
    assert (request.route, request.tail) == (route, tail)
    response = await ROUTER.handle(request)
    assert (response.status, response.body) == ((200, tail.encode()) if route else (404, b"404 Not Found\n"))


async def test_other_methods_are_refused_on_paths_that_exist() -> None:
    for method in ("POST", "OPTIONS", "TRACE", "get"):
        response = await ROUTER.handle(ROUTER.resolve(Request(method=method, path="/metrics")))
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")
        assert (await ROUTER.handle(ROUTER.resolve(Request(method=method, path="/other")))).status == 404


@pytest.mark.parametrize("path", ["metrics", "/", "//x", "/a/b", "/a/b/*", "/*", "/a/**", ""])
def test_a_route_of_another_form_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="the path of a route is"):
        Route(path, answer)


def test_a_header_cannot_end_its_line() -> None:
    with pytest.raises(ValueError, match="X-Odd"):
        Response(200, b"", headers={"X-Odd": "a\r\nSet-Cookie: b"})


def test_no_repr_shows_headers_a_query_or_a_body() -> None:
    request = Request(method="GET", path="/metrics", query="token=MARKER", headers={"authorization": "Bearer MARKER"})
    assert "MARKER" not in repr((request, Response(200, b"MARKER", headers={"X": "MARKER"})))
