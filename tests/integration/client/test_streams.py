"""Streams: opened in time, read as they arrive, ended properly or with an error, and closed with their context."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest

from plugin_operator.client import Access, ApiRequest, ByteStream, Connection, ConnectionConfig, FixedAccess
from plugin_operator.client.http.connection import REST_CLIENT_REQUESTS
from plugin_operator.client.http.direct import wire
from plugin_operator.errors import ApiConnectionError, ServerError
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PIECE = b"10000\r\n" + b"x" * 65536 + b"\r\n"
Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Reads a request and lets the script answer; what the script does not close stays open."""

    def __init__(self) -> None:
        self.script: Script = says(OK + b"Content-Length: 0\r\n\r\n")
        self.heads: list[str] = []
        self.url = ""
        self.open = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.writers.append(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            answering = asyncio.ensure_future(self.script(writer))
            await reader.read()  # until the client closes
            answering.cancel()
        writer.close()
        self.open -= 1


def says(text: bytes, *, close: bool = False) -> Script:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        if close:
            writer.close()

    return answer


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.handle, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield made
    listening.close()
    for writer in made.writers:
        writer.transport.abort()


async def read_all(stream: ByteStream) -> list[bytes]:
    pieces = []
    while piece := await stream.read():
        pieces.append(piece)
    return pieces


class Link:
    """A connection to the server, its metrics, and the way that its streams take."""

    def __init__(self, connection: Connection, metrics: Metrics, *, is_direct: bool) -> None:
        self.connection = connection
        self.metrics = metrics
        self.is_direct = is_direct

    def stream(self, seconds: float = 20.0) -> contextlib.AbstractAsyncContextManager[ByteStream]:
        return self.connection.stream(ApiRequest("GET", "/x", timeout_seconds=seconds))


@pytest.fixture(params=["direct", "by aiohttp"])
async def link(server: Server, request: pytest.FixtureRequest) -> AsyncIterator[Link]:
    metrics, is_direct = Metrics(), request.param == "direct"
    config = ConnectionConfig(server.url, FixedAccess(Access(server.url, "Bearer t")))
    traces = [] if is_direct else [aiohttp.TraceConfig()]
    async with Connection.open(config, metrics, user_agent="tester", traces=traces) as opened:
        yield Link(opened, metrics, is_direct=is_direct)


ENDS = {
    "the last chunk": CHUNKED + b"5\r\nhello\r\n0\r\n\r\n",
    "its length": OK + b"Content-Length: 5\r\n\r\nhello",
    "a status without a body": b"HTTP/1.1 204 No Content\r\n\r\n",
    "an early hint before": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + b"Content-Length: 5\r\n\r\nhello",
}


@pytest.mark.parametrize("end", ENDS)
async def test_the_proper_end_of_a_stream_is_no_bytes(server: Server, link: Link, end: str) -> None:
    server.script = says(ENDS[end])
    async with link.stream() as stream:
        if b"hello" in ENDS[end]:
            assert await stream.read() == b"hello"
        assert [await stream.read(), await stream.read()] == [b"", b""]


async def test_without_a_length_a_stream_ends_with_its_connection(server: Server, link: Link) -> None:
    server.script = says(OK + b"\r\nhello", close=True)
    async with link.stream() as stream:
        assert [await stream.read(), await stream.read()] == [b"hello", b""]


@pytest.mark.parametrize("head", [CHUNKED + b"5\r\nhe", CHUNKED + b"2\r\nhe\r\n", OK + b"Content-Length: 5\r\n\r\nhe"])
async def test_a_truncated_stream_is_an_error_after_what_was_received(server: Server, link: Link, head: bytes) -> None:
    server.script = says(head, close=True)
    async with link.stream() as stream:
        if link.is_direct:
            assert await stream.read() == b"he"
        with pytest.raises(ApiConnectionError, match=r"^the stream broke: "):
            await read_all(stream)


async def test_the_deadline_of_the_opening_includes_headers_that_drip(server: Server, link: Link) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        while True:
            writer.write(b"X: y\r\n")
            await asyncio.sleep(0.01)

    server.script = drip
    with pytest.raises(ApiConnectionError, match="no answer in time"):
        await link.stream(0.3).__aenter__()
    await eventually(lambda: server.open == 0)
    assert link.metrics.family(REST_CLIENT_REQUESTS).get("<error>", "GET", server.url[7:]) == 1


async def test_a_stream_that_drips_is_not_silent(server: Server, link: Link) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED)
        for _ in range(20):
            writer.write(b"1\r\nx\r\n")
            await asyncio.sleep(0.03)

    server.script = drip
    async with link.stream(0.3) as stream:
        for _ in range(20):
            assert await stream.read() == b"x"
        with pytest.raises(ApiConnectionError, match="in time"):
            await stream.read()


