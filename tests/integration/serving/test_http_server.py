"""Probes, metrics and status over real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest

from plugin_operator.errors import PluginOperatorError
from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.checks import Probe
from plugin_operator.serving.routes import metrics_routes, probe_routes, status_routes
from plugin_operator.serving.server import HttpServer


async def fails() -> None:
    raise RuntimeError("not synced: v1/ConfigMap")


async def passes() -> None:
    return


@pytest.fixture
async def readyz() -> Probe:
    return Probe("readyz", {"ping": passes, "informers": fails})


@pytest.fixture
async def server(readyz: Probe) -> AsyncIterator[HttpServer]:
    routes = [
        *probe_routes(readyz, Probe("healthz")),
        *metrics_routes(lambda accept: ("text/plain; version=0.0.4", f"accept {accept}\n".encode())),
        *status_routes(lambda: {"plugins": []}),
    ]
    server = HttpServer("test server", BindAddress("", 0), routes)
    await server.start()
    yield server
    await server.stop(5)


@pytest.fixture
async def http(server: HttpServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:
        yield session


async def text_of(http: aiohttp.ClientSession, path: str) -> tuple[int, str]:
    async with http.get(path) as answer:
        return answer.status, await answer.text()


async def test_a_failing_probe_answers_500_and_withholds_the_reason(http: aiohttp.ClientSession) -> None:
    assert await text_of(http, "/readyz") == (
        500,
        "[-]informers failed: reason withheld\n[+]ping ok\nreadyz check failed\n",
    )


async def test_a_single_check_tells_its_reason(http: aiohttp.ClientSession) -> None:
    assert await text_of(http, "/readyz/informers") == (500, "internal server error: not synced: v1/ConfigMap\n")
    assert await text_of(http, "/readyz/ping") == (200, "ok")


async def test_an_unknown_check_or_path_is_not_found(http: aiohttp.ClientSession) -> None:
    assert (await text_of(http, "/readyz/nothing"))[0] == 404
    assert (await text_of(http, "/debug"))[0] == 404


async def test_excluding_the_failing_check_passes(http: aiohttp.ClientSession) -> None:
    assert await text_of(http, "/readyz?exclude=informers") == (200, "ok")
    assert await text_of(http, "/readyz?verbose&exclude=informers") == (
        200,
        "[+]informers excluded: ok\n[+]ping ok\nreadyz check passed\n",
    )


async def test_a_passing_probe_says_ok(http: aiohttp.ClientSession) -> None:
    async with http.get("/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, "ok")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert await text_of(http, "/healthz/ping") == (200, "ok")


async def test_metrics_are_rendered_for_what_the_scraper_accepts(http: aiohttp.ClientSession) -> None:
    async with http.get("/metrics", headers={"Accept": "application/openmetrics-text"}) as answer:
        assert await answer.text() == "accept application/openmetrics-text\n"
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4"


async def test_status_is_json(http: aiohttp.ClientSession) -> None:
    async with http.get("/status") as answer:
        assert await answer.json() == {"plugins": []}


async def test_a_flood_of_header_bytes_is_refused(http: aiohttp.ClientSession) -> None:
    async with http.get("/healthz", headers={"X-Flood": "x" * 20_000}) as answer:
        assert answer.status == 431
    assert await text_of(http, "/healthz") == (200, "ok")


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this kernel has no IPv6")
async def test_all_interfaces_include_ipv6(server: HttpServer) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"http://[::1]:{server.port}/healthz") as answer:
        assert answer.status == 200


async def test_a_taken_port_is_told_with_the_way_out(server: HttpServer) -> None:
    second = HttpServer("metrics server", BindAddress("", server.port), [], way_out="; choose another")
    with pytest.raises(PluginOperatorError, match=rf"metrics server cannot listen on :{server.port}.*; choose another"):
        await second.start()


async def test_stopping_what_never_started_is_harmless() -> None:
    await HttpServer("idle", BindAddress("127.0.0.1", 0), []).stop(1)


async def test_a_flood_of_headers_is_refused_without_a_line_in_the_log(
    server: HttpServer, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n")
    assert b"431 Request Header Fields Too Large" in await asyncio.wait_for(reader.read(200), 10)
    writer.close()
    assert caplog.records == []
    assert await text_of(http, "/healthz") == (200, "ok")
