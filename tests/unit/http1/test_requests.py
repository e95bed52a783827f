"""What a client may send, and what it is answered."""

import asyncio
import contextlib
import random

import pytest

from http1 import Answer, BodyTooLargeError, Limits, Request, Response
from tests.unit.http1.raw import HOST, echo, request, serving

CLOSE = "Connection: close"


async def test_a_connection_carries_one_request_after_the_other() -> None:
    async with serving(echo) as served:
        raw = await served.connect()
        for number in range(3):
            head, body = await raw.call(request("POST", f"/{number}?a=b", body=b"x" * number))
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"\r\nX-Query: a=b\r\n" in head
            assert b"\r\nDate: " in head
            assert body == b"POST /%d " % number + b"x" * number
        raw.writer.close()


async def test_requests_that_do_not_wait_are_answered_in_order() -> None:
    async with serving(echo, Limits(pipelined=2)) as served:
        sent = b"".join(request("PUT", f"/{number}", body=b"b") for number in range(50))
        found = await served.answers(sent + request("GET", "/last", CLOSE))
    places = [found.index(b"PUT /%d b" % number) for number in range(50)]
    assert places == sorted(places)
    assert found.endswith(b"GET /last ")


async def test_bodies_come_in_pieces_and_in_chunks() -> None:
    async with serving(echo) as served:
        raw = await served.connect()
        for piece in (b"POST / HT", b"TP/1.1\r\nHost: h\r\nContent-", b"Length: 4\r\n\r\n", b"ab", b"cd"):
            raw.writer.write(piece)
            await raw.writer.drain()
            await asyncio.sleep(0)
        assert (await raw.head()).startswith(b"HTTP/1.1 200")
        assert await raw.reader.readexactly(11) == b"POST / abcd"
        chunked = (
            request("POST", "/", "Transfer-Encoding: chunked") + b"2;ext=1\r\nab\r\n1\r\nc\r\n0\r\nTrailer: x\r\n\r\n"
        )
        assert (await raw.call(chunked))[1] == b"POST / abc"
        raw.writer.close()


async def test_a_path_stays_encoded_and_a_query_is_decoded() -> None:
    seen: list[Request] = []

    async def handle(request: Request) -> Answer:
        seen.append(request)
        return Response(200)

    async with serving(handle) as served:
        await served.answers(request("GET", "/a%2Fb//..?x=1&x=%C3%A9+z&&y#f", CLOSE))
        await served.answers(request("GET", "http://other/a?b", CLOSE))
    first, second = seen
    assert (first.path, first.query_string) == ("/a%2Fb//..", "x=1&x=%C3%A9+z&&y")
    assert list(first.query.items()) == [("x", "1"), ("x", "é z"), ("y", "")]
    assert (second.path, second.query_string) == ("/a", "b")


async def test_a_client_that_still_sends_too_large_a_body_sees_the_refusal() -> None:
    async def handle(request: Request) -> Answer:
        try:
            return Response(200, await request.read(1000))
        except BodyTooLargeError as error:
            return Response(413, str(error).encode())

    async with serving(handle) as served:
        found = await served.answers(request("POST", "/", body=b"x" * 5_000_000))
    assert found.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nConnection: close\r\n" in found
    assert found.endswith(b"the body is larger than 1000 bytes")


async def test_a_body_that_is_as_large_as_allowed_is_read() -> None:
    async with serving(echo) as served:
        assert (await served.answers(request("POST", "/", CLOSE, body=b"x" * 100))).endswith(b"x" * 100)


async def test_an_answer_that_did_not_wait_for_the_body_closes_the_connection() -> None:
    async def handle(_: Request) -> Answer:
        return Response(401, b"no")

    async with serving(handle) as served:
        raw = await served.connect()
        raw.writer.write(request("POST", "/", "Content-Length: 10") + b"part")
        head = await raw.head()
        assert b"\r\nConnection: close\r\n" in head
        raw.writer.write(b"theend" + request())
        assert await raw.rest() == b"no"


async def test_a_client_that_asks_for_leave_to_send_a_body_gets_it_when_the_body_is_read() -> None:
    async with serving(echo) as served:
        raw = await served.connect()
        raw.writer.write(request("POST", "/", "Expect: 100-continue", "Content-Length: 2"))
        assert await raw.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.writer.write(b"ab")
        assert (await raw.head()).startswith(b"HTTP/1.1 200 OK\r\n")
        raw.writer.close()


