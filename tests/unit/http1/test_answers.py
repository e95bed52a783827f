"""What a server sends, and when a connection ends."""

import asyncio
import contextlib
import logging

import pytest
from multidict import CIMultiDict

from http1 import Answer, Limits, Request, Response
from http1.connection import Connection
from plugin_operator.testing.eventually import eventually
from tests.unit.http1.raw import echo, request, serving

CLOSE = "Connection: close"


async def test_no_body_follows_where_none_may_be() -> None:
    async def handle(request: Request) -> Answer:
        return Response(int(request.path[1:]), b"body")

    async with serving(handle) as served:
        head = await served.answers(request("HEAD", "/200", CLOSE))
        assert b"\r\nContent-Length: 4\r\n" in head
        assert head.endswith(b"\r\n\r\n")
        for status in (204, 304):
            found = await served.answers(request("GET", f"/{status}", CLOSE))
            assert found.endswith(b"\r\n\r\n")
            assert b"Content-Length" not in found


async def test_a_header_cannot_end_the_head() -> None:
    async def handle(_: Request) -> Answer:
        return Response(200, b"", [("A", "b\r\nSet-Cookie: c\0"), ("B\nC", "d")])

    async with serving(handle) as served:
        found = await served.answers(request("GET", "/", CLOSE))
    assert b"\r\nA: b  Set-Cookie: c \r\n" in found
    assert b"\r\nB C: d\r\n" in found


async def test_headers_may_repeat() -> None:
    async def handle(_: Request) -> Answer:
        return Response(200, b"", CIMultiDict([("Warning", "a"), ("Warning", "b")]))

    async with serving(handle) as served:
        assert b"\r\nWarning: a\r\nWarning: b\r\n" in await served.answers(request("GET", "/", CLOSE))


async def streamed(request: Request) -> Answer:
    stream = await request.begin(headers=[("A", "b")])
    for piece in (b"one", b"", b"x" * 70_000):
        await stream.write(piece)
    return stream


async def test_a_stream_is_sent_in_chunks_and_the_connection_goes_on() -> None:
    async with serving(streamed) as served:
        raw = await served.connect()
        for _ in range(2):
            raw.writer.write(request())
            head = await raw.head()
            assert b"\r\nA: b\r\n" in head
            assert b"\r\nTransfer-Encoding: chunked\r\n" in head
            whole = b"3\r\none\r\n11170\r\n" + b"x" * 70_000 + b"\r\n0\r\n\r\n"
            assert await raw.reader.readexactly(len(whole)) == whole
        raw.writer.close()


async def test_a_client_of_http_10_gets_no_chunks_and_the_end_of_the_connection() -> None:
    async with serving(streamed) as served:
        found = await served.answers(request(version="1.0"))
    assert b"chunked" not in found
    assert found.endswith(b"\r\n\r\none" + b"x" * 70_000)


async def test_a_client_of_http_10_may_keep_the_connection() -> None:
    async with serving(echo) as served:
        raw = await served.connect()
        for _ in range(2):
            head, _ = await raw.call(request("GET", "/", "Connection: keep-alive", version="1.0"))
            assert b"\r\nConnection: keep-alive\r\n" in head
        raw.writer.close()
        assert (await served.answers(request(version="1.0"))).endswith(b"GET / ")


async def test_a_failed_handler_is_answered_logged_and_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(_: Request) -> Answer:
        raise ValueError("a secret")

    async with serving(handle) as served:
        found = await served.answers(request("GET", "/a") * 2)
    assert found.startswith(b"HTTP/1.1 500 ")
    assert found.count(b"HTTP/1.1") == 1
    assert b"secret" not in found
    assert [each.levelno for each in caplog.records] == [logging.ERROR]
    assert "path=/a" in caplog.text


