"""A certificate authority of one server, and the certificate it serves with; TLS settings made of PEM texts.

Keys are ECDSA P-256: made in a millisecond. Lifetimes are a laptop's: the authority ten years, because people keep the
kubeconfig that holds it; the serving certificate one year, because each start makes a new one.
"""

import contextlib
import ssl
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CA_LIFETIME = timedelta(days=3650)
_SERVING_LIFETIME = timedelta(days=365)
_RENEWED_AFTER = _SERVING_LIFETIME * 2 / 3
# Clocks of a laptop and its containers may differ a little.
_BACKDATED = timedelta(hours=1)
_ALWAYS = ("localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default", "kubernetes.default.svc")


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority as PEM texts."""

    certificate_pem: bytes
    key_pem: bytes = field(repr=False)


def make_authority(now: datetime) -> Authority:
    """Return a new authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("plugin-operator-ca")
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key.public_key(), now, _CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(_pem(certificate), _key_pem(key))


def server_context(authority: Authority, name: str, hosts: Sequence[str], now: datetime) -> ssl.SSLContext:
    """Return a TLS context with a fresh certificate of the subject ``name``, for loopback and ``hosts``.

    Raises:
        ValueError: the authority's PEM texts cannot be read.
    """
    ca = x509.load_pem_x509_certificate(authority.certificate_pem)
    ca_key = serialization.load_pem_private_key(authority.key_pem, None)
    if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
        raise ValueError("the authority's key is not an elliptic curve key")  # noqa: TRY004 - a bad file, not a bad type
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(name), ca.subject, key.public_key(), now, _SERVING_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_alternative_names(hosts)), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    return context_of(_key_pem(key) + _pem(certificate))


def renewing_context(
    authority: Authority, name: str, hosts: Sequence[str], now: Callable[[], datetime]
) -> ssl.SSLContext:
    """Return what ``server_context`` does, with a certificate that is made again before it ends.

    That happens in the first handshake after two thirds of its life, and takes some milliseconds. If it fails, the
    certificate that is there goes on, and the next handshake tries again.

    Raises:
        ValueError: the authority's PEM texts cannot be read.
    """
    begun = now()
    shown = current = server_context(authority, name, hosts, begun)

    def choose(connection: ssl.SSLObject, server: str | None, context: ssl.SSLContext) -> None:
        nonlocal begun, current
        del server, context
        at = now()
        # A clock that was set back would show a certificate that is not valid yet.
        if not begun - _BACKDATED <= at < begun + _RENEWED_AFTER:
            with contextlib.suppress(OSError):
                current, begun = server_context(authority, name, hosts, at), at
        connection.context = current

    shown.sni_callback = choose
    return shown


def lifetime_of(pem: bytes) -> tuple[datetime, datetime]:
    """Return when the first certificate in ``pem`` begins and ends to be valid, in UTC.

    Raises:
        ValueError: there is none.
    """
    certificate = x509.load_pem_x509_certificates(pem)[0]
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def context_of(pem: bytes) -> ssl.SSLContext:
    """Return a server's TLS context: version 1.2 or newer, HTTP/1.1.

    Args:
        pem: the private key, not encrypted, and the certificate with those that lead to its authority.

    Raises:
        ssl.SSLError: the texts cannot be read, or key and certificate do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # In TLS 1.2 a client may ask for handshakes without end, each of which costs the server more than the client.
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    # The standard library loads a certificate only from a file.
    with tempfile.TemporaryDirectory(prefix="plugin-operator-") as folder:
        path = Path(folder, "serving.pem")
        path.touch(mode=0o600)
        path.write_bytes(pem)
        # Without an answer given here, OpenSSL asks the terminal for the password of an encrypted key.
        context.load_cert_chain(path, password="")
    return context


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + lifetime)
    )


def _alternative_names(hosts: Sequence[str]) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = []
    for host in dict.fromkeys((*_ALWAYS, *hosts)):
        try:
            names.append(x509.IPAddress(ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return names


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())
