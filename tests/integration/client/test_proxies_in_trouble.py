"""Proxies that break before the tunnel, in it, or in the middle of a watch; plain ones and those behind TLS."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from kube_apiserver import ApiServer, ApiServerConfig
from plugin_operator.cache import Informer, InformerFactory, InformerKey
from plugin_operator.certificates import Authority, make_authority, server_context
from plugin_operator.client import (
    Access,
    ApiClient,
    ApiRequest,
    Connection,
    ConnectionConfig,
    FixedAccess,
    RESTMapper,
    TlsSettings,
)
from plugin_operator.clock import SystemClock
from plugin_operator.errors import ApiConnectionError
from plugin_operator.kube import GroupVersionKind
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually

REQUESTS = 50
NAME = "api.cluster.test"
#: For an answer that never comes; a hundred handshakes with the proxy come before it.
SECONDS = {"http": 0.5, "https": 2.0}
CONFIG_MAP = GroupVersionKind.parse("v1/ConfigMap")
ESTABLISHED = b"HTTP/1.1 200 OK\r\n\r\n"
APPLICATION_DATA = 23

Mode = Callable[["Proxy", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Proxy:
    """Answers CONNECT in the way of its mode, and knows which tunnels are open."""

    def __init__(self, server_port: int) -> None:
        self.url = ""
        self.server_port = server_port
        self.mode: Mode = tunnel
        self.asked = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                self.asked += 1
                await self.mode(self, reader, writer)
        finally:
            self._writers.discard(writer)
            with contextlib.suppress(AttributeError):
                writer.close()

    async def server(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        self._writers.add(writer)
        return reader, writer

    def cut(self) -> None:
        """End all tunnels without a word."""
        for writer in list(self._writers):
            with contextlib.suppress(AttributeError):
                writer.transport.abort()

    async def close(self) -> None:
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Callable[[bytes], bytes] = bytes
) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(change(piece))
            await writer.drain()
    with contextlib.suppress(AttributeError):
        writer.close()


async def tunnel(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    there_reader, there_writer = await proxy.server()
    writer.write(ESTABLISHED)
    await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer))


async def hangs(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def drips(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        writer.write(b"y")
        await writer.drain()
        await asyncio.sleep(0.02)


async def has_endless_headers(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Odd: y\r\n" * 100)
        await writer.drain()
        await asyncio.sleep(0.01)  # leaves turns to the client, which is in the same process


async def ends(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def resets(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def hangs_in_the_tunnel(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(ESTABLISHED)
    await reader.read()


async def ends_in_the_tunnel(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(ESTABLISHED)
    await reader.read(1)
    writer.close()


async def resets_in_the_tunnel(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(ESTABLISHED)
    await reader.read(1)
    writer.transport.abort()


async def speaks_no_tls(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(ESTABLISHED)
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 no\r\n\r\n" * 10)
    await reader.read()


async def corrupts(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Change what the server says once the handshake is over."""

    def change(piece: bytes) -> bytes:
        if piece[0] != APPLICATION_DATA or len(piece) < 100:
            return piece
        return piece[:7] + bytes(each ^ 255 for each in piece[7:])

    there_reader, there_writer = await proxy.server()
    writer.write(ESTABLISHED)
    await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer, change))


async def cuts_the_answer(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on the handshake, and the beginning of what comes after it."""
    there_reader, there_writer = await proxy.server()
    writer.write(ESTABLISHED)
    forth = asyncio.ensure_future(pump(reader, there_writer))
    while piece := await there_reader.read(65536):
        if piece[0] == APPLICATION_DATA:
            writer.write(piece[:40])
            break
        writer.write(piece)
    there_writer.close()
    writer.close()
    await forth


MODES: dict[str, Mode] = {
    each.__name__.replace("_", " "): each
    for each in (
        hangs, drips, has_endless_headers, ends, resets, hangs_in_the_tunnel, ends_in_the_tunnel,
        resets_in_the_tunnel, speaks_no_tls, corrupts, cuts_the_answer,
    )
}  # fmt: skip


HANG = {"hangs", "drips", "hangs in the tunnel"}


@pytest.fixture(scope="module")
def authority() -> Authority:
    return make_authority(datetime.now(UTC))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> ssl.SSLContext:
    return server_context(authority, "s", (NAME,), datetime.now(UTC))


@pytest.fixture
async def server(certificate: ssl.SSLContext) -> AsyncIterator[int]:
    """An HTTPS server that says little."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{%b}" % (b" " * 198))
        writer.close()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=certificate)
    yield int(listening.sockets[0].getsockname()[1])
    listening.close()


@contextlib.asynccontextmanager
async def proxying(server_port: int, kind: str, certificate: ssl.SSLContext) -> AsyncIterator[Proxy]:
    made = Proxy(server_port)
    listening = await asyncio.start_server(
        made.handle, "127.0.0.1", 0, ssl=certificate if kind == "https" else None, backlog=256
    )
    made.url = f"{kind}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        listening.close()
        await made.close()


@pytest.fixture(params=["http", "https"])
async def proxy(request: pytest.FixtureRequest, server: int, certificate: ssl.SSLContext) -> AsyncIterator[Proxy]:
    async with proxying(server, request.param, certificate) as made:
        yield made


@pytest.fixture
async def connection(proxy: Proxy, server: int, authority: Authority) -> AsyncIterator[Connection]:
    tls = TlsSettings(ca_pem=authority.certificate_pem)
    access = Access(f"https://127.0.0.1:{server}", "Bearer t", tls, proxy.url)
    async with Connection.open(ConnectionConfig(access.host, FixedAccess(access)), Metrics()) as opened:
        yield opened


