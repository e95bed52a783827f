"""Calls on connections of our own: what is sent again, what closes a connection, and what is kept."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest

from plugin_operator.client import Access, ApiRequest, Connection, ConnectionConfig, FixedAccess
from plugin_operator.client.http.direct import pool, wire
from plugin_operator.client.http.direct.calls import is_repeatable
from plugin_operator.errors import ApiConnectionError, BadRequestError
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CLOSE = b""


class Server:
    """Answers each request with the next of ``answers``, or with ``GOOD``; an empty answer closes the connection."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.heads: list[str] = []
        self.ports: list[int] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next((each[15:] for each in head.splitlines() if each.startswith("Content-Length:")), "0")
                await reader.readexactly(int(length))
                self.heads.append(head)
                self.ports.append(writer.get_extra_info("peername")[1])
                await self.gate.wait()
                answer = self.answers.pop(0) if self.answers else GOOD
                if answer == CLOSE:
                    break
                writer.write(answer)
        writer.close()
        self.writers.remove(writer)

    def answer(self, *answers: bytes) -> None:
        self.answers = list(answers)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.handle, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield made
    listening.close()
    for each in list(made.writers):
        each.transport.abort()


@pytest.fixture
async def connection(server: Server) -> AsyncIterator[Connection]:
    config = ConnectionConfig(server.url, FixedAccess(Access(server.url, "Bearer t")))
    async with Connection.open(config, Metrics(), user_agent="tester") as opened:
        yield opened


def get(seconds: float = 20.0) -> ApiRequest:
    return ApiRequest("GET", "/x", timeout_seconds=seconds)


PRECONDITIONS = [
    ("GET", None, True),
    ("PUT", b'{"metadata": {"resourceVersion": "1"}}', True),
    ("PATCH", b'{"metadata": {"resourceVersion": "1"}}', True),
    ("DELETE", b'{"preconditions": {"uid": "a"}}', True),
    ("DELETE", b'{"preconditions": {"resourceVersion": "1"}}', True),
    ("POST", b'{"metadata": {"resourceVersion": "1"}}', False),
    ("PUT", b'{"metadata": {"uid": "a"}}', False),
    ("PUT", b'{"metadata": {"resourceVersion": ""}}', False),
    ("PATCH", b'[{"op": "test", "path": "/metadata/resourceVersion", "value": "1"}]', False),
    ("PATCH", b'{"metadata": []}', False),
    ("PATCH", b"spec: 1", False),
    ("PATCH", b"[" * 100_000, False),
    ("DELETE", None, False),
    ("DELETE", b'{"metadata": {"resourceVersion": "1"}}', False),
]


@pytest.mark.parametrize(("method", "body", "again"), PRECONDITIONS)
def test_reads_and_writes_with_a_precondition_may_be_sent_again(method: str, body: bytes | None, again: bool) -> None:
    assert is_repeatable(ApiRequest(method, "/x", body=body)) == again


@pytest.mark.parametrize(("method", "body"), [(method, body) for method, body, again in PRECONDITIONS if again])
async def test_a_request_is_sent_again_if_the_server_closes_an_idle_connection_meanwhile(
    server: Server, connection: Connection, method: str, body: bytes | None
) -> None:
    await connection.send(get())
    server.answer(CLOSE, GOOD)

    assert (await connection.send(ApiRequest(method, "/x", body=body))).body == b"{}"
    assert [head.split()[0] for head in server.heads] == ["GET", method, method]
    assert len(set(server.ports)) == 2


@pytest.mark.parametrize(("method", "body"), [("POST", b"{}"), ("PATCH", b"{}"), ("DELETE", None), ("PUT", b"{}")])
async def test_a_write_without_a_precondition_is_not_sent_again_and_its_error_says_so(
    server: Server, connection: Connection, method: str, body: bytes | None
) -> None:
    await connection.send(get())
    server.answer(CLOSE)

    with pytest.raises(ApiConnectionError, match=r"closed the connection; the server may have carried out the request"):
        await connection.send(ApiRequest(method, "/x", body=body))
    assert [head.split()[0] for head in server.heads] == ["GET", method]


@pytest.mark.parametrize("answers", [(CLOSE,), (GOOD, b"HTTP/1.1 200 OK\r\nContent-Le")], ids=["new", "begun"])
async def test_a_read_is_not_sent_again_over_a_new_connection_or_after_a_part_of_the_answer(
    server: Server, connection: Connection, answers: Sequence[bytes]
) -> None:
    server.answer(*answers, CLOSE)
    for _ in answers[1:]:
        await connection.send(get())
    sending = asyncio.create_task(connection.send(get()))
    if len(answers) == 2:
        await eventually(lambda: len(server.heads) == 2)
        await eventually(lambda: not server.answers[1:])
        server.writers[0].close()
    with pytest.raises(ApiConnectionError, match=r"closed the connection|truncated"):
        await sending
    assert len(server.heads) == len(answers)


