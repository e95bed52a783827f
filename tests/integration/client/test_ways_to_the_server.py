"""The ways to an API server: through proxies, over IPv6, and under a name whose address changes."""

import asyncio
import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from plugin_operator.certificates import Authority, make_authority, server_context
from plugin_operator.client import Access, ApiRequest, Connection, ConnectionConfig, FixedAccess, TlsSettings
from plugin_operator.client.credentials.in_cluster import InClusterSource
from plugin_operator.client.credentials.kubeconfig import read_context
from plugin_operator.client.credentials.kubeconfig_source import KubeconfigSource
from plugin_operator.client.credentials.proxies import proxy_for
from plugin_operator.client.http.direct import dialer
from plugin_operator.errors import ApiConnectionError
from plugin_operator.metrics import Metrics

REQUESTS = 50
Serve = Callable[..., Awaitable[int]]
NAME = "api.cluster.test"
BASIC = f"Basic {base64.b64encode(b'user:secret').decode()}"


@pytest.fixture
def authority() -> Authority:
    return make_authority(datetime.now(UTC))


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Return what serves ``answer`` at an address, and says at which port."""
    runners = []

    async def start(answer: str, host: str = "127.0.0.1", port: int = 0, context: ssl.SSLContext | None = None) -> int:
        async def handle(request: web.Request) -> web.Response:
            return web.json_response({"server": answer, "authorization": request.headers.get("Authorization")})

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, host, port, ssl_context=context)
        await site.start()
        return int(runner.addresses[0][1])

    yield start
    for runner in runners:
        await runner.cleanup()


class Proxy:
    """An HTTP proxy: tunnels CONNECT, passes on what is not TLS; notes what it is asked."""

    def __init__(self) -> None:
        self.port = 0
        self.url = ""
        self.asked: list[tuple[str, str, str]] = []
        self.refusal = b""
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, target, _ = head.split(" ", 2)
            lines = [line for line in head.splitlines() if line.lower().startswith("proxy-authorization:")]
            self.asked.append((method, target, lines[0].partition(": ")[2] if lines else ""))
            if self.refusal:
                writer.write(self.refusal)
            elif method == "CONNECT":
                host, _, port = target.rpartition(":")
                host = "127.0.0.1" if host == NAME else host.strip("[]")
                there_reader, there_writer = await asyncio.open_connection(host, int(port))
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer))
            else:
                body = b'{"server":"through the proxy","authorization":null}'
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            await writer.drain()
        writer.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


@pytest.fixture(params=["http", "https"])
async def proxy(request: pytest.FixtureRequest, authority: Authority) -> AsyncIterator[Proxy]:
    made = Proxy()
    context = server_context(authority, "proxy", (), datetime.now(UTC)) if request.param == "https" else None
    listening = await asyncio.start_server(made.handle, "127.0.0.1", 0, ssl=context)
    made.port = listening.sockets[0].getsockname()[1]
    made.url = f"{request.param}://user:secret@127.0.0.1:{made.port}"
    yield made
    listening.close()


@contextlib.asynccontextmanager
async def opened(access: Access) -> AsyncIterator[Connection]:
    async with Connection.open(ConnectionConfig(access.host, FixedAccess(access)), Metrics()) as connection:
        yield connection


async def ask(connection: Connection) -> str:
    return (await connection.send(ApiRequest("GET", "/x", timeout_seconds=5))).body.decode()


async def test_a_server_behind_a_proxy_is_reached_through_a_tunnel_that_sees_no_credentials(
    proxy: Proxy, serve: Serve, authority: Authority
) -> None:
    port = await serve("real", context=server_context(authority, "s", (NAME,), datetime.now(UTC)))
    tls = TlsSettings(ca_pem=authority.certificate_pem)
    access = Access(f"https://{NAME}:{port}", "Bearer t", tls, proxy.url)
    async with opened(access) as connection:
        answers = await asyncio.gather(*(ask(connection) for _ in range(REQUESTS)))
        async with connection.stream(ApiRequest("GET", "/x", timeout_seconds=5)) as stream:
            assert b"real" in await stream.read()
    assert set(answers) == {'{"server": "real", "authorization": "Bearer t"}'}
    assert set(proxy.asked) == {("CONNECT", f"{NAME}:{port}", BASIC)}


async def test_a_server_without_tls_is_reached_through_a_proxy(proxy: Proxy) -> None:
    async with opened(Access(f"http://{NAME}:1", None, proxy=proxy.url)) as connection:
        if proxy.url.startswith("https"):
            # Nothing but the system's own trust says who the proxy is.
            with pytest.raises(ApiConnectionError, match="certificate verify failed"):
                await ask(connection)
            return
        assert "through the proxy" in await ask(connection)
    assert proxy.asked == [("GET", f"http://{NAME}:1/x", BASIC)]


@pytest.mark.parametrize(
    "refusal",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\n\r\n<html>no</html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"garbage\r\n\r\n",
        b"\xff" * 70_000,
    ],
)
async def test_a_proxy_that_refuses_is_a_connection_error_without_its_password(
    proxy: Proxy, authority: Authority, refusal: bytes
) -> None:
    proxy.refusal = refusal
    tls = TlsSettings(ca_pem=authority.certificate_pem)
    access = Access(f"https://{NAME}:1", "Bearer t", tls, proxy.url)
    async with opened(access) as connection:
        for _ in range(REQUESTS):
            with pytest.raises(ApiConnectionError) as caught:
                await ask(connection)
            assert "secret" not in str(caught.value)


async def test_a_proxy_that_is_away_is_a_connection_error(authority: Authority) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = f"http://user:secret@127.0.0.1:{unused.getsockname()[1]}"
        async with opened(Access(f"https://{NAME}:1", tls=TlsSettings(), proxy=away)) as connection:
            with pytest.raises(ApiConnectionError) as caught:
                await ask(connection)
    assert "secret" not in str(caught.value)


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@needs_ipv6
async def test_a_server_with_an_ipv6_address_is_reached_from_a_pod(
    serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    port = await serve("six", "::1", context=server_context(authority, "s", (), datetime.now(UTC)))
    (tmp_path / "token").write_text("t")
    (tmp_path / "ca.crt").write_bytes(authority.certificate_pem)
    environment = {"KUBERNETES_SERVICE_HOST": "::1", "KUBERNETES_SERVICE_PORT": str(port)}
    source = InClusterSource(environment, tmp_path / "token", tmp_path / "ca.crt")
    assert source.host == f"https://[::1]:{port}"
    async with opened(await source.read(renew=False)) as connection:
        assert "six" in await ask(connection)
        async with connection.stream(ApiRequest("GET", "/x", timeout_seconds=5)) as stream:
            assert b"six" in await stream.read()


@needs_ipv6
async def test_a_server_with_an_ipv6_address_is_reached_from_a_kubeconfig_and_through_a_proxy(
    serve: Serve, authority: Authority, proxy: Proxy, tmp_path: Path
) -> None:
    port = await serve("six", "::1", context=server_context(authority, "s", (), datetime.now(UTC)))
    data = base64.b64encode(authority.certificate_pem).decode()
    path = tmp_path / "kubeconfig"
    path.write_text(
        f"current-context: c\ncontexts: [{{name: c, context: {{cluster: c}}}}]\nusers: []\n"
        f"clusters: [{{name: c, cluster: {{server: 'https://[::1]:{port}/', certificate-authority-data: {data}}}}}]\n"
    )
    access = await KubeconfigSource(str(path), read_context(str(path), None, "k"), "k").read(renew=False)
    async with opened(access) as connection:
        assert "six" in await ask(connection)
    tunnelled = Access(access.host, None, access.tls, proxy.url)
    async with opened(tunnelled) as connection:
        assert "six" in await ask(connection)
    assert proxy.asked[0][1] == f"[::1]:{port}"


class Names:
    """Says where a name leads, and may be told otherwise."""

    def __init__(self) -> None:
        self.address = "127.0.0.1"

    def getaddrinfo(self, host: str, port: int, *_: object) -> list[tuple[object, ...]]:
        if not self.address:
            raise OSError(f"{host} has no address")
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (self.address, port))]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    found = Names()
    monkeypatch.setattr(socket, "getaddrinfo", found.getaddrinfo)
    monkeypatch.setattr(dialer, "_NAMES_SECONDS", 0)
    return found


async def test_names_are_looked_up_though_a_plugin_fills_the_threads_of_asyncio(serve: Serve, names: Names) -> None:
    port = await serve("old")
    ends = threading.Event()
    loop = asyncio.get_running_loop()
    blocked = [loop.run_in_executor(None, ends.wait) for _ in range(100)]
    try:
        async with opened(Access(f"http://{NAME}:{port}")) as connection:
            assert "old" in await ask(connection)
    finally:
        ends.set()
        await asyncio.gather(*blocked)


async def test_a_look_up_that_hangs_ends_at_the_deadline_and_holds_up_no_other(
    serve: Serve, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = await serve("old")
    ends, answer = threading.Event(), names.getaddrinfo

    def hangs(host: str, port: int, *options: object) -> list[tuple[object, ...]]:
        if host == "hangs.test":
            ends.wait(30)
        return answer(host, port, *options)

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    try:
        async with (
            opened(Access(f"http://hangs.test:{port}")) as hanging,
            opened(Access(f"http://{NAME}:{port}")) as connection,
        ):
            for _ in range(10):
                with pytest.raises(ApiConnectionError, match="in time"):
                    await hanging.send(ApiRequest("GET", "/x", timeout_seconds=0.05))
            assert "old" in await ask(connection)
    finally:
        ends.set()


async def test_a_name_that_gets_another_address_is_followed_by_new_connections(serve: Serve, names: Names) -> None:
    port = await serve("old")
    await serve("new", "127.0.0.2", port)
    async with opened(Access(f"http://{NAME}:{port}")) as connection:
        assert "old" in await ask(connection)
        names.address = "127.0.0.2"
        # The open connection is still good; streams open their own.
        assert "old" in await ask(connection)
        for _ in range(REQUESTS):
            async with connection.stream(ApiRequest("GET", "/x", timeout_seconds=5)) as stream:
                found = await stream.read()
            if b"new" in found:
                break
            await asyncio.sleep(0.05)
        assert b"new" in found


DEAD = {
    "refuses": [(socket.AF_INET, "127.0.0.3")],
    "is of a family without a way": [(socket.AF_INET6, "2001:db8::1")],
    "are a crowd": [(socket.AF_INET, f"127.0.{n}.3") for n in range(20)],
}


@pytest.mark.parametrize("dead", DEAD)
async def test_a_name_of_several_addresses_is_reached_at_the_one_that_answers(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, dead: str
) -> None:
    port = await serve("alive")
    addresses = [*DEAD[dead], (socket.AF_INET, "127.0.0.1")]

    def resolve(host: str, port: int, *_: object) -> list[tuple[object, ...]]:
        return [(family, socket.SOCK_STREAM, 0, "", (address, port)) for family, address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    async with opened(Access(f"http://{NAME}:{port}")) as connection:
        assert "alive" in await ask(connection)
        async with connection.stream(ApiRequest("GET", "/x", timeout_seconds=5)) as stream:
            assert b"alive" in await stream.read()


@pytest.mark.parametrize("answer", [[], [(socket.AF_INET, "no address")], [(socket.AF_INET, "300.0.0.1")]])
async def test_a_name_server_that_answers_nonsense_is_a_connection_error(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, answer: list[tuple[socket.AddressFamily, str]]
) -> None:
    def resolve(host: str, port: int, *_: object) -> list[tuple[object, ...]]:
        return [(family, socket.SOCK_STREAM, 0, "", (address, port)) for family, address in answer]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    async with opened(Access(f"http://{NAME}:1")) as connection:
        with pytest.raises(ApiConnectionError):
            await ask(connection)


async def test_a_name_that_has_no_address_for_a_while_is_a_connection_error_and_heals(
    serve: Serve, names: Names
) -> None:
    port = await serve("old")
    names.address = ""
    async with opened(Access(f"http://{NAME}:{port}")) as connection:
        for _ in range(REQUESTS):
            with pytest.raises(ApiConnectionError, match="has no address"):
                await ask(connection)
        names.address = "127.0.0.1"
        assert "old" in await ask(connection)


def test_the_proxy_of_an_ipv6_server_follows_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.test")
    monkeypatch.setenv("NO_PROXY", "[fd00::1]:6443")
    assert proxy_for("https://[fd00::1]:6443", None) is None
    assert proxy_for("https://[fd00::1]:443", None) == "http://proxy.test"
