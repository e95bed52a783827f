"""Floods, slow and silent clients: whoever asks properly still gets an answer."""

import asyncio
import contextlib
import errno
import resource
import socket
import ssl
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from plugin_operator.certificates import make_authority, server_context
from plugin_operator.clock import SystemClock
from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.checks import Probe
from plugin_operator.serving.connections import ConnectionLimits, peer_of
from plugin_operator.serving.routes import metrics_routes, probe_routes, status_routes
from plugin_operator.serving.server import HttpServer
from plugin_operator.testing.eventually import eventually

ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
FEW = ConnectionLimits(connections=16)

Check = Callable[[], Awaitable[str | None]]


@asynccontextmanager
async def serving(
    limits: ConnectionLimits | None = None, *, tls: ssl.SSLContext | None = None, check: Check | None = None
) -> AsyncIterator[HttpServer]:
    routes = [
        *probe_routes(Probe("healthz", {"slow": check} if check else {})),
        *metrics_routes(lambda _accept: ("text/plain", b"x" * 8_000_000)),
        *status_routes(dict),
    ]
    address = BindAddress("127.0.0.1", 0)
    server = HttpServer("test server", address, routes, limits=limits, tls=None if tls is None else lambda: tls)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(5)


class Client:
    """One connection, from an address of its own if given."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, server: HttpServer, source: str = "127.0.0.1", **settings: Any) -> "Client":
        coming = asyncio.open_connection("127.0.0.1", server.port, local_addr=(source, 0), **settings)
        return cls(*await asyncio.wait_for(coming, 10))

    async def ask(self) -> str:
        """Return the status line of a probe, or nothing if the connection was cut."""
        try:
            self.writer.write(ASK)
            answer = await asyncio.wait_for(self.reader.readuntil(b"ok"), 10)
        except (ConnectionError, asyncio.IncompleteReadError):
            return ""
        return answer.partition(b"\r\n")[0].decode()

    async def is_cut(self) -> bool:
        """Tell whether the server ends the connection within ten seconds."""
        try:
            while await asyncio.wait_for(self.reader.read(65536), 10):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        self.writer.transport.abort()


@pytest.fixture
def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture(scope="module")
def certificate() -> ssl.SSLContext:
    now = SystemClock().now()
    return server_context(make_authority(now), "test", [], now)


async def probe(server: HttpServer, source: str = "127.0.0.1", **settings: Any) -> str:
    client = await Client.connect(server, source, **settings)
    try:
        return await client.ask()
    finally:
        client.close()


async def test_a_probe_is_answered_while_one_peer_holds_every_place() -> None:
    async with serving() as server:
        silent = [await Client.connect(server) for _ in range(300)]
        assert await probe(server, "127.0.0.2") == "HTTP/1.1 200 OK"
        assert await probe(server) == "HTTP/1.1 200 OK"
        for client in silent:
            client.close()


async def test_the_idlest_connection_makes_room_and_the_one_used_last_stays() -> None:
    async with serving(ConnectionLimits(connections=3)) as server:
        clients = [await Client.connect(server) for _ in range(3)]
        for client in (*clients, clients[0]):
            assert await client.ask() == "HTTP/1.1 200 OK"
        assert await probe(server) == "HTTP/1.1 200 OK"
        assert await clients[1].is_cut()
        assert await clients[0].ask() == "HTTP/1.1 200 OK"
        for client in clients:
            client.close()


async def test_a_peer_with_one_connection_keeps_it_while_another_opens_hundreds() -> None:
    async with serving(FEW) as server:
        scraper = await Client.connect(server, "127.0.0.2")
        assert await scraper.ask() == "HTTP/1.1 200 OK"
        crowd = [await Client.connect(server) for _ in range(200)]
        assert await scraper.ask() == "HTTP/1.1 200 OK"
        for client in (scraper, *crowd):
            client.close()


async def test_a_request_that_is_being_answered_is_not_cut_for_one_that_waits() -> None:
    over = asyncio.Event()

    async def slow() -> None:
        await over.wait()

    async with serving(FEW, check=slow) as server:
        asking = await Client.connect(server)
        answer = asyncio.create_task(asking.ask())
        await asyncio.sleep(0.05)
        crowd = [await Client.connect(server) for _ in range(50)]
        over.set()
        assert await answer == "HTTP/1.1 200 OK"
        for client in (asking, *crowd):
            client.close()


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET /heal", b"GET /healthz HTTP/1.1\r\nX-Slow: ", b"\r\n"],
    ids=["nothing", "half a line", "half a header", "a blank line"],
)
async def test_who_does_not_finish_a_request_in_time_is_cut(sent: bytes) -> None:
    async with serving(ConnectionLimits(request_seconds=0.2)) as server:
        client = await Client.connect(server)
        client.writer.write(sent)
        assert await client.is_cut()
        client.close()


async def test_a_header_that_comes_byte_by_byte_does_not_prolong_the_wait() -> None:
    async with serving(ConnectionLimits(request_seconds=0.3)) as server:
        client = await Client.connect(server)

        async def drip() -> None:
            with contextlib.suppress(ConnectionError):
                client.writer.write(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
                while True:
                    client.writer.write(b"x")
                    await client.writer.drain()
                    await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert await client.is_cut()
        dripping.cancel()
        client.close()


async def test_half_a_second_request_is_cut_after_the_keep_alive() -> None:
    async with serving(ConnectionLimits(keepalive_seconds=0.2)) as server:
        client = await Client.connect(server)
        assert await client.ask() == "HTTP/1.1 200 OK"
        client.writer.write(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        assert await client.is_cut()
        client.close()


async def test_who_does_not_read_the_answer_is_cut() -> None:
    async with serving(ConnectionLimits(keepalive_seconds=0.2)) as server:
        client = await Client.connect(server)
        reading = client.writer.transport
        assert isinstance(reading, asyncio.Transport)
        reading.pause_reading()
        client.writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        listener = server._listener
        assert listener is not None
        await eventually(lambda: len(listener.table) == 1)
        await eventually(lambda: len(listener.table) == 0)
        client.close()


async def test_an_answer_that_takes_too_long_is_cut() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    async with serving(ConnectionLimits(answer_seconds=0.2), check=never) as server:
        client = await Client.connect(server)
        client.writer.write(ASK)
        assert await client.is_cut()
        client.close()


async def test_a_batch_of_pipelined_requests_leaves_turns_to_others() -> None:
    async with serving() as server:
        greedy = await Client.connect(server)
        order: list[str] = []

        async def read_all() -> None:
            for _ in range(2000):
                await greedy.reader.readuntil(b"ok")
            order.append("greedy")

        greedy.writer.write(ASK * 2000)
        reading = asyncio.create_task(read_all())
        assert await probe(server) == "HTTP/1.1 200 OK"
        order.append("probe")
        await asyncio.wait_for(reading, 30)
        assert order == ["probe", "greedy"]
        greedy.close()


async def test_tls_handshakes_that_never_end_take_no_place_from_a_client(
    certificate: ssl.SSLContext, unverified: ssl.SSLContext
) -> None:
    async with serving(FEW, tls=certificate) as server:
        half_open = [await Client.connect(server) for _ in range(100)]
        half_open[-1].writer.write(b"\x16\x03\x01\x02\x00\x01\x00")
        assert await probe(server, ssl=unverified) == "HTTP/1.1 200 OK"
        for client in half_open:
            client.close()


async def test_a_tls_handshake_ends_at_its_deadline(certificate: ssl.SSLContext) -> None:
    async with serving(ConnectionLimits(request_seconds=0.2), tls=certificate) as server:
        client = await Client.connect(server)
        assert await client.is_cut()
        client.close()


async def test_a_client_that_speaks_no_tls_is_cut_without_a_line_in_the_log(
    certificate: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tls=certificate) as server:
        client = await Client.connect(server)
        client.writer.write(ASK)
        assert await client.is_cut()
        client.close()
        assert caplog.records == []


async def test_a_flood_is_logged_once_with_the_peer_and_the_count() -> None:
    with capture_logs() as logs:
        async with serving(FEW) as server:
            crowd = [await Client.connect(server) for _ in range(100)]
            assert await probe(server) == "HTTP/1.1 200 OK"
            for client in crowd:
                client.close()
    (line,) = (line for line in logs if line["log_level"] == "warning")
    assert (line["event"], line["peer"]) == ("Connection dropped to make room", "127.0.0.1")
    assert line["connections_of_peer"] == 16


async def test_a_stop_in_a_flood_leaves_no_connection_and_no_task(certificate: ssl.SSLContext) -> None:
    async with serving(tls=certificate) as server:
        crowd = [await Client.connect(server) for _ in range(50)]
        listener = server._listener
        assert listener is not None
        await eventually(lambda: len(listener.table) == 50)
    assert [await client.is_cut() for client in crowd] == [True] * 50
    assert len(listener.table) == 0
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("test server")]
    for client in crowd:
        client.close()


FLOOD = """
import socket, sys
kept = []
while True:
    try:
        kept.append(socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=1))
    except OSError:
        pass
    if len(kept) > 200:
        kept.pop(0).close()
