"""Credentials that are files, replaced while a connection is in use: over real TLS, for kubeconfigs and for pods."""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from plugin_operator.certificates import Authority, make_authority, server_context
from plugin_operator.client import ApiRequest, Connection, ConnectionConfig, load_connection_config
from plugin_operator.client import config as config_module
from plugin_operator.client.credentials import cached_access
from plugin_operator.client.credentials.cached_access import REREAD_SECONDS, CachedAccess
from plugin_operator.errors import ApiConnectionError
from plugin_operator.metrics import Metrics
from plugin_operator.testing.virtual_clock import VirtualClock


def now() -> datetime:
    return datetime.now(UTC)


def client_certificate(
    authority: Authority, name: str, lifetime: timedelta = timedelta(hours=1)
) -> tuple[bytes, bytes]:
    """Return certificate and key of a client."""
    ca = x509.load_pem_x509_certificate(authority.certificate_pem)
    ca_key = serialization.load_pem_private_key(authority.key_pem, None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=2))
        .not_valid_after(now() + lifetime)
        .sign(ca_key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM), pem


class Server:
    """Serves over TLS, notes who asked, and can be given another certificate; ``/stream`` never ends."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[tuple[str, str]] = []
        self.ended = asyncio.Event()
        self._sites: list[web.TCPSite] = []
        app = web.Application()
        app.router.add_get("/stream", self._stream)
        app.router.add_get("/{path:.*}", self._answer)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def serve(self, context: ssl.SSLContext) -> None:
        """Take new connections with ``context``; those that are open stay."""
        if not self._sites:
            await self.runner.setup()
        for site in self._sites:
            assert site._server is not None
            site._server.close()
        site = web.TCPSite(self.runner, "127.0.0.1", self.port, ssl_context=context, reuse_address=True)
        await site.start()
        self._sites.append(site)
        self.port = self.runner.addresses[-1][1]

    def _who(self, request: web.Request) -> tuple[str, str]:
        assert request.transport is not None
        certificate = request.transport.get_extra_info("peercert") or {}
        names = dict(pair for part in certificate.get("subject", ()) for pair in part)
        return request.headers.get("Authorization", ""), names.get("commonName", "")

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(self._who(request))
        return web.json_response({})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(self._who(request))
        answer = web.StreamResponse()
        await answer.prepare(request)
        while not self.ended.is_set():
            await answer.write(b"line\n")
            await asyncio.sleep(0.02)
        return answer


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    yield made
    made.ended.set()
    await made.runner.cleanup()


@dataclass
class Files:
    """Where the credentials are."""

    folder: Path
    load: Callable[[], ConnectionConfig]

    @property
    def ca(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def token(self) -> Path:
        return self.folder / "token"


@pytest.fixture(params=["kubeconfig", "pod"])
def files(request: pytest.FixtureRequest, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Files:
    (tmp_path / "token").write_text("one\n")
    if request.param == "pod":
        monkeypatch.setattr(config_module, "SERVICE_ACCOUNT_FOLDER", tmp_path)

        def in_pod() -> ConnectionConfig:
            environ = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(server.port)}
            return load_connection_config(environ=environ)

        return Files(tmp_path, in_pod)
    return Files(tmp_path, lambda: load_connection_config(kubeconfig(tmp_path, server, {"tokenFile": "token"})))


def changed_kubeconfig(path: str, **changes: object) -> None:
    """Change current context, user or server."""
    document = json.loads(Path(path).read_text())
    document["current-context"] = "other"
    document["users"][0]["user"] = changes["user"]
    document["clusters"][0]["cluster"]["server"] = changes.get("server", document["clusters"][0]["cluster"]["server"])
    Path(path).write_text(json.dumps(document))


def piped_kubeconfig(path: str) -> int:
    """Return a pipe that holds a kubeconfig, whose authority is not relative to the file any more."""
    text = Path(path).read_text()
    text = text.replace('"ca.crt"', json.dumps(str(Path(path).parent / "ca.crt")))
    reader, writer = os.pipe()
    os.write(writer, text.encode())
    os.close(writer)
    return reader


def kubeconfig(folder: Path, server: Server, user: dict[str, object]) -> str:
    path = folder / "kubeconfig"
    cluster = {"server": f"https://127.0.0.1:{server.port}", "certificate-authority": "ca.crt"}
    path.write_text(
        json.dumps(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": cluster}],
                "users": [{"name": "u", "user": user}],
            }
        )
    )
    return str(path)


@asynccontextmanager
async def opened(config: ConnectionConfig, clock: VirtualClock | None = None) -> AsyncIterator[Connection]:
    access = config.access
    assert isinstance(access, CachedAccess)
    if clock is not None:
        access._clock = clock
    async with Connection.open(config, Metrics()) as connection:
        yield connection


def serving(authority: Authority) -> ssl.SSLContext:
    return server_context(authority, "server", (), now())


async def test_a_rotated_authority_is_used_at_the_handshake_it_fails(server: Server, files: Files) -> None:
    old, new = make_authority(now()), make_authority(now())
    await server.serve(serving(old))
    files.ca.write_bytes(old.certificate_pem)
    async with (
        opened(files.load()) as connection,
        connection.stream(ApiRequest("GET", "/stream", timeout_seconds=5)) as open_stream,
    ):
        await server.serve(serving(new))
        files.ca.write_bytes(new.certificate_pem)
        await connection.send(ApiRequest("GET", "/x"))
        async with connection.stream(ApiRequest("GET", "/stream", timeout_seconds=5)) as fresh_stream:
            assert await fresh_stream.read()
        # What was open before lives on.
        for _ in range(3):
            assert await open_stream.read()


async def test_streams_use_a_rotated_authority_at_the_handshake_it_fails(server: Server, files: Files) -> None:
    old, new = make_authority(now()), make_authority(now())
    await server.serve(serving(old))
    files.ca.write_bytes(old.certificate_pem)
    async with opened(files.load()) as connection:
        await server.serve(serving(new))
        files.ca.write_bytes(new.certificate_pem)
        async with connection.stream(ApiRequest("GET", "/stream", timeout_seconds=5)) as stream:
            assert await stream.read()


async def test_an_authority_that_did_not_change_is_not_tried_twice(server: Server, files: Files) -> None:
    old, new = make_authority(now()), make_authority(now())
    await server.serve(serving(new))
    files.ca.write_bytes(old.certificate_pem)
    async with opened(files.load()) as connection:
        for _ in range(50):
            with pytest.raises(ApiConnectionError, match="certificate verify failed"):
                await connection.send(ApiRequest("GET", "/x"))
            with pytest.raises(ApiConnectionError, match="certificate verify failed"):
                await connection.stream(ApiRequest("GET", "/stream", timeout_seconds=5)).__aenter__()
    assert server.asked == []


async def test_a_rotated_authority_and_token_are_read_within_a_minute_without_a_failure(
    server: Server, files: Files
) -> None:
    old, new = make_authority(now()), make_authority(now())
    await server.serve(serving(old))
    files.ca.write_bytes(old.certificate_pem)
    clock = VirtualClock()
    config = files.load()
    async with opened(config, clock) as connection:
        await connection.send(ApiRequest("GET", "/x"))
        files.ca.write_bytes(old.certificate_pem + new.certificate_pem)
        files.token.write_text("two")
        await clock.advance(REREAD_SECONDS)
        await connection.send(ApiRequest("GET", "/x"))
        assert (await config.access.current()).tls.ca_pem == old.certificate_pem + new.certificate_pem
    assert [token for token, _ in server.asked] == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize("trouble", ["away", "empty", "blank", "a folder", "huge", "no token"])
@pytest.mark.parametrize("which", ["token", "ca"])
async def test_a_file_in_trouble_for_a_while_fails_no_request(
    server: Server, files: Files, trouble: str, which: str
) -> None:
    authority = make_authority(now())
    await server.serve(serving(authority))
    files.ca.write_bytes(authority.certificate_pem)
    clock = VirtualClock()
    path = getattr(files, which)
    async with opened(files.load(), clock) as connection:
        with structlog.testing.capture_logs() as lines:
            path.unlink()
            if trouble == "a folder":
                path.mkdir()
            elif trouble != "away":
                content = {"empty": "", "blank": "\n", "huge": "x" * 5_000_000, "no token": "\x00\xff"}[trouble]
                path.write_text(content)
            for _ in range(20):
                await clock.advance(cached_access._RETRY_SECONDS)
                await connection.send(ApiRequest("GET", "/x"))
            path.rmdir() if trouble == "a folder" else path.unlink(missing_ok=True)
            path.write_bytes(authority.certificate_pem if which == "ca" else b"two")
            await clock.advance(REREAD_SECONDS)
            await connection.send(ApiRequest("GET", "/x"))
    events = [line["event"] for line in lines]
    assert events == ["Credentials not read, the last ones are used", "Credentials read again"]
    assert server.asked[-1][0] == ("Bearer one" if which == "ca" else "Bearer two")
    assert str(path) in lines[0]["reason"] or which == "ca"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("is_pair", [True, False])
async def test_a_client_certificate_renewed_under_the_same_name_is_used_when_the_old_one_is_refused(
    server: Server, tmp_path: Path, version: ssl.TLSVersion, is_pair: bool
) -> None:
    authority = make_authority(now())
    context = serving(authority)
    context.load_verify_locations(cadata=authority.certificate_pem.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version
    await server.serve(context)
    (tmp_path / "ca.crt").write_bytes(authority.certificate_pem)

    def write(name: str, lifetime: timedelta) -> None:
        certificate, key = client_certificate(authority, name, lifetime)
        (tmp_path / "tls.crt").write_bytes(certificate if is_pair else certificate + key)
        (tmp_path / "tls.key").write_bytes(key)

    user: dict[str, object] = {"client-certificate": "tls.crt"}
    user |= {"client-key": "tls.key"} if is_pair else {}
    write("expired", timedelta(days=-1))
    config = load_connection_config(kubeconfig(tmp_path, server, user))
    async with opened(config) as connection:
        with pytest.raises(ApiConnectionError):
            await connection.send(ApiRequest("GET", "/x"))
        write("renewed", timedelta(hours=1))
        await connection.send(ApiRequest("GET", "/x"))
        write("expired", timedelta(days=-1))
    assert server.asked == [("", "renewed")]


async def test_a_renewed_certificate_whose_key_comes_later_is_used_once_both_are_there(
    server: Server, tmp_path: Path
) -> None:
    authority = make_authority(now())
    context = serving(authority)
    context.load_verify_locations(cadata=authority.certificate_pem.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    await server.serve(context)
    (tmp_path / "ca.crt").write_bytes(authority.certificate_pem)
    certificate, key = client_certificate(authority, "one")
    (tmp_path / "tls.crt").write_bytes(certificate)
    (tmp_path / "tls.key").write_bytes(key)
    user: dict[str, object] = {"client-certificate": "tls.crt", "client-key": "tls.key"}
    clock = VirtualClock()
    async with opened(load_connection_config(kubeconfig(tmp_path, server, user)), clock) as connection:
        await connection.send(ApiRequest("GET", "/x"))
        certificate, key = client_certificate(authority, "two")
        (tmp_path / "tls.crt").write_bytes(certificate)
        await clock.advance(REREAD_SECONDS)
        await connection.send(ApiRequest("GET", "/x"))
        (tmp_path / "tls.key").write_bytes(key)
        await clock.advance(REREAD_SECONDS)
        await connection.send(ApiRequest("GET", "/x"))
    assert [name for _, name in server.asked] == ["one", "one", "two"]


async def test_the_kubeconfig_itself_is_read_again_but_not_followed_to_another_server(
    server: Server, tmp_path: Path
) -> None:
    authority = make_authority(now())
    await server.serve(serving(authority))
    (tmp_path / "ca.crt").write_bytes(authority.certificate_pem)
    path = kubeconfig(tmp_path, server, {"token": "one"})
    clock = VirtualClock()
    async with opened(load_connection_config(path), clock) as connection:
        await connection.send(ApiRequest("GET", "/x"))
        # The context that was chosen at the start stays, whatever becomes the current one.
        changed_kubeconfig(path, user={"token": "two"})
        await clock.advance(REREAD_SECONDS)
        await connection.send(ApiRequest("GET", "/x"))
        with structlog.testing.capture_logs() as lines:
            changed_kubeconfig(path, user={"token": "three"}, server="https://elsewhere.example")
            await clock.advance(REREAD_SECONDS)
            await connection.send(ApiRequest("GET", "/x"))
            (tmp_path / "kubeconfig").unlink()
            await clock.advance(REREAD_SECONDS)
            await connection.send(ApiRequest("GET", "/x"))
    assert [token for token, _ in server.asked] == ["Bearer one", "Bearer two", "Bearer two", "Bearer two"]
    assert len(lines) == 1
    assert "restart the operator if it is to follow" in lines[0]["reason"]


async def test_a_kubeconfig_from_a_pipe_is_read_once(server: Server, tmp_path: Path) -> None:
    authority = make_authority(now())
    await server.serve(serving(authority))
    (tmp_path / "ca.crt").write_bytes(authority.certificate_pem)
    reader = piped_kubeconfig(kubeconfig(tmp_path, server, {"token": "one"}))
    clock = VirtualClock()
    try:
        async with opened(load_connection_config(f"/dev/fd/{reader}"), clock) as connection:
            await connection.send(ApiRequest("GET", "/x"))
            await clock.advance(REREAD_SECONDS)
            await connection.send(ApiRequest("GET", "/x"))
    finally:
        os.close(reader)
    assert [token for token, _ in server.asked] == ["Bearer one", "Bearer one"]
