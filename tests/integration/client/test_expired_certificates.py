"""Certificates of API servers that have ended, begin later, or are of another: none gets a request, and it heals."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from kube_apiserver import ApiServer, ApiServerConfig
from plugin_operator.certificates import Authority, make_authority, server_context
from plugin_operator.client import Access, ApiRequest, Connection, ConnectionConfig, FixedAccess, TlsSettings
from plugin_operator.clock import SystemClock
from plugin_operator.errors import ApiConnectionError
from plugin_operator.metrics import Metrics

REQUESTS = 50
NOW = datetime.now(UTC)
LONG_AGO, SOON = NOW - timedelta(days=400), NOW + timedelta(days=2)
AUTHORITY = make_authority(NOW)
ENDED_AUTHORITY = make_authority(NOW - timedelta(days=4000))

CERTIFICATES: dict[str, tuple[Authority, Authority, datetime, str]] = {
    "has ended": (AUTHORITY, AUTHORITY, LONG_AGO, "certificate has expired"),
    "begins later": (AUTHORITY, AUTHORITY, SOON, "certificate is not yet valid"),
    "is of another authority": (AUTHORITY, make_authority(NOW), NOW, "unable to get local issuer certificate"),
    "is of an authority that has ended": (ENDED_AUTHORITY, ENDED_AUTHORITY, NOW, "certificate has expired"),
}


class Server:
    """Shows a certificate that can be changed, and counts what it is asked."""

    def __init__(self) -> None:
        self.current = server_context(AUTHORITY, "s", (), NOW)
        self.shown = server_context(AUTHORITY, "s", (), NOW)
        self.shown.sni_callback = self._choose
        self.asked = 0
        self.url = ""

    def _choose(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        connection.context = self.current

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.asked += 1
                length = 10**6 if b"/stream" in head else 2
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n{}" % length)
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.handle, "127.0.0.1", 0, ssl=made.shown)
    made.url = f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield made
    listening.close()


@contextlib.asynccontextmanager
async def opened(url: str, authority: Authority = AUTHORITY) -> AsyncIterator[Connection]:
    access = Access(url, "Bearer t", TlsSettings(ca_pem=authority.certificate_pem))
    async with Connection.open(ConnectionConfig(url, FixedAccess(access)), Metrics()) as connection:
        yield connection


async def ask(connection: Connection) -> bytes:
    return (await connection.send(ApiRequest("GET", "/x", timeout_seconds=20))).body


async def first_piece(connection: Connection) -> bytes:
    async with connection.stream(ApiRequest("GET", "/stream", timeout_seconds=20)) as stream:
        return await stream.read()


async def words(call: object) -> str:
    with pytest.raises(ApiConnectionError) as raised:
        await call  # type: ignore[misc]
    return str(raised.value)


@pytest.mark.parametrize("what", CERTIFICATES)
async def test_a_certificate_that_is_no_good_is_named_and_no_request_reaches_its_server_until_it_is_renewed(
    server: Server, what: str
) -> None:
    trusted, signed_by, made_at, named = CERTIFICATES[what]
    server.current = server_context(signed_by, "s", (), made_at)
    async with opened(server.url, trusted) as connection:
        calls = [words(call(connection)) for call in (ask, first_piece) for _ in range(REQUESTS)]
        assert all(named in each for each in await asyncio.gather(*calls))
        assert server.asked == 0
        if trusted is AUTHORITY:
            server.current = server_context(AUTHORITY, "s", (), NOW)
            assert await ask(connection) == b"{}"
            assert await first_piece(connection) == b"{}"


async def test_a_certificate_of_another_name_is_named_and_no_request_reaches_its_server(server: Server) -> None:
    async with opened(server.url.replace("127.0.0.1", "127.0.0.2")) as connection:
        server.url = ""
        assert "127.0.0.2" in await words(ask(connection))
    assert server.asked == 0


async def test_a_certificate_that_ends_while_connections_are_open_fails_new_ones_alone(server: Server) -> None:
    async with opened(server.url) as connection:
        assert await ask(connection) == b"{}"
        async with connection.stream(ApiRequest("GET", "/stream", timeout_seconds=20)) as stream:
            assert await stream.read() == b"{}"
            server.current = server_context(AUTHORITY, "s", (), LONG_AGO)
            for _ in range(REQUESTS):
                assert await ask(connection) == b"{}"  # over the connection that is there
            assert "certificate has expired" in await words(first_piece(connection))
        server.current = server_context(AUTHORITY, "s", (), NOW)
        assert await first_piece(connection) == b"{}"


class Wrong(SystemClock):
    """A clock that is late, and may be set right."""

    late = timedelta(days=400)

    def now(self) -> datetime:
        return super().now() - self.late


async def test_the_embedded_server_makes_its_certificate_again_before_a_client_sees_its_end() -> None:
    clock = Wrong()
    api = ApiServer(ApiServerConfig(), clock=clock)
    endpoint = await api.start()
    access = Access(endpoint.url, f"Bearer {endpoint.token}", TlsSettings(ca_pem=endpoint.ca_pem.encode()))
    try:
        async with Connection.open(ConnectionConfig(endpoint.url, FixedAccess(access)), Metrics()) as connection:
            assert "certificate has expired" in await words(ask(connection))
            clock.late = timedelta()
            version = await connection.send(ApiRequest("GET", "/version", timeout_seconds=20))
            assert version.status == 200
    finally:
        await api.stop()
