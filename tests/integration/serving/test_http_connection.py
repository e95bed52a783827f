"""One connection of a server: order, cancellation, clients that read slowly, and the end of the server."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from structlog.testing import capture_logs

from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.http.request import Request
from plugin_operator.serving.http.response import Response
from plugin_operator.serving.http.route import Route
from plugin_operator.serving.server import HttpServer
from plugin_operator.testing.eventually import eventually

LARGE = bytes(range(256)) * 40_000

Answer = Callable[[Request], Awaitable[Response]]


@asynccontextmanager
async def serving(**handlers: Answer) -> AsyncIterator[HttpServer]:
    routes = [Route(f"/{name}", handler) for name, handler in handlers.items()]
    server = HttpServer("test server", BindAddress("127.0.0.1", 0), routes)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(5)


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


async def body_of(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        return await reader.readexactly(int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]))


async def large(_: Request) -> Response:
    return Response(200, LARGE)


async def small(request: Request) -> Response:
    return Response(200, request.query.encode())


async def test_pipelined_requests_are_answered_in_their_order() -> None:
    running: list[str] = []

    async def slow(request: Request) -> Response:
        running.append(request.query)
        await asyncio.sleep(0.01)
        assert running == [request.query]
        running.clear()
        return Response(200, request.query.encode())

    async with serving(slow=slow, small=small) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for number in range(20):
            writer.write(get(f"/slow?{number}") + get(f"/small?then-{number}"))
        for number in range(20):
            assert await body_of(reader) == b"%d" % number
            assert await body_of(reader) == b"then-%d" % number
        writer.close()


async def test_a_handler_is_cancelled_when_its_client_disconnects() -> None:
    events: list[str] = []

    async def endless(_: Request) -> Response:
        events.append("begun")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            events.append("cancelled")
            raise
        raise AssertionError

    with capture_logs() as logs:
        async with serving(endless=endless, small=small) as server:
            for way in ("closes", "aborts"):
                events.clear()
                _, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(get("/endless") + get("/small"))
                await eventually(lambda: events == ["begun"])
                writer.close() if way == "closes" else writer.transport.abort()
                await eventually(lambda: events == ["begun", "cancelled"])
    assert [line for line in logs if line["log_level"] != "debug"] == []


async def test_a_large_response_arrives_whole_at_a_slow_reader() -> None:
    async with serving(large=large, small=small) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
        writer.write(get("/large") + get("/small?next"))
        await reader.readuntil(b"\r\n\r\n")
        received = bytearray()
        while len(received) < len(LARGE):
            received += await asyncio.wait_for(reader.read(min(100_000, len(LARGE) - len(received))), 10)
            await asyncio.sleep(0)
        assert received == LARGE
        assert await body_of(reader) == b"next"
        writer.close()


async def test_a_client_that_sends_no_more_still_gets_a_large_response() -> None:
    async with serving(large=large) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
        writer.write(get("/large"))
        await reader.readuntil(b"Content-Length")
        writer.write_eof()
        assert (await asyncio.wait_for(reader.read(), 10)).endswith(LARGE)
        writer.close()


async def test_a_slow_reader_does_not_make_the_server_copy_the_whole_response() -> None:
    async with serving(large=large) as server:
        writers = []
        for _ in range(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
            writer.write(get("/large") * 3)
            await reader.readuntil(b"\r\n\r\n")
            writers.append(writer)
        service = server._service
        assert service is not None
        waiting = [connection._transport.get_write_buffer_size() for connection in service._open]  # type: ignore[attr-defined]
        assert len(waiting) == 20
        assert max(waiting) < 300_000
        for writer in writers:
            writer.transport.abort()


async def test_a_failure_is_logged_and_its_reason_not_sent() -> None:
    async def fail(_: Request) -> Response:
        raise RuntimeError("MARKER")

    async with serving(fail=fail, small=small) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        with capture_logs() as logs:
            writer.write(get("/fail") + get("/small?next"))
            assert await body_of(reader) == b"500 Internal Server Error\n"
            assert await body_of(reader) == b"next"
        writer.close()
    assert [(line["event"], line["route"]) for line in logs] == [("HTTP request failed", "/fail")]


async def test_a_stop_lets_a_response_finish_and_ends_the_connection() -> None:
    begun, over = asyncio.Event(), asyncio.Event()

    async def slow(_: Request) -> Response:
        begun.set()
        await over.wait()
        return Response(200, b"done")

    async with serving(slow=slow) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        idle, other = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(get("/slow"))
        await begun.wait()
        stopping = asyncio.create_task(server.stop(5))
        assert await asyncio.wait_for(idle.read(), 10) == b""
        over.set()
        response = await asyncio.wait_for(reader.read(), 10)
        assert response.endswith(b"done")
        assert b"\r\nConnection: close\r\n" in response
        await stopping
        writer.close()
        other.close()


async def test_a_stop_ends_at_its_deadline_whatever_a_handler_does() -> None:
    async def stubborn(_: Request) -> Response:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)
        raise AssertionError

    async with serving(stubborn=stubborn) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(get("/stubborn"))
        await asyncio.sleep(0.05)
        begun = time.monotonic()
        await server.stop(0.2)
        assert time.monotonic() - begun < 5
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


async def test_the_last_response_reaches_a_client_that_sent_more() -> None:
    async with serving(small=small) as server:
        for _ in range(50):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(get("/small?last", "Connection: close"))
            for _ in range(5):
                writer.write(get("/small?ignored"))
                await asyncio.sleep(0)
            assert await body_of(reader) == b"last"
            assert await asyncio.wait_for(reader.read(), 10) == b""
            writer.close()
