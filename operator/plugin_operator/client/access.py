"""How to reach and convince an API server: address, authorization and TLS material, kept fresh.

Owns the protocol and the fixed kind. Where the facts come from (a kubeconfig, a pod's service account) is left to
``loaders``; the requests are left to ``connection``.
"""

import ssl
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Files and text the TLS handshake needs; all empty means the system's own trust."""

    ca_file: str | None = None
    ca_pem: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    verify: bool = True
    server_name: str | None = None

    def context(self) -> ssl.SSLContext:
        """Read the files into a context.

        Raises:
            OSError: a file cannot be read (``ssl.SSLError`` if it makes no sense).
        """
        context = ssl.create_default_context(cafile=self.ca_file, cadata=self.ca_pem)
        # Many clusters' own CAs lack the extensions that strict mode of Python 3.13 asks for; Go does not ask either.
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        if self.certificate_file:
            context.load_cert_chain(self.certificate_file, self.key_file)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


@dataclass(frozen=True, slots=True)
class Access:
    """Everything one request needs besides itself.

    Attributes:
        host: URL of the server, without a slash at the end.
        authorization: the whole value of that header.
        tls: material for the handshake.
        proxy: URL of a proxy on the way.
        impersonation: headers that ask the server to act as somebody else.
    """

    host: str
    authorization: str | None = None
    tls: TlsSettings = TlsSettings()
    proxy: str | None = None
    impersonation: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        """Leave the credentials out, for this ends in logs and tracebacks."""
        return f"Access(host={self.host!r})"


class AccessSource(Protocol):
    """Where a connection asks for access before each request."""

    async def current(self) -> Access:
        """Return what is valid now, re-read if it may have changed; cheap when nothing has.

        Raises:
            ConfigError: the credentials cannot be had (any more).
        """

    async def renew(self, rejected: Access) -> Access:
        """Return access after the server answered 401 to ``rejected``: fresh unless somebody renewed it meanwhile.

        Raises:
            ConfigError: as ``current``.
        """


class FixedAccess:
    """Access that never changes: a test server, or a token given on the spot."""

    __slots__ = ("_access",)

    def __init__(self, access: Access) -> None:
        self._access = access

    async def current(self) -> Access:
        """Return the one access there is."""
        return self._access

    async def renew(self, rejected: Access) -> Access:
        """Return the same access: there is no other."""
        del rejected
        return self._access