async def test_a_server_is_not_silent_while_nobody_reads(server: Server, link: Link) -> None:
    """The buffer fills, so nothing is received for longer than the server may be silent."""

    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED)
        for _ in range(300):
            writer.write(PIECE)
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    server.script = flood
    async with link.stream(0.3) as stream:
        await asyncio.sleep(1.0)
        pieces = await read_all(stream)
    assert sum(map(len, pieces)) == 300 * 65536
    assert max(map(len, pieces)) < 2**21


async def test_a_reader_that_is_slow_holds_up_the_server(server: Server, link: Link) -> None:
    sent = 0

    async def flood(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(CHUNKED)
        with contextlib.suppress(OSError):
            while True:
                writer.write(PIECE)
                await writer.drain()
                sent += 65536

    server.script = flood
    async with link.stream() as stream:
        steady = -1
        while steady != sent:  # no byte in half a second: the buffers of both and of the kernel are full
            steady = sent
            await asyncio.sleep(0.5)
        async with asyncio.timeout(10):
            while sent == steady:
                assert await stream.read()


async def test_leaving_the_context_closes_the_connection(server: Server, link: Link) -> None:
    server.script = says(CHUNKED + b"2\r\nhe\r\n")
    async with link.stream() as stream:
        assert await stream.read() == b"he"
        assert server.open == 1
    await eventually(lambda: server.open == 0)
    with pytest.raises(RuntimeError, match="of the reader"):
        async with link.stream():
            raise RuntimeError("of the reader")
    await eventually(lambda: server.open == 0)


@pytest.mark.parametrize("answer", [b"", CHUNKED], ids=["opening", "reading"])
async def test_a_cancelled_stream_closes_its_connection(server: Server, link: Link, answer: bytes) -> None:
    server.script = says(answer)

    async def read() -> None:
        async with link.stream() as stream:
            await stream.read()

    reading = asyncio.create_task(read())
    await eventually(lambda: len(server.heads) == 1)
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await eventually(lambda: server.open == 0)


async def test_a_reader_can_give_up_one_read_and_read_on(server: Server, link: Link) -> None:
    server.script = says(CHUNKED)
    async with link.stream() as stream:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await stream.read()
        server.writers[0].write(b"2\r\nhe\r\n")
        assert await stream.read() == b"he"


async def test_the_end_of_the_connection_ends_its_streams(server: Server, link: Link) -> None:
    server.script = says(CHUNKED)
    async with link.stream() as stream:
        reading = asyncio.create_task(stream.read())
        await asyncio.sleep(0.05)
        await link.connection._close()
        with pytest.raises(ApiConnectionError):
            await reading
        with pytest.raises(ApiConnectionError, match="the operator stops"):
            await link.stream().__aenter__()


async def test_an_error_has_its_status_though_its_body_is_slow_or_cut_short(
    server: Server, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = b"HTTP/1.1 500 Oh\r\nContent-Length: 999\r\n\r\nwhy"
    server.script = says(head, close=True)
    with pytest.raises(ServerError, match="why"):
        await link.stream().__aenter__()
    if link.is_direct:
        monkeypatch.setattr(wire, "ERROR_SECONDS", 0.05)
        server.script = says(head)
        with pytest.raises(ServerError, match="why"):
            await link.stream().__aenter__()
        monkeypatch.setattr(wire, "ERROR_SECONDS", 5.0)
        with pytest.raises(ServerError, match="why"):
            await link.stream(0.2).__aenter__()
    await eventually(lambda: server.open == 0)


async def test_the_head_of_a_request_for_a_stream(server: Server, link: Link) -> None:
    await link.stream().__aenter__()
    lines = server.heads[0].strip().split("\r\n")
    assert lines[0] == "GET /x HTTP/1.1"
    assert sorted(lines[1:]) == [
        "Accept-Encoding: identity",
        "Accept: application/json",
        "Authorization: Bearer t",
        f"Host: {server.url[7:]}",
        "User-Agent: tester",
    ]
