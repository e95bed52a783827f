"""Floods, slow and silent clients at the embedded API server as a command runs it: others are served, watches go on."""

import asyncio
import contextlib
import io
import json
import resource
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from msgspec.structs import replace

from kube_apiserver import ApiServer, ApiServerConfig
from kube_apiserver.wire import body
from plugin_operator.serving.api_server_listener import LimitedFront
from plugin_operator.serving.connections import ConnectionLimits
from plugin_operator.testing.eventually import eventually

LIMITS = ConnectionLimits(connections=16, answer_seconds=None, keepalive_seconds=300.0)
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
HEAD = f"POST {CONFIGMAPS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


class FloodedServer:
    """A server, its front, and the connections that a test opens to it."""

    def __init__(self, server: ApiServer, front: LimitedFront) -> None:
        self.server = server
        self.front = front
        self.url = server.endpoint.url
        ca = server.endpoint.ca_pem
        self.tls = ssl.create_default_context(cadata=ca) if ca else True
        self.headers = {"Authorization": f"Bearer {server.endpoint.token}"} if ca else {}
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self, sent: bytes = b"", source: str = "127.0.0.1") -> asyncio.StreamReader:
        """Open a connection without TLS, whatever the server speaks."""
        port = int(self.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
        writer.write(sent)
        self._writers.append(writer)
        return reader

    async def crowd(self, count: int, sent: bytes = b"") -> None:
        for _ in range(count):
            await self.connect(sent)

    def session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=self.tls)
        return aiohttp.ClientSession(self.url, connector=connector, headers=self.headers)

    async def create(self, name: str) -> int:
        """Create an object over a connection of its own, and return the status."""
        async with asyncio.timeout(10), self.session() as session:
            return await self._create(session, name)

    async def _create(self, session: aiohttp.ClientSession, name: str) -> int:
        async with session.post(CONFIGMAPS, json={"metadata": {"name": name}}) as answer:
            return answer.status

    def seconds_left(self) -> list[float | None]:
        """How long each connection may go on without a word."""
        listener, now = self.front._listener, asyncio.get_running_loop().time()
        assert listener is not None
        timers = [each.timer for each in listener.table._open]
        return [None if timer is None else timer.when() - now for timer in timers]

    def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


@asynccontextmanager
async def running(limits: ConnectionLimits | None = LIMITS, *, tls: bool = False) -> AsyncIterator[FloodedServer]:
    front = LimitedFront("test server", limits)
    server = ApiServer(ApiServerConfig(tls=tls, bookmark_seconds=0.1), front=front)
    await server.start()
    flooded = FloodedServer(server, front)
    try:
        yield flooded
    finally:
        flooded.close()
        await server.stop()
        for _ in range(3):
            await asyncio.sleep(0)  # TLS takes a few turns of the loop to let its sockets go


async def is_cut(reader: asyncio.StreamReader) -> bool:
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(10):
            await reader.read()
    return True


@pytest.mark.parametrize(
    "sent", [b"", b"GET /api", b"GET /api HTTP/1.1\r\nX-Slow: ", HEAD.encode()], ids=["", "line", "header", "body"]
)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_a_flood_of_unfinished_requests_holds_up_no_client_and_takes_no_more_than_its_share(
    sent: bytes, tls: bool
) -> None:
    async with running(tls=tls) as flooded:
        await flooded.crowd(100, sent)
        for number in range(5):
            assert await flooded.create(f"c{number}") == 201
        assert len(flooded.front) <= LIMITS.connections


async def test_a_watch_lives_through_a_flood_of_idle_connections() -> None:
    async with running() as flooded, flooded.session() as session:
        query = {"watch": "1", "resourceVersion": "0"}
        async with session.get(CONFIGMAPS, params=query) as stream:
            assert stream.status == 200
            for number in range(3):
                await flooded.crowd(50)
                assert await flooded.create(f"c{number}") == 201
                async with asyncio.timeout(10):
                    event = json.loads(await stream.content.readline())
                assert event["object"]["metadata"]["name"] == f"c{number}"


async def test_a_client_elsewhere_keeps_its_watch_while_one_address_fills_the_table_with_watches() -> None:
    async with running() as flooded:
        ask = f"GET {CONFIGMAPS}?watch=1&resourceVersion=0 HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        watch = await flooded.connect(ask, "127.0.0.2")
        await watch.readuntil(b"\r\n\r\n")
        await flooded.crowd(60, ask)
        assert await flooded.create("a") == 201
        async with asyncio.timeout(10):
            assert await watch.readuntil(b'"name":"a"')


@pytest.mark.parametrize("sent", [b"", b"GET /api HTTP/1.1\r\nX-Slow: "], ids=["nothing", "half a header"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_who_sends_no_request_in_time_is_cut(sent: bytes, tls: bool) -> None:
    async with running(replace(LIMITS, request_seconds=0.2), tls=tls) as flooded:
        assert await is_cut(await flooded.connect(sent))
        await eventually(lambda: len(flooded.front) == 0)


async def test_a_body_that_never_comes_ends_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "SECONDS", 0.1)
    async with running() as flooded:
        reader = await flooded.connect(HEAD.encode() + b"{")
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 400")
        assert await flooded.create("a") == 201


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_large_objects_are_stored_and_too_large_ones_refused_in_words_over_one_connection(tls: bool) -> None:
    async with running(None, tls=tls) as flooded, flooded.session() as session:
        for number, size, status in ((1, 900_000, 201), (2, 1_040_000, 201), (3, 2_500_000, 422), (4, 3_500_000, 413)):
            document = json.dumps({"metadata": {"name": f"c{number}"}, "data": {"x": "y" * size}}).encode()
            head = {"Content-Type": "application/json"}
            async with session.post(CONFIGMAPS, data=io.BytesIO(document), headers=head) as answer:
                assert answer.status == status, await answer.text()
        assert await flooded.create("after") == 201


async def test_header_lines_without_an_end_are_cut() -> None:
    async with running(None) as flooded:
        reader = await flooded.connect(b"GET /api HTTP/1.1\r\n" + b"X-More: 0123456789\r\n" * 100_000)
        assert await is_cut(reader)
        assert await flooded.create("after") == 201


async def test_a_watch_has_no_deadline_and_an_idle_connection_is_kept_for_the_next_request() -> None:
    async with running() as flooded, flooded.session() as session:
        assert flooded.seconds_left() == []
        async with session.get(CONFIGMAPS, params={"watch": "1", "allowWatchBookmarks": "true"}) as stream:
            for _ in range(2):
                assert json.loads(await stream.content.readline())["type"] == "BOOKMARK"
            assert flooded.seconds_left() == [None]
            for _ in range(3):
                async with session.get("/version") as answer:
                    assert answer.status == 200
            (seconds,) = (each for each in flooded.seconds_left() if each is not None)
            assert seconds > 200


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_a_stop_in_a_flood_takes_no_time_and_leaves_nothing(tls: bool) -> None:
    async with running(tls=tls) as flooded:
        await flooded.crowd(40)
        async with flooded.session() as session, session.get(CONFIGMAPS, params={"watch": "1"}) as stream:
            assert stream.status == 200
            async with asyncio.timeout(5):
                await flooded.server.stop()
        assert len(flooded.front) == 0


def test_the_limit_leaves_the_process_files_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for soft, most in ((256, 128), (1024, 896), (2**20, 1024), (resource.RLIM_INFINITY, 1024), (32, 64)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        assert LimitedFront("x")._limits.connections == most