async def test_a_request_for_an_upgrade_is_answered_and_nothing_after_it() -> None:
    async with serving(echo) as served:
        found = await served.answers(request("GET", "/a", "Connection: Upgrade", "Upgrade: SPDY/3.1") + request())
    assert found.startswith(b"HTTP/1.1 200 OK\r\n")
    assert found.count(b"HTTP/1.1") == 1
    assert found.endswith(b"GET /a ")


AMBIGUOUS = {
    "two lengths": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length and chunks": request("POST", "/", "Content-Length: 1", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
    "a length with a sign": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\na",
    "a huge length": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "an unknown coding": b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "a space before the colon": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 1\r\n\r\na",
    "a folded header": b"GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: h\r\nA: b\0c\r\n\r\n",
    "CR in a header": b"GET / HTTP/1.1\r\nHost: h\r\nA: b\rc: d\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "another version": b"GET / HTTP/3.0\r\nHost: h\r\n\r\n",
    "an unknown method": b"STEAL / HTTP/1.1\r\nHost: h\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("sent", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
async def test_what_is_not_clearly_http_is_refused_and_nothing_after_it_is_read(sent: bytes) -> None:
    async with serving(echo) as served:
        found = await served.answers(sent + request("GET", "/smuggled", CLOSE))
    assert found.startswith(b"HTTP/1.1 400 ")
    assert b"smuggled" not in found


async def test_what_came_before_a_malformed_request_is_answered_first() -> None:
    async with serving(echo) as served:
        found = await served.answers(request("GET", "/first") + b"nonsense\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 200 OK\r\n")
    assert found.partition(b"GET /first ")[2].startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /" + b"a" * 9000,
        b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 2000,
        b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"b" * 9000,
        b"GET / HTTP/1.1\r\n" + HOST + b"A" * 9000,
    ],
    ids=["target", "many headers", "a value", "a name"],
)
async def test_a_head_that_has_no_end_is_refused(sent: bytes) -> None:
    async with serving(echo, Limits(head_bytes=8000)) as served:
        assert (await served.answers(sent)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("framing", [b"1;" + b"e" * 9000, b"0\r\n" + b"T: t\r\n" * 3000], ids=["extension", "trailers"])
async def test_what_frames_a_body_has_a_limit_too(framing: bytes) -> None:
    async with serving(echo, Limits(head_bytes=8000)) as served:
        raw = await served.connect()
        raw.writer.write(request("POST", "/", "Expect: 100-continue", "Transfer-Encoding: chunked"))
        await raw.head()
        raw.writer.write(framing)
        with contextlib.suppress(ConnectionResetError):
            assert await raw.rest() == b""


async def test_a_body_that_breaks_off_ends_its_request() -> None:
    ended = asyncio.Event()

    async def handle(request: Request) -> Answer:
        try:
            return Response(200, await request.read(100))
        finally:
            ended.set()

    async with serving(handle) as served:
        raw = await served.connect()
        raw.writer.write(request("POST", "/", "Transfer-Encoding: chunked") + b"2\r\nab\r\nzz\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert b"200" not in await raw.rest()
        assert ended.is_set()


async def test_no_mutation_of_a_request_stops_the_server() -> None:
    seed = random.Random(1)
    whole = request("POST", "/a?b=c", "Transfer-Encoding: chunked", "A: b") + b"3\r\nabc\r\n0\r\n\r\n" + request()
    pieces = [
        b"\r\n",
        b"\0",
        b"\xff",
        b":",
        b" ",
        b"0",
        b"HTTP/1.0",
        b"Content-Length: 3\r\n",
        b"Expect: 100-continue\r\n",
    ]
    async with serving(echo, Limits(linger_seconds=0.05, keepalive_seconds=0.2)) as served:
        for _ in range(400):
            sent = bytearray(whole)
            for _ in range(seed.randrange(1, 4)):
                place = seed.randrange(len(sent))
                sent[place : place + seed.randrange(3)] = seed.choice(pieces)
            raw = await served.connect()
            raw.writer.write(bytes(sent))
            raw.writer.write_eof()
            with contextlib.suppress(ConnectionResetError):
                await raw.rest()
        assert (await served.answers(request("GET", "/alive", CLOSE))).endswith(b"GET /alive ")
