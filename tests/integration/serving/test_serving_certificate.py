"""The certificate of a server: made, read, renewed, and kept when what lies there is no good."""

import asyncio
import ssl
from collections.abc import AsyncIterator, MutableMapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from structlog.testing import capture_logs

from plugin_operator.errors import UsageError
from plugin_operator.serving.address import BindAddress
from plugin_operator.serving.certificate import CertificateFiles, ServingCertificate
from plugin_operator.serving.server import HttpServer
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock

LOOK_SECONDS = 10


def write(
    files: CertificateFiles,
    name: str,
    password: bytes | None = None,
    *,
    begins: timedelta = timedelta(),
    ends: timedelta = timedelta(days=365),
) -> None:
    """Write a certificate of ``name`` and its key, as cert-manager would, for a life from the clock's start on."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = VirtualClock().now()
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .sign(key, hashes.SHA256())
    )
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        protection = serialization.BestAvailableEncryption(password)
    form = serialization.PrivateFormat.PKCS8
    files.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, protection))
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


async def shown(port: int) -> str:
    """Shake hands and return the name in the certificate that is shown."""
    (name,) = (await certificate_at(port)).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(name.value)


async def certificate_at(port: int) -> x509.Certificate:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return x509.load_der_x509_certificate(der)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def files(tmp_path: Path) -> CertificateFiles:
    made = CertificateFiles(tmp_path / "tls.crt", tmp_path / "tls.key")
    write(made, "first")
    return made


@pytest.fixture
async def port(files: CertificateFiles, clock: VirtualClock) -> AsyncIterator[int]:
    certificate = ServingCertificate(files, flag="--metrics-cert-path", clock=clock)
    await certificate.start()
    server = HttpServer("metrics server", BindAddress("127.0.0.1", 0), [], tls=certificate.context)
    await server.start()
    yield server.port
    await server.stop(5)
    await certificate.stop(5)


async def after_a_look(clock: VirtualClock, port: int, name: str) -> None:
    async def is_shown() -> bool:
        await clock.advance(LOOK_SECONDS)
        return await shown(port) == name

    await eventually(is_shown)


async def complaints(clock: VirtualClock) -> list[MutableMapping[str, Any]]:
    """Let time pass until the log tells of something."""

    async def told() -> bool:
        await clock.advance(LOOK_SECONDS)
        return bool(logs)

    with capture_logs() as logs:
        await eventually(told)
    return logs


async def test_a_renewed_certificate_is_shown_from_then_on(
    port: int, files: CertificateFiles, clock: VirtualClock
) -> None:
    assert await shown(port) == "first"
    write(files, "second")
    await after_a_look(clock, port, "second")


async def test_a_half_written_certificate_does_not_replace_the_good_one(
    port: int, files: CertificateFiles, clock: VirtualClock
) -> None:
    whole = files.certificate.read_bytes()
    files.certificate.write_bytes(whole[: len(whole) // 2])
    logs = await complaints(clock)
    assert str(files.certificate) in logs[0]["reason"]
    assert await shown(port) == "first"
    write(files, "third")
    await after_a_look(clock, port, "third")


async def test_a_key_of_another_certificate_does_not_replace_the_good_one(
    port: int, files: CertificateFiles, clock: VirtualClock
) -> None:
    certificate = files.certificate.read_bytes()
    write(files, "other")
    files.certificate.write_bytes(certificate)
    logs = await complaints(clock)
    assert len(logs) == 1
    assert await shown(port) == "first"


@pytest.mark.parametrize("broken", ["missing", "empty", "encrypted", "a folder"])
async def test_what_cannot_be_used_at_the_start_is_named_with_its_flag(
    files: CertificateFiles, clock: VirtualClock, broken: str
) -> None:
    if broken == "missing":
        files.key.unlink()
    elif broken == "empty":
        files.certificate.write_bytes(b"")
    elif broken == "encrypted":
        write(files, "first", password=b"secret")
    else:
        files.key.unlink()
        files.key.mkdir()
    certificate = ServingCertificate(files, flag="--metrics-cert-path", clock=clock)
    with pytest.raises(UsageError, match=r"--metrics-cert-path: .*tls\."):
        await certificate.start()


async def test_without_files_one_is_made(clock: VirtualClock) -> None:
    certificate = ServingCertificate(None, flag="--metrics-cert-path", clock=clock)
    await certificate.start()
    server = HttpServer("metrics server", BindAddress("127.0.0.1", 0), [], tls=certificate.context)
    await server.start()
    assert await shown(server.port)
    await server.stop(5)
    await certificate.stop(5)


@pytest.mark.parametrize(
    ("begins", "ends", "words"),
    [
        (timedelta(days=-9), timedelta(days=-1), "expired at"),
        (timedelta(days=1), timedelta(days=9), "is not valid before"),
    ],
)
async def test_a_certificate_that_is_not_valid_now_does_not_replace_one_that_is(
    port: int, files: CertificateFiles, clock: VirtualClock, begins: timedelta, ends: timedelta, words: str
) -> None:
    write(files, "second", begins=begins, ends=ends)
    logs = await complaints(clock)
    assert words in logs[0]["reason"]
    assert await shown(port) == "first"


async def test_a_certificate_that_begins_later_is_shown_once_it_is_valid(
    port: int, files: CertificateFiles, clock: VirtualClock
) -> None:
    write(files, "second", begins=timedelta(hours=1))
    await complaints(clock)
    assert await shown(port) == "first"
    await clock.advance(3600)
    await after_a_look(clock, port, "second")


async def test_the_end_of_a_certificate_is_told_before_and_after_it_and_a_late_renewal_is_taken(
    port: int, files: CertificateFiles, clock: VirtualClock
) -> None:
    async def is_told(event: str) -> bool:
        await clock.advance(LOOK_SECONDS)
        return [line["event"] for line in logs] == [event]

    write(files, "short", ends=timedelta(days=2))
    await after_a_look(clock, port, "short")
    with capture_logs() as logs:
        await clock.advance(timedelta(days=1, hours=1).total_seconds())
        await eventually(lambda: is_told("Certificate expires soon"))
        logs.clear()
        await clock.advance(timedelta(days=1).total_seconds())
        await eventually(lambda: is_told("Certificate has expired"))
    assert await shown(port) == "short"
    write(files, "late", begins=timedelta(days=2))
    await after_a_look(clock, port, "late")


async def test_a_certificate_that_has_ended_serves_at_a_start_for_want_of_a_better_one(
    files: CertificateFiles, clock: VirtualClock
) -> None:
    write(files, "old", begins=timedelta(days=-9), ends=timedelta(days=-1))
    certificate = ServingCertificate(files, flag="--metrics-cert-path", clock=clock)
    with capture_logs() as logs:
        await certificate.start()
    await certificate.stop(5)
    assert [line["event"] for line in logs] == ["Certificate has expired"]


async def test_a_certificate_that_was_made_is_made_again_long_before_it_ends(clock: VirtualClock) -> None:
    certificate = ServingCertificate(None, flag="--metrics-cert-path", clock=clock)
    await certificate.start()
    server = HttpServer("metrics server", BindAddress("127.0.0.1", 0), [], tls=certificate.context)
    await server.start()
    first = await certificate_at(server.port)
    await clock.advance(timedelta(days=200).total_seconds())
    assert await certificate_at(server.port) == first
    await clock.advance(timedelta(days=50).total_seconds())
    second = await certificate_at(server.port)
    assert second.not_valid_after_utc - clock.now() > timedelta(days=364)
    assert await certificate_at(server.port) == second
    await server.stop(5)
    await certificate.stop(5)