"""


@pytest.fixture
async def flood() -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """Processes that connect to a port without a pause until the test ends."""
    processes: list[asyncio.subprocess.Process] = []

    async def start(port: int) -> None:
        processes.append(await asyncio.create_subprocess_exec(sys.executable, "-S", "-c", FLOOD, str(port)))

    yield start
    for process in processes:
        process.kill()
        await process.wait()


async def test_a_flood_of_status_requests_keeps_no_probe_on_the_same_port_waiting() -> None:
    def costly() -> dict[str, str]:
        time.sleep(0.03)  # what rendering a large status takes of the event loop
        return {"status": "ok"}

    async def insist(server: HttpServer) -> None:
        client = await Client.connect(server)
        try:
            while True:
                client.writer.write(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n")
                await client.reader.readuntil(b"ok")
        finally:
            client.close()

    routes = [*probe_routes(Probe("healthz")), *status_routes(costly)]
    server = HttpServer("test server", BindAddress("127.0.0.1", 0), routes)
    await server.start()
    crowd = [asyncio.create_task(insist(server)) for _ in range(150)]
    try:
        for _ in range(5):
            async with asyncio.timeout(2.5):  # all 150 rendered one after the other take 4.5 s
                assert await probe(server) == "HTTP/1.1 200 OK"
    finally:
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
        await server.stop(5)
        # Transports that were aborted close their sockets in the loop's next round.
        await asyncio.sleep(0)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this kernel has no IPv6")
async def test_a_flood_over_ipv6_keeps_no_probe_waiting_on_either_family() -> None:
    server = HttpServer("test server", BindAddress("", 0), probe_routes(Probe("healthz")), limits=FEW)
    await server.start()
    crowd = [await asyncio.open_connection("::1", server.port) for _ in range(100)]
    assert await probe(server) == "HTTP/1.1 200 OK"
    last = Client(*await asyncio.open_connection("::1", server.port))
    assert await last.ask() == "HTTP/1.1 200 OK"
    last.close()
    for _, writer in crowd:
        writer.transport.abort()
    await server.stop(5)


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.2"])
async def test_every_probe_is_answered_within_its_timeout_during_a_flood_that_goes_on(
    source: str, flood: Callable[[int], Awaitable[None]]
) -> None:
    async with serving() as server, serving() as other:
        listener = server._listener
        assert listener is not None
        await flood(server.port)
        await flood(server.port)
        await eventually(lambda: len(listener.table) == 256, timeout_seconds=30)
        for _ in range(20):
            for each in (server, other):
                async with asyncio.timeout(5):  # timeoutSeconds of the Deployment's probes
                    assert await probe(each, source) == "HTTP/1.1 200 OK"


async def test_without_file_descriptors_an_idle_connection_gives_its_own_to_a_probe() -> None:
    async with serving() as server:
        silent = [await Client.connect(server) for _ in range(10)]
        asking = socket.socket()
        asking.setblocking(False)
        listener = server._listener
        assert listener is not None
        await eventually(lambda: len(listener.table) == 10)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with socket.socket() as next_free:
            limit = next_free.fileno()
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        try:
            with pytest.raises(OSError) as none_left:
                socket.socket()
            assert none_left.value.errno == errno.EMFILE
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(10):
                await loop.sock_connect(asking, ("127.0.0.1", server.port))
                await loop.sock_sendall(asking, ASK)
                assert (await loop.sock_recv(asking, 100)).startswith(b"HTTP/1.1 200 OK")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            asking.close()
        for client in silent:
            client.close()


@pytest.mark.parametrize(
    ("address", "peer"),
    [
        (("10.0.0.7", 1), "10.0.0.7"),
        (("::ffff:10.0.0.7", 1, 0, 0), "10.0.0.7"),
        (("2001:db8:1:2:3:4:5:6", 1, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1, 0, 2), "fe80::/64"),
        (("::1", 1, 0, 0), "::1"),
        ("", ""),
    ],
)
def test_a_peer_is_an_ipv4_address_or_an_ipv6_network(address: Any, peer: str) -> None:
    assert peer_of(address) == peer


@pytest.mark.parametrize(
    "sends",
    [
        b"GET /healthz HTTP/1.1\r\n" + b"".join(b"H%d: %s\r\n" % (number, b"x" * 8000) for number in range(500)),
        b"GET /healthz HTTP/1.1\r\n" + b"a: b\r\n" * 100_000,
        ASK * 20_000,
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n" + b"x" * 4_000_000,
    ],
    ids=["long header lines", "many header lines", "requests one behind the other", "a body"],
)
async def test_a_client_that_sends_more_than_a_request_is_cut_and_others_are_answered(sends: bytes) -> None:
    async with serving() as server:
        client = await Client.connect(server)
        with contextlib.suppress(ConnectionError):
            client.writer.write(sends)
        assert await client.is_cut()
        client.close()
        assert await probe(server) == "HTTP/1.1 200 OK"


async def test_many_requests_one_after_the_other_are_answered_on_one_connection() -> None:
    async with serving(ConnectionLimits(request_bytes=100)) as server:
        client = await Client.connect(server)
        assert [await client.ask() for _ in range(50)] == ["HTTP/1.1 200 OK"] * 50
        client.close()