async def test_a_connection_that_the_server_closed_is_not_used(server: Server, connection: Connection) -> None:
    await connection.send(get())
    server.writers[0].close()
    await eventually(lambda: not server.writers)
    await eventually(lambda: not any(each.is_open for wires in connection._unary.pool._idle.values() for each in wires))

    await connection.send(ApiRequest("POST", "/x", body=b"{}"))
    assert len(server.heads) == 2


async def test_calls_one_after_the_other_share_a_connection(server: Server, connection: Connection) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE"):
        await connection.send(ApiRequest(method, "/x", body=None if method == "GET" else b"{}"))
    server.answer(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}")
    with pytest.raises(BadRequestError):
        await connection.send(get())
    await connection.send(get())
    assert (len(server.heads), len(set(server.ports))) == (6, 1)


async def test_a_cancelled_call_closes_its_connection(server: Server, connection: Connection) -> None:
    server.gate.clear()
    call = asyncio.create_task(connection.send(get()))
    await eventually(lambda: len(server.heads) == 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    server.gate.set()
    await eventually(lambda: not server.writers)
    await connection.send(get())
    assert len(set(server.ports)) == 2


async def test_a_call_that_waits_for_a_connection_ends_at_its_deadline_or_with_its_task(
    server: Server, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection._unary.pool, "_places", asyncio.Semaphore(1))
    server.gate.clear()
    first = asyncio.create_task(connection.send(get()))
    await eventually(lambda: len(server.heads) == 1)
    with pytest.raises(ApiConnectionError, match=r"no answer in time \(all connections are in use\)"):
        await connection.send(get(seconds=0.05))
    waiting = asyncio.create_task(connection.send(get()))
    await eventually(lambda: connection._unary.pool.waiting == 1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    server.gate.set()
    await first
    await connection.send(get())
    assert len(server.heads) == 2


async def test_bytes_that_were_not_asked_for_close_the_connection(server: Server, connection: Connection) -> None:
    server.answer(GOOD + GOOD)
    assert (await connection.send(get())).body == b"{}"
    await connection.send(get())
    server.writers[-1].write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
    await eventually(lambda: not server.writers)
    await connection.send(get())
    assert len(set(server.ports)) == 3


async def test_idle_connections_are_closed_after_a_while(
    server: Server, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_IDLE_SECONDS", 0.01)
    await connection.send(get())
    await eventually(lambda: not server.writers)
    assert not connection._unary.pool._idle


async def test_the_end_of_the_connection_ends_the_calls_under_way(server: Server) -> None:
    server.gate.clear()
    config = ConnectionConfig(server.url, FixedAccess(Access(server.url)))
    async with Connection.open(config, Metrics()) as opened:
        call = asyncio.create_task(opened.send(get()))
        await eventually(lambda: len(server.heads) == 1)
    with pytest.raises(ApiConnectionError):
        await call
    with pytest.raises(ApiConnectionError, match="the operator stops"):
        await opened.send(get())


async def test_the_slow_body_of_an_error_is_cut(
    server: Server, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "ERROR_SECONDS", 0.01)
    server.answer(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 999\r\n\r\nwhy")
    with pytest.raises(BadRequestError, match="why"):
        await connection.send(get())
    await eventually(lambda: not server.writers)


async def test_the_head_of_a_request(server: Server) -> None:
    access = Access(f"{server.url}/k8s/clusters/c", "Bearer t", impersonation=(("Impersonate-Group", "a"),) * 2)
    async with Connection.open(
        ConnectionConfig(access.host, FixedAccess(access)), Metrics(), user_agent="me"
    ) as opened:
        await opened.send(
            ApiRequest("PATCH", "/a b", [("fieldManager", "x&y")], body=b"{}", content_type="application/x")
        )
        await opened.send(ApiRequest("GET", "/a", accept="application/json;as=Table"))
    host = server.url.removeprefix("http://")
    shared = [f"Host: {host}", "User-Agent: me", "Accept-Encoding: identity"]
    last = ["Impersonate-Group: a", "Impersonate-Group: a", "Authorization: Bearer t"]
    assert [head.strip().split("\r\n") for head in server.heads] == [
        [
            "PATCH /k8s/clusters/c/a%20b?fieldManager=x%26y HTTP/1.1",
            *shared,
            "Accept: application/json",
            *last,
            "Content-Type: application/x",
            "Content-Length: 2",
        ],
        ["GET /k8s/clusters/c/a HTTP/1.1", *shared, "Accept: application/json;as=Table", *last],
    ]


@pytest.mark.parametrize("token", ["a\r\nX-Admin: yes", "a\nb", "a\0b"])
async def test_a_token_with_a_line_break_is_not_sent(server: Server, token: str) -> None:
    access = Access(server.url, f"Bearer {token}")
    async with Connection.open(ConnectionConfig(server.url, FixedAccess(access)), Metrics()) as opened:
        with pytest.raises(ApiConnectionError, match="'Authorization' of the request contains a line break"):
            await opened.send(get())
    assert not server.heads