async def requested(connection: Connection, seconds: float) -> None:
    await connection.send(ApiRequest("GET", "/x", timeout_seconds=seconds))


async def streamed(connection: Connection, seconds: float) -> None:
    async with connection.stream(ApiRequest("GET", "/x", timeout_seconds=seconds)) as stream:
        while await stream.read():
            pass


async def outcome(call: Awaitable[object]) -> BaseException | None:
    try:
        await call
    except ApiConnectionError as error:
        return error
    return None


@pytest.mark.filterwarnings("ignore:An HTTPS request is being sent through an HTTPS proxy:RuntimeWarning")
@pytest.mark.parametrize("mode", MODES)
async def test_fifty_requests_and_streams_through_a_broken_proxy_fail_alone_and_heal(
    proxy: Proxy, connection: Connection, mode: str
) -> None:
    proxy.mode = MODES[mode]
    seconds = SECONDS[proxy.url.partition(":")[0]] if mode in HANG else 20
    outcomes: list[BaseException | None] = []
    async with asyncio.timeout(60):
        while proxy.asked < 2 * REQUESTS:  # where time is short, some deadlines pass before the proxy is asked
            calls = [call(connection, seconds) for call in (requested, streamed) for _ in range(REQUESTS)]
            outcomes += await asyncio.gather(*map(outcome, calls))
    assert all(outcomes)
    assert max(len(str(each)) for each in outcomes) < 1000
    assert "_abort" not in "".join(map(str, outcomes))
    proxy.mode = tunnel
    proxy.cut()
    await requested(connection, 10)
    await streamed(connection, 10)


@pytest.mark.parametrize("kind", ["http", "https"])
async def test_a_server_that_is_not_the_one_asked_for_is_named_behind_a_proxy(
    kind: str, server: int, certificate: ssl.SSLContext, authority: Authority
) -> None:
    """The proxy stands for a server of its own: with TLS inside TLS, asyncio had hidden why it ends."""
    other = server_context(make_authority(datetime.now(UTC)), "other", (), datetime.now(UTC))
    caught: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    impostor = await asyncio.start_server(refuse, "127.0.0.1", 0, ssl=other)
    port = impostor.sockets[0].getsockname()[1]
    async with proxying(port, kind, certificate) as proxy:
        tls = TlsSettings(ca_pem=authority.certificate_pem)
        access = Access(f"https://127.0.0.1:{server}", "Bearer t", tls, proxy.url)
        async with Connection.open(ConnectionConfig(access.host, FixedAccess(access)), Metrics()) as connection:
            for call in (requested, streamed):
                with pytest.raises(ApiConnectionError) as raised:
                    await call(connection, 10)
                caught.append(str(raised.value))
    impostor.close()
    assert all("certificate verify failed" in each for each in caught), caught


class Cluster:
    """An API server behind a proxy, and an informer that watches through it."""

    def __init__(self, proxy: Proxy, outside: ApiClient, informer: Informer) -> None:
        self.proxy = proxy
        self.outside = outside
        self.informer = informer
        self._objects = 0

    async def follows(self) -> None:
        """Wait until the informer knows an object that is made now."""
        self._objects += 1
        name = f"n{self._objects}"
        await self.outside.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
        await eventually(lambda: self.informer.lister.get(name, "default") is not None, timeout_seconds=30)


@pytest.fixture(params=["http", "https"])
async def watched(request: pytest.FixtureRequest, certificate: ssl.SSLContext) -> AsyncIterator[Cluster]:
    api = ApiServer(ApiServerConfig(bookmark_seconds=0.1))
    endpoint = await api.start()
    tls = TlsSettings(ca_pem=endpoint.ca_pem.encode())
    direct = Access(endpoint.url, f"Bearer {endpoint.token}", tls)
    async with proxying(int(endpoint.url.rpartition(":")[2]), request.param, certificate) as proxy:
        behind = Access(endpoint.url, direct.authorization, tls_of_both(endpoint.ca_pem, request), proxy.url)
        async with (
            Connection.open(ConnectionConfig(endpoint.url, FixedAccess(direct)), Metrics()) as outside,
            Connection.open(ConnectionConfig(endpoint.url, FixedAccess(behind)), Metrics()) as inside,
        ):
            factory = InformerFactory(inside, RESTMapper(inside), clock=SystemClock(), metrics=Metrics())
            informer = factory.acquire(InformerKey(CONFIG_MAP, "default"))
            async with asyncio.timeout(20):
                await informer.wait_synced()
            yield Cluster(
                proxy,
                ApiClient(outside, RESTMapper(outside), field_manager="test", default_namespace="default"),
                informer,
            )
            await factory.stop()
    await api.stop()


def tls_of_both(ca_pem: str, request: pytest.FixtureRequest) -> TlsSettings:
    """Trust the proxy as well: its certificate is verified with what verifies the server's."""
    authority: Authority = request.getfixturevalue("authority")
    return TlsSettings(ca_pem=ca_pem.encode() + authority.certificate_pem)


async def test_a_watch_whose_proxy_cuts_it_is_opened_again(watched: Cluster) -> None:
    await watched.follows()
    for _ in range(3):
        watched.proxy.cut()
        await watched.follows()


@pytest.mark.parametrize("mode", ["resets", "corrupts"])
async def test_a_watch_whose_proxy_dies_is_opened_again_once_the_proxy_is_back(watched: Cluster, mode: str) -> None:
    watched.proxy.mode = MODES[mode]
    watched.proxy.cut()
    asked = watched.proxy.asked
    await eventually(lambda: watched.proxy.asked > asked + 1, timeout_seconds=30)
    watched.proxy.mode = tunnel
    await watched.follows()
