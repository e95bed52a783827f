"""Servers that break HTTP in every way: each is met by fifty requests and streams, and harms nobody beyond them."""

import asyncio
import contextlib
import gc
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import aiohttp
import pytest

from plugin_operator.client import Access, ApiClient, ApiRequest, Connection, ConnectionConfig, FixedAccess, RESTMapper
from plugin_operator.client.http import limits, receiving_budget
from plugin_operator.client.http.direct import wire
from plugin_operator.client.http.limits import body_limit
from plugin_operator.errors import (
    AnswerTooLargeError,
    ApiConnectionError,
    ApiError,
    ServerError,
    UnauthorizedError,
    is_external,
)
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually

REQUESTS = 50
Mode = Callable[[asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"


class Server:
    """Reads a request and lets the mode answer, as often as the connection lasts."""

    def __init__(self) -> None:
        self.mode: Mode = well
        self.heads: list[bytes] = []
        self.url = ""
        self._writers: set[asyncio.StreamWriter] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while not writer.is_closing():
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                answering = asyncio.ensure_future(self._answer(writer))
                while not answering.done() and not reader.at_eof():
                    await asyncio.wait([answering], timeout=0.02)
                answering.cancel()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        writer.close()
        self._writers.discard(writer)

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await self.mode(writer)
            await writer.drain()

    @property
    def open(self) -> int:
        return len(self._writers)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.handle, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield made
    listening.close()
    for writer in list(made._writers):
        writer.transport.abort()


@pytest.fixture
async def connection(server: Server) -> AsyncIterator[Connection]:
    config = ConnectionConfig(server.url, FixedAccess(Access(server.url, "Bearer t")))
    async with Connection.open(config, Metrics()) as opened:
        yield opened


def says(text: bytes, *, close: bool = True) -> Mode:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        if close:
            with contextlib.suppress(OSError):
                await writer.drain()
            writer.close()

    return answer


def never_ends(head: bytes, piece: bytes, pause_seconds: float = 0.0) -> Mode:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_seconds)

    return answer


async def well(writer: asyncio.StreamWriter) -> None:
    writer.write(OK + b"Content-Length: 2\r\n\r\n{}")


async def silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def cut(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def cut_in_the_body(writer: asyncio.StreamWriter) -> None:
    writer.write(OK + b"Content-Length: 100\r\n\r\nhalf")
    await writer.drain()
    writer.transport.abort()


def deflated(raw: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(raw) + packer.flush()


BOMB = deflated(b"x" * (64 * 2**20))
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + b"x" * 65536 + b"\r\n"

#: What each answer is; no mode has a well-formed answer to give.
MODES: dict[str, Mode] = {
    "closes at once": says(b""),
    "resets at once": cut,
    "never answers": silence,
    "is no HTTP": says(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "is HTTP/2": says(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\x00\x04\x00\x01\x00\x00"),
    "is a page of bytes": says(bytes(range(256)) * 40),
    "has a status line alone": says(OK),
    "has an impossible status": says(b"HTTP/1.1 99999 Odd\r\nContent-Length: 0\r\n\r\n"),
    "has headers without an end": never_ends(OK, b"X-Odd: y\r\n"),
    "has one header without an end": never_ends(OK + b"X-Odd: ", b"y" * 4096),
    "has a header with a NUL": says(OK + b"X-Odd: a\x00b\r\nContent-Length: 2\r\n\r\n{}"),
    "drips headers": never_ends(OK, b"X: y\r\n", 0.05),
    "drips a body": never_ends(OK + b"Content-Length: 100000\r\n\r\n", b"x", 0.05),
    "goes on with 100 for ever": never_ends(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "has a length that is no number": says(OK + b"Content-Length: two\r\n\r\n{}"),
    "has a negative length": says(OK + b"Content-Length: -1\r\n\r\n{}"),
    "has two lengths": says(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "has less than it says": says(OK + b"Content-Length: 100\r\n\r\n{}"),
    "has more than anything": says(OK + b"Content-Length: 999999999999999\r\n\r\n{}"),
    "resets in the body": cut_in_the_body,
    "has chunks without sense": says(CHUNKED + b"zz\r\nxx\r\n"),
    "has a negative chunk": says(CHUNKED + b"-5\r\nxx\r\n"),
    "has a chunk cut short": says(CHUNKED + b"ff\r\nxx"),
    "has chunks without an end": never_ends(CHUNKED, CHUNK),
    "has a body without an end": never_ends(OK + b"\r\n", b"x" * 65536),
    "says it is packed and is not": says(OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
    "is packed a thousand times": says(
        OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(BOMB), BOMB)
    ),
    "redirects": says(b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
    "fails with a body without an end": never_ends(b"HTTP/1.1 500 Oh\r\n\r\n", b"x" * 65536),
    "fails with a drip": never_ends(b"HTTP/1.1 503 Oh\r\nContent-Length: 100000\r\n\r\n", b"x", 0.05),
    "refuses credentials": says(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"),
    "asks to wait for ever": says(b"HTTP/1.1 429 Slow\r\nRetry-After: 99999999999\r\nContent-Length: 0\r\n\r\n"),
    "asks to wait without sense": says(b"HTTP/1.1 429 Slow\r\nRetry-After: \xff\x00soon\r\nContent-Length: 0\r\n\r\n"),
    "asks to retry at once, always": says(b"HTTP/1.1 503 Slow\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"),
}

#: What is no harm to a stream, whose reader has limits of its own.
ENDLESS = {"drips a body", "has chunks without an end", "has a body without an end", "is packed a thousand times"}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have limits that tests can afford."""
    for name in ("MAX_OBJECT_BYTES", "MAX_PAGE_BYTES", "MAX_LIST_BYTES", "MAX_DOCUMENT_BYTES"):
        monkeypatch.setattr(limits, name, 2**18)
    monkeypatch.setattr(wire, "ERROR_SECONDS", 0.2)


async def outcome(call: Awaitable[object]) -> Exception | None:
    try:
        await call
    except (ApiConnectionError, ApiError) as error:
        return error
    return None


async def streamed(connection: Connection, path: str) -> None:
    async with connection.stream(ApiRequest("GET", path, timeout_seconds=0.5)) as stream:
        size = 0
        for _ in range(50):  # what reads it has limits of its own
            piece = await stream.read()
            size += len(piece)
            if not piece or size > 2**20:
                return


@pytest.mark.parametrize("name", MODES)
async def test_fifty_requests_to_a_hostile_server_fail_alone(
    server: Server, connection: Connection, small: None, name: str
) -> None:
    server.mode = MODES[name]
    outcomes: list[Exception | None] = []
    async with asyncio.timeout(60):
        while len(server.heads) < REQUESTS:  # where time is short, some deadlines pass before the server is asked
            calls = (
                connection.send(
                    ApiRequest("GET" if n % 2 else "PUT", "/api/v1/namespaces/a/pods/p", timeout_seconds=0.5)
                )
                for n in range(REQUESTS)
            )
            outcomes += await asyncio.gather(*map(outcome, calls))
    assert all(each is not None and is_external(each) for each in outcomes)
    assert max(len(str(each)) for each in outcomes) < 5000
    server.mode = well
    for _ in range(3):
        assert (await connection.send(ApiRequest("GET", "/api/v1/pods/p", timeout_seconds=5))).body == b"{}"


@pytest.mark.parametrize("way", ["direct", "by aiohttp"])
@pytest.mark.parametrize("name", MODES)
async def test_fifty_streams_from_a_hostile_server_end_alone(server: Server, small: None, name: str, way: str) -> None:
    server.mode = MODES[name]
    config = ConnectionConfig(server.url, FixedAccess(Access(server.url, "Bearer t")))
    traces = [] if way == "direct" else [aiohttp.TraceConfig()]
    outcomes: list[Exception | None] = []
    async with Connection.open(config, Metrics(), traces=traces) as connection:
        async with asyncio.timeout(60):
            while len(server.heads) < REQUESTS:
                outcomes += await asyncio.gather(
                    *(outcome(streamed(connection, "/api/v1/pods")) for _ in range(REQUESTS))
                )
        if name in ENDLESS:
            assert not all(outcomes)
        else:
            assert all(each is not None and is_external(each) for each in outcomes)
        assert max(len(str(each)) for each in outcomes) < 5000
        await eventually(lambda: server.open == 0)
        server.mode = well
        async with connection.stream(ApiRequest("GET", "/api/v1/pods", timeout_seconds=5)) as stream:
            assert [await stream.read(), await stream.read()] == [b"{}", b""]
    await eventually(lambda: server.open == 0)


async def test_what_a_server_sends_unasked_answers_no_later_request(server: Server, connection: Connection) -> None:
    poison = OK + b"Content-Length: 8\r\n\r\npoisoned"
    server.mode = says(OK + b"Content-Length: 2\r\n\r\n{}" + poison, close=False)
    for _ in range(REQUESTS):
        assert (await connection.send(ApiRequest("GET", "/api/v1/pods/p", timeout_seconds=5))).body == b"{}"
        await asyncio.sleep(0)


async def test_credentials_never_follow_a_redirect(server: Server, connection: Connection) -> None:
    target = Server()
    listening = await asyncio.start_server(target.handle, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    head = f"HTTP/1.1 302 Moved\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n"
    server.mode = says(head.encode(), close=False)
    for _ in range(REQUESTS):
        assert isinstance(await outcome(connection.send(ApiRequest("GET", "/x", timeout_seconds=5))), ApiError)
    listening.close()
    assert target.heads == []


async def test_a_failure_whose_body_has_no_end_keeps_its_status(
    server: Server, connection: Connection, small: None
) -> None:
    server.mode = never_ends(b"HTTP/1.1 500 Oh\r\n\r\n", b"oh no " * 1000)
    with pytest.raises(ServerError, match="oh no"):
        await connection.send(ApiRequest("GET", "/x", timeout_seconds=10))
    server.mode = never_ends(b"HTTP/1.1 401 No\r\nContent-Length: 100000\r\n\r\n", b"x", 0.05)
    with pytest.raises(UnauthorizedError):
        await connection.stream(ApiRequest("GET", "/x", timeout_seconds=10)).__aenter__()


@pytest.fixture
def traced() -> Iterator[None]:
    """Count what Python allocates: resident memory is also what the allocator keeps, which differs from run to run."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/api/v1/namespaces/a/pods/p", limits.MAX_OBJECT_BYTES),
        ("/apis", limits.MAX_DOCUMENT_BYTES),
        ("/api/v1/pods?limit=500", limits.MAX_PAGE_BYTES),
    ],
)
async def test_a_body_without_an_end_takes_no_more_than_its_limit_and_leaves_nothing(
    traced: None, server: Server, connection: Connection, path: str, limit: int
) -> None:
    server.mode = never_ends(CHUNKED, CHUNK)
    path, _, page = path.partition("?limit=")
    query = [("limit", page)] if page else []
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    error = await outcome(
        connection.send(ApiRequest("GET", path, query=query, timeout_seconds=60))
    )  # kept until a retry
    assert isinstance(error, AnswerTooLargeError)
    assert tracemalloc.get_traced_memory()[1] - before < limit + 64 * 2**20  # a growing buffer is there twice briefly
    gc.collect()
    assert tracemalloc.get_traced_memory()[0] - before < 2**20


async def test_all_answers_together_are_bounded(
    server: Server, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving_budget, "MAX_RECEIVING_BYTES", 2**20)
    server.mode = never_ends(CHUNKED, CHUNK)
    calls = (connection.send(ApiRequest("GET", "/api/v1/pods/p", timeout_seconds=10)) for _ in range(REQUESTS))
    outcomes = await asyncio.gather(*map(outcome, calls))
    assert all("being received at one time" in str(each) for each in outcomes)
    server.mode = well
    assert (await connection.send(ApiRequest("GET", "/api/v1/pods/p", timeout_seconds=5))).body == b"{}"


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/version", [], limits.MAX_DOCUMENT_BYTES),
        ("GET", "/api", [], limits.MAX_DOCUMENT_BYTES),
        ("GET", "/apis/apps/v1", [], limits.MAX_DOCUMENT_BYTES),
        ("GET", "/openapi/v3", [], limits.MAX_DOCUMENT_BYTES),
        ("GET", "/openapi/v3/apis/apps/v1", [], limits.MAX_OBJECT_BYTES),
        ("GET", "/api/v1/pods", [("limit", "500")], limits.MAX_PAGE_BYTES),
        ("GET", "/api/v1/pods", [("limit", "1")], limits.MAX_OBJECT_BYTES),
        ("GET", "/api/v1/pods", [], limits.MAX_LIST_BYTES),
        ("GET", "/api/v1/namespaces/a/pods/p", [], limits.MAX_OBJECT_BYTES),
        ("POST", "/api/v1/namespaces/a/pods", [], limits.MAX_OBJECT_BYTES),
    ],
)
def test_the_limit_follows_what_is_asked_for(
    method: str, path: str, query: list[tuple[str, str]], expected: int
) -> None:
    assert body_limit(ApiRequest(method, path, query)) == expected


async def test_pages_of_large_objects_come_with_fewer_objects(
    server: Server, connection: Connection, small: None
) -> None:
    """A hundred objects of 100 kB are more than the limit allows in one page."""
    asked: list[int] = []

    async def answer(writer: asyncio.StreamWriter) -> None:
        target = server.heads[-1].split()[1].decode()
        if "/api/v1/pods" not in target:
            kind = b'{"kind":"APIResourceList","resources":[{"name":"pods","kind":"Pod","namespaced":true,"verbs":[]}]}'
            writer.write(OK + b"Content-Length: %d\r\n\r\n%b" % (len(kind), kind))
            return
        query = dict(pair.split("=") for pair in target.partition("?")[2].split("&"))
        size, start = int(query["limit"]), int(query.get("continue", "0"))
        asked.append(size)
        items = b",".join(
            b'{"metadata":{"name":"p%d"},"x":"%b"}' % (number, b"x" * 100_000)
            for number in range(start, min(100, start + size))
        )
        following = f"{start + size}" if start + size < 100 else ""
        body = b'{"metadata":{"continue":"%b"},"items":[%b]}' % (following.encode(), items)
        writer.write(OK + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    server.mode = answer
    client = ApiClient(connection, RESTMapper(connection), field_manager="me")
    assert len(await client.list("v1/Pod")) == 100
    assert asked[:5] == [500, 100, 20, 4, 1]
