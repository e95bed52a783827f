"""``Access``: address, authorization and TLS material for an API server.

Owns the protocol ``AccessSource`` and a fixed implementation. Leaves reading to ``kubeconfig_source`` and
``in_cluster``, caching to ``cached_access``, and requests to ``connection``.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import unquote, urlsplit

from plugin_operator.client.credentials.tls import TlsSettings

_SYSTEM_TRUST = TlsSettings()
_MIN_HIDDEN = 4  # a shorter text is no secret and would match everywhere


@dataclass(frozen=True, slots=True)
class Access:
    """Address and credentials of one request.

    Attributes:
        host: URL of the server, without a trailing slash.
        authorization: value of the ``Authorization`` header.
        tls: material for the TLS handshake.
        proxy: URL of the proxy, or None.
        impersonation: headers for user impersonation.
        expires_at: expiry of the credentials, if they state one.
    """

    host: str
    authorization: str | None = None
    tls: TlsSettings = _SYSTEM_TRUST
    proxy: str | None = None
    impersonation: tuple[tuple[str, str], ...] = ()
    expires_at: datetime | None = field(default=None, compare=False)

    def hide(self, text: str) -> str:
        """Return ``text`` with the credentials replaced: a server or a proxy may have quoted them."""
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
        """Return the host only: logs and tracebacks must not contain credentials."""
        return f"Access(host={self.host!r})"


class AccessSource(Protocol):
    """Returns the access for each request of a connection."""

    async def current(self) -> Access:
        """Return the current access, read again if it may have changed; otherwise the call is cheap.

        Raises:
            ConfigError: there are no usable credentials.
        """

    async def renew(self, rejected: Access) -> Access:
        """Return access after a 401 for ``rejected``; renews it unless another caller already has.

        Raises:
            ConfigError: as ``current``.
        """

    async def reread(self, failed: Access) -> Access:
        """Return access after a failed TLS handshake with ``failed``; another value if its source has changed.

        Raises:
            ConfigError: as ``current``.
        """


class FixedAccess:
    """Access that never changes, for tests and known tokens."""

    __slots__ = ("_access",)

    def __init__(self, access: Access) -> None:
        self._access = access

    async def current(self) -> Access:
        """Return the access."""
        return self._access

    async def renew(self, rejected: Access) -> Access:
        """Return the same access; it cannot be renewed."""
        del rejected
        return self._access

    async def reread(self, failed: Access) -> Access:
        """Return the same access; it cannot be renewed."""
        del failed
        return self._access