async def test_a_stream_that_fails_has_no_end(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(request: Request) -> Answer:
        await (await request.begin()).write(b"one")
        raise ValueError

    async with serving(handle) as served:
        try:
            found = await served.answers(request())
        except ConnectionResetError:
            found = b""
    assert not found.endswith(b"0\r\n\r\n")
    assert "Request failed" in caplog.text


async def test_a_connection_error_of_the_handler_cuts_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(_: Request) -> Answer:
        raise ConnectionAbortedError

    async with serving(handle) as served:
        with contextlib.suppress(ConnectionResetError):
            assert await served.answers(request()) == b""
    assert caplog.records == []


async def test_a_client_that_disconnects_cancels_its_handler() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def handle(_: Request) -> Answer:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return Response(200)

    async with serving(handle) as served:
        raw = await served.connect()
        raw.writer.write(request())
        await begun.wait()
        raw.writer.close()
        await cancelled.wait()


async def test_a_stream_waits_for_a_client_that_does_not_read() -> None:
    done = asyncio.Event()
    piece, count = b"x" * 2**18, 400

    async def handle(request: Request) -> Answer:
        stream = await request.begin()
        for _ in range(count):
            await stream.write(piece)
        done.set()
        return stream

    async with serving(handle) as served:
        raw = await served.connect()
        raw.writer.write(request("GET", "/", CLOSE))
        await raw.head()
        assert not done.is_set()
        assert len(await raw.rest()) > len(piece) * count
        assert done.is_set()


async def test_an_idle_connection_is_closed() -> None:
    async with serving(echo, Limits(keepalive_seconds=0.05)) as served:
        raw = await served.connect()
        await raw.call(request())
        assert await raw.reader.read() == b""
        raw.writer.close()
        silent = await served.connect()
        assert await silent.reader.read() == b""
        silent.writer.close()


async def test_a_shutdown_lets_answers_end_and_cuts_idle_connections_and_streams() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def handle(request: Request) -> Answer:
        if request.path == "/stream":
            await request.begin()
            await asyncio.Event().wait()
        begun.set()
        await go_on.wait()
        return Response(200, b"done")

    async with serving(handle) as served:
        idle, streaming, answering = [await served.connect() for _ in range(3)]
        streaming.writer.write(request("GET", "/stream"))
        await streaming.head()
        answering.writer.write(request())
        await begun.wait()
        ending = asyncio.create_task(served.server.shutdown(60))
        for each in (idle, streaming):
            with contextlib.suppress(ConnectionResetError):
                assert await each.reader.read() == b""
            each.writer.close()
        go_on.set()
        found = await answering.rest()
        await ending
    assert b"\r\nConnection: close\r\n" in found
    assert found.endswith(b"done")


async def test_a_shutdown_does_not_wait_for_ever() -> None:
    async def handle(_: Request) -> Answer:
        await asyncio.Event().wait()
        return Response(200)

    async with serving(handle) as served:
        raw = await served.connect()
        raw.writer.write(request())
        await served.server.shutdown(0.01)
        with contextlib.suppress(ConnectionResetError):
            assert await raw.reader.read() == b""
        raw.writer.close()


class Held(asyncio.Transport):
    """Notes whether the server wants to receive."""

    def __init__(self) -> None:
        super().__init__()
        self.is_reading_paused = False
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.is_reading_paused = True

    def resume_reading(self) -> None:
        self.is_reading_paused = False

    def close(self) -> None: ...


async def test_no_more_is_received_of_a_body_than_is_read() -> None:
    go_on, answered = asyncio.Event(), asyncio.Event()

    async def handle(request: Request) -> Answer:
        await go_on.wait()
        body = await request.read(10_000)
        answered.set()
        return Response(200, str(len(body)).encode())

    connection, transport = Connection(handle, Limits(ahead_bytes=1000), set()), Held()
    connection.connection_made(transport)
    connection.data_received(request("POST", "/", "Content-Length: 2002") + b"x" * 1001)
    paused = [transport.is_reading_paused]
    go_on.set()
    await eventually(lambda: not transport.is_reading_paused)
    assert paused == [True]
    connection.data_received(b"x" * 1001)
    await answered.wait()
    assert [*paused, transport.is_reading_paused] == [True, False]
    connection.connection_lost(None)


async def test_no_more_is_received_while_many_requests_wait() -> None:
    go_on = asyncio.Event()

    async def handle(_: Request) -> Answer:
        await go_on.wait()
        return Response(200)

    connection, transport = Connection(handle, Limits(pipelined=2), set()), Held()
    connection.connection_made(transport)
    connection.data_received(request() * 4)
    paused = [transport.is_reading_paused]
    go_on.set()
    await eventually(lambda: transport.written.count(b"HTTP/1.1 200") == 4)
    assert [*paused, transport.is_reading_paused] == [True, False]
    connection.connection_lost(None)
