"""How to reach and convince an API server: address, authorization and TLS material, kept fresh.

Owns the protocol and the fixed kind. Where the facts come from (a kubeconfig, a pod's service account) is left to
``sources``, how long they are kept to ``kept``; the requests are left to ``connection``.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import unquote, urlsplit

from plugin_operator.client.credentials.tls import TlsSettings

_SYSTEM_TRUST = TlsSettings()
_MIN_HIDDEN = 4  # a shorter one hides nothing, and would be in every second word


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

    def hide(self, text: str) -> str:
        """Return ``text``, which a server or a proxy may have had a part in, without the credentials it was sent."""
        for sent in self._sent():
            if len(sent) >= _MIN_HIDDEN:
                text = text.replace(sent, "<credentials>")
        return text

    def _sent(self) -> Iterator[str]:
        if self.authorization:
            scheme, _, value = self.authorization.partition(" ")
            yield value
            if scheme == "Basic":
                yield base64.b64decode(value).decode("utf-8", "replace").partition(":")[2]
        try:
            proxy = urlsplit(self.proxy or "")
        except ValueError:
            return
        if proxy.password:
            name, password = unquote(proxy.username or ""), unquote(proxy.password)
            yield base64.b64encode(f"{name}:{password}".encode()).decode()
            yield from (proxy.password, password)

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
