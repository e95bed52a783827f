"""Requests byte by byte: the status of each, what ends the connection, and the bytes of a response."""

import asyncio
import random
import re
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.checks import Check, Probe
from plugin_operator.serving.connections import ConnectionLimits
from plugin_operator.serving.http.request_parser import RefusedError, RequestParser
from plugin_operator.serving.routes import metrics_routes, probe_routes, status_routes
from plugin_operator.serving.server import HttpServer
from tests.unit.serving.raw_requests import END, HEAD, REQUESTS, mutated

_HEAD = re.compile(rb"HTTP/1\.[01] (\d{3}) [A-Za-z -]+\r\n(?:[A-Za-z-]+: [^\r\n]+\r\n)+\r\n")
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n")


async def odd() -> None:
    raise RuntimeError("a reason")


async def passes() -> None:
    return


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    checks: dict[str, Check] = {"odd": odd, "a b": passes, "a/b": passes, "ä": passes}
    routes = [
        *probe_routes(Probe("healthz"), Probe("readyz", checks)),
        *metrics_routes(lambda _accept: ("text/plain; version=0.0.4", b"up 1\n")),
        *status_routes(lambda: {"plugins": []}),
    ]
    limits = ConnectionLimits(request_seconds=2, keepalive_seconds=0.3)
    server = HttpServer("test server", BindAddress("127.0.0.1", 0), routes, limits=limits)
    await server.start()
    yield server
    await server.stop(5)


async def responses_to(server: HttpServer, raw: bytes, count: int) -> list[bytes]:
    """Return the responses to ``raw`` one by one, at most ``count`` and whatever comes before the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(raw)
    received = b""
    try:
        async with asyncio.timeout(10):
            while piece := await reader.read(65536):
                received += piece
    finally:
        writer.transport.abort()
    return divided(received, methods_of(raw), count)


def divided(received: bytes, methods: list[str], count: int) -> list[bytes]:
    """Divide the bytes of responses; each must be whole and well-formed."""
    responses = []
    for number in range(count):
        head = _HEAD.match(received)
        assert head is not None, received[:200]
        length = _LENGTH.search(head[0])
        assert length is not None
        is_head = number < len(methods) and methods[number] == "HEAD"
        end = head.end() + (0 if is_head else int(length[1]))
        assert len(received) >= end, received
        responses.append(received[:end])
        received = received[end:]
    assert received == b""
    return responses


def methods_of(raw: bytes) -> list[str]:
    parser, received, methods = RequestParser(""), bytearray(raw), list[str]()
    try:
        while received:
            request = parser.take(received)
            if request is not None:
                methods.append(request.method)
                if not request.keep_alive:
                    break
    except RefusedError:
        methods.append("refused")
    return methods


@pytest.mark.parametrize("name", REQUESTS)
async def test_each_request_has_its_status(server: HttpServer, name: str) -> None:
    with capture_logs() as logs:
        expected = REQUESTS[name]
        responses = await responses_to(server, expected.raw, len(expected.statuses))
    assert tuple(int(response[9:12]) for response in responses) == expected.statuses
    ends = bool(responses) and b"\r\nConnection: close\r\n" in responses[-1]
    assert ends == expected.closes
    assert logs == []


async def test_a_response_has_these_bytes(server: HttpServer) -> None:
    (response,) = await responses_to(server, b"GET /healthz" + HEAD + END, 1)
    assert re.sub(rb"Date: \w{3}, \d\d \w{3} 20\d\d \d\d:\d\d:\d\d GMT", b"Date: now", response) == (
        b"HTTP/1.1 200 OK\r\n"
        b"X-Content-Type-Options: nosniff\r\n"
        b"Cache-Control: no-store\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Length: 2\r\n"
        b"Date: now\r\n"
        b"\r\n"
        b"ok"
    )


async def test_head_has_the_headers_of_get_and_no_body(server: HttpServer) -> None:
    for path in (b"/healthz", b"/readyz", b"/metrics", b"/status", b"/other"):
        get, head = await responses_to(server, b"GET %s%s\r\nHEAD %s%s\r\n" % (path, HEAD, path, HEAD), 2)
        without_date = [re.sub(rb"Date: [^\r]+", b"", each.partition(b"\r\n\r\n")[0]) for each in (get, head)]
        assert without_date[0] == without_date[1]
        assert head.endswith(b"\r\n\r\n")


async def test_a_connection_of_http_1_0_stays_if_the_client_asks_for_it(server: HttpServer) -> None:
    ask = b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    first, second = await responses_to(server, ask * 2, 2)
    assert first.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"\r\nConnection: keep-alive\r\n" in first
    assert second.endswith(b"ok")


async def test_no_error_repeats_what_the_client_sent(server: HttpServer) -> None:
    for raw in (b"GET /MARKER" + HEAD + END, b"MARKER /" + HEAD + END, b"GET /" + HEAD + b"MARKER: \0\r\n\r\n"):
        (response,) = await responses_to(server, raw, 1)
        assert b"MARKER" not in response


@pytest.mark.parametrize("seed", range(2))
async def test_mutated_requests_get_one_response_each_without_a_line_in_the_log(server: HttpServer, seed: int) -> None:
    chance = random.Random(seed)

    async def check(raw: bytes) -> None:
        methods = methods_of(raw)
        responses = await responses_to(server, raw, len(methods))
        if methods and methods[-1] == "refused":
            assert b"\r\nConnection: close\r\n" in responses[-1]

    with capture_logs() as logs:
        for _ in range(3):
            await asyncio.gather(*(check(mutated(chance)) for _ in range(100)))
    assert logs == []
