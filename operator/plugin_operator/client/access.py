"""How to reach and convince an API server: address, authorization and TLS material, kept fresh.

Owns the protocol and the fixed kind. Where the facts come from (a kubeconfig, a pod's service account) is left to
``sources``, how long they are kept to ``kept``; the requests are left to ``connection``.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from plugin_operator.client.tls import TlsSettings

_SYSTEM_TRUST = TlsSettings()


@dataclass(frozen=True, slots=True)
class Access:
    """Everything one request needs besides itself.

    Attributes:
        host: URL of the server, without a slash at the end.
        authorization: the whole value of that header.
        tls: material for the handshake.
        proxy: URL of a proxy on the way.
        impersonation: headers that ask the server to act as somebody else.
        expires_at: when the credentials end, as far as they say so themselves.
    """

    host: str
    authorization: str | None = None
    tls: TlsSettings = _SYSTEM_TRUST
    proxy: str | None = None
    impersonation: tuple[tuple[str, str], ...] = ()
    expires_at: datetime | None = field(default=None, compare=False)

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
        """Return access after the server answered 401 to ``rejected``, fresh unless another caller renewed it already.

        Raises:
            ConfigError: as ``current``.
        """

    async def reread(self, failed: Access) -> Access:
        """Return access after a TLS handshake with ``failed`` failed: another value if what it was read from changed.

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

    async def reread(self, failed: Access) -> Access:
        """Return the same access: there is no other."""
        del failed
        return self._access
