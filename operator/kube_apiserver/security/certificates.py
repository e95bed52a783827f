"""The certificate authority and serving certificate of a server, and TLS contexts from PEM texts.

Keys are ECDSA P-256, because these take only a millisecond to generate. The CA is valid for ten years, because users
keep the kubeconfig that contains it. The serving certificate is valid for one year, because each start creates one.
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
# Tolerates small differences between the clocks of a laptop and its containers.
_BACKDATED = timedelta(hours=1)
_ALWAYS = ("localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default", "kubernetes.default.svc")


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority: certificate and key in PEM."""

    certificate_pem: bytes
    key_pem: bytes = field(repr=False)


def make_authority(now: datetime) -> Authority:
    """Return a new certificate authority."""
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
    """Return a TLS context with a new certificate for loopback and ``hosts``. Its subject is ``name``.

    Raises:
        ValueError: the PEM texts of the authority are invalid.
    """
    ca = x509.load_pem_x509_certificate(authority.certificate_pem)
    ca_key = serialization.load_pem_private_key(authority.key_pem, None)
    if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
        raise ValueError("the CA's private key is not an elliptic curve key")  # noqa: TRY004 - a bad file, not a bad type
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
    """Return a TLS context like ``server_context``, which renews its certificate before it expires.

    The first handshake after two thirds of the lifetime renews the certificate, within some milliseconds. If that
    fails, the old certificate stays in use, and the next handshake retries.

    Raises:
        ValueError: the PEM texts of the authority are invalid.
    """
    begun = now()
    shown = current = server_context(authority, name, hosts, begun)

    def choose(connection: ssl.SSLObject, server: str | None, context: ssl.SSLContext) -> None:
        nonlocal begun, current
        del server, context
        at = now()
        # If the clock was set back, the current certificate would not be valid yet.
        if not begun - _BACKDATED <= at < begun + _RENEWED_AFTER:
            with contextlib.suppress(OSError):
                current, begun = server_context(authority, name, hosts, at), at
        connection.context = current

    shown.sni_callback = choose
    return shown


def lifetime_of(pem: bytes) -> tuple[datetime, datetime]:
    """Return the validity period of the first certificate in ``pem``, in UTC.

    Raises:
        ValueError: ``pem`` contains no certificate.
    """
    certificate = x509.load_pem_x509_certificates(pem)[0]
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def context_of(pem: bytes) -> ssl.SSLContext:
    """Return a server's TLS context: TLS 1.2 or newer, HTTP/1.1.

    Args:
        pem: the unencrypted private key, and the certificate chain.

    Raises:
        ssl.SSLError: the PEM texts are invalid, or the key does not match the certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # TLS 1.2 clients may renegotiate without limit, and each handshake costs the server more than the client.
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    # The ssl module loads certificates from files only.
    with tempfile.TemporaryDirectory(prefix="plugin-operator-") as folder:
        path = Path(folder, "serving.pem")
        path.touch(mode=0o600)
        path.write_bytes(pem)
        # Without a password, OpenSSL prompts on the terminal for that of an encrypted key.
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
