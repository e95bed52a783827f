"""Requests that no client sends: an answer or an end, no line in the log, and the next client is served."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from plugin_operator.metrics import Metrics
from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.checks import Probe
from plugin_operator.serving.connections import ConnectionLimits
from plugin_operator.serving.routes import metrics_routes, probe_routes, status_routes
from plugin_operator.serving.server import HttpServer
from plugin_operator.testing.eventually import eventually

HEAD = b" HTTP/1.1\r\nHost: x\r\n"
ASK = b"GET /healthz" + HEAD + b"\r\n"

CASES = {
    "bytes that are no text in a query": b"GET /readyz?verbose&exclude=%ff%fe" + HEAD + b"\r\n",
    "raw bytes in the path": b"GET /readyz/\xff" + HEAD + b"\r\n",
    "bytes that are no text in a path": b"GET /readyz/%ff" + HEAD + b"\r\n",
    "a reason that is no text": b"GET /readyz/odd" + HEAD + b"\r\n",
    "line breaks in a query": b"GET /readyz?verbose&exclude=%0d%0aX:1" + HEAD + b"\r\n",
    "700 excludes": b"GET /readyz?" + b"&".join(b"exclude=%d" % n for n in range(700)) + HEAD + b"\r\n",
    "a way up": b"GET /readyz/../../metrics" + HEAD + b"\r\n",
    "another host": b"GET http://elsewhere/healthz" + HEAD + b"\r\n",
    "half an address": b"GET http://[::1/healthz" + HEAD + b"\r\n",
    "a tunnel": b"CONNECT elsewhere:443" + HEAD + b"\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/9.9": b"GET /healthz HTTP/9.9\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a websocket": b"GET /healthz" + HEAD + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "a body": b"POST /metrics" + HEAD + b"Content-Length: 5\r\n\r\nabcde",
    "a body without end": b"GET /healthz" + HEAD + b"Content-Length: 99999999999\r\n\r\n",
    "a body of a negative length": b"GET /healthz" + HEAD + b"Content-Length: -1\r\n\r\n",
    "two lengths": b"GET /healthz" + HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "bad chunks": b"GET /healthz" + HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a body that is no gzip": b"GET /healthz" + HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "an expectation": b"GET /healthz" + HEAD + b"Expect: miracles\r\n\r\n",
    "a form with a version that is none": b"GET /metrics"
    + HEAD
    + b"Accept: text/plain;version=1.x;escaping=a=b\r\n\r\n",
    "forms without values": b"GET /metrics" + HEAD + b"Accept: application/openmetrics-text;version;escaping\r\n\r\n",
    "a form of raw bytes": b"GET /metrics" + HEAD + b"Accept: \xff\xfe;q=x;;,,\r\n\r\n",
    "2,000 forms": b"GET /metrics" + HEAD + b"Accept: " + b",".join([b"a/b"] * 2000) + b"\r\n\r\n",
    "a folded header": b"GET /healthz" + HEAD + b"X: a\r\n b\r\n\r\n",
    "a zero byte in a header": b"GET /healthz" + HEAD + b"\x00: y\r\n\r\n",
    "a host that is none": b"GET /healthz HTTP/1.1\r\nHost: \xff[]:99999999\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
}


async def odd() -> None:
    raise RuntimeError("the file plugins/\udcff.py is odd")


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    routes = [
        *probe_routes(Probe("healthz"), Probe("readyz", {"odd": odd})),
        *metrics_routes(Metrics().render),
        *status_routes(lambda: {"plugins": [{"name": "\udcff.py", "reasons": ("\ud800",), "serial": 7}]}),
    ]
    limits = ConnectionLimits(request_seconds=0.2, keepalive_seconds=0.2)
    server = HttpServer("test server", BindAddress("127.0.0.1", 0), routes, limits=limits)
    await server.start()
    yield server
    await server.stop(5)


async def send(server: HttpServer, raw: bytes) -> bytes:
    """Return what comes back for ``raw``, up to the first line break."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(raw)
    try:
        return await asyncio.wait_for(reader.readline(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


async def is_healthy(server: HttpServer) -> bool:
    """Ask once. On a busy machine, the server may end the request before the rest of it is there."""
    return (await send(server, ASK)).endswith(b"200 OK\r\n")


@pytest.mark.parametrize("name", CASES)
async def test_a_request_that_no_client_sends_is_answered_or_ended_without_a_line_in_the_log(
    server: HttpServer, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    with capture_logs() as logs:
        answer = await send(server, CASES[name])
        assert answer == b"" or answer.startswith(b"HTTP/")
        await eventually(lambda: is_healthy(server))
    assert (logs, caplog.records) == ([], [])


@pytest.mark.parametrize("seed", range(3))
async def test_broken_requests_of_every_kind_leave_no_line_in_the_log(
    server: HttpServer, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    chance = random.Random(seed)
    whole = list(CASES.values())
    with capture_logs() as logs:
        for _ in range(100):
            broken = bytearray(chance.choice(whole)[:3000])
            for _ in range(chance.randint(1, 8)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            await send(server, bytes(broken))
        await eventually(lambda: is_healthy(server))
    assert (logs, caplog.records) == ([], [])


async def test_names_that_are_no_text_are_written_out_in_the_status(server: HttpServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /status" + HEAD + b"\r\n")
    answer = await asyncio.wait_for(reader.readuntil(b"}]}"), 10)
    writer.transport.abort()
    assert answer.endswith(rb'{"plugins":[{"name":"\\udcff.py","reasons":["\\ud800"],"serial":7}]}')


async def test_a_page_that_fails_is_logged_once_however_often_it_is_asked_for() -> None:
    def fail(_accept: str) -> tuple[str, bytes]:
        raise ValueError("no page")

    server = HttpServer("test server", BindAddress("127.0.0.1", 0), metrics_routes(fail))
    await server.start()
    with capture_logs() as logs:
        for _ in range(20):
            assert b" 500 " in await send(server, b"GET /metrics" + HEAD + b"\r\n")
    await server.stop(5)
    (line,) = (line for line in logs if line["log_level"] == "error")
    assert (line["event"], line["route"]) == ("HTTP request failed", "/metrics")
