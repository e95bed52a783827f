"""``Destination``: where a request goes, and the headers that all requests there share."""

import ssl
from functools import cached_property
from typing import Self
from urllib.parse import urlsplit

import msgspec

from plugin_operator.client.credentials.access import Access
from plugin_operator.client.credentials.tls import TlsSettings
from plugin_operator.errors import ConfigError

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Server(msgspec.Struct, frozen=True):
    """A server and how it is authenticated; connections to equal servers are interchangeable.

    Attributes:
        host: name or address, without brackets.
        port: TCP port.
        tls: material of the handshake; None for plain HTTP.
    """

    host: str
    port: int
    tls: TlsSettings | None

    @classmethod
    def of(cls, access: Access) -> Self:
        """Return the server that an access names."""
        url = urlsplit(access.host)
        return cls(
            url.hostname or "", url.port or _DEFAULT_PORTS[url.scheme], access.tls if url.scheme == "https" else None
        )

    def context(self) -> ssl.SSLContext | None:
        """Return the context of the handshake.

        Raises:
            ConfigError: the TLS material is not valid.
        """
        if self.tls is None:
            return None
        try:
            return self.tls.context()
        except OSError as error:
            raise ConfigError(
                f"the TLS material for https://{self.host}:{self.port} cannot be used: {error}"
            ) from error


class Destination:
    """The server and the headers of one access.

    Args:
        access: address and credentials.
        user_agent: value of the header.
    """

    def __init__(self, access: Access, user_agent: str) -> None:
        self.access = access
        url = urlsplit(access.host)
        self._prefix = url.path
        self.netloc = url.netloc
        self.server = Server.of(access)
        self._user_agent = user_agent
        self._tails: dict[tuple[str, str | None], bytes] = {}

    def head(self, method: str, target: str, accept: str, content_type: str | None, length: int) -> bytes:
        """Return the request line and the headers.

        Args:
            method: HTTP method.
            target: quoted path and query.
            accept: accepted media types.
            content_type: media type of the body; None without a body.
            length: bytes of the body.

        Raises:
            ValueError: a header contains a line break.
        """
        line = f"{method} {self._prefix}{target} HTTP/1.1\r\n".encode("ascii")
        tail = self._tails.get((accept, content_type))
        if tail is None:
            tail = self._tails[accept, content_type] = self._tail(accept, content_type)
        if content_type is None:
            return b"%b%b\r\n" % (line, tail)
        return b"%b%bContent-Length: %d\r\n\r\n" % (line, tail, length)

    def _tail(self, accept: str, content_type: str | None) -> bytes:
        headers = [
            ("Host", self._host_header),
            ("User-Agent", self._user_agent),
            ("Accept-Encoding", "identity"),
            ("Accept", accept),
            *self.access.impersonation,
        ]
        if self.access.authorization:
            headers.append(("Authorization", self.access.authorization))
        if content_type is not None:
            headers.append(("Content-Type", content_type))
        for name, value in headers:
            if any(each in name or each in value for each in "\r\n\0"):
                raise ValueError(f"the header {name!r} of the request contains a line break")
        return "".join(f"{name}: {value}\r\n" for name, value in headers).encode("utf-8", "surrogateescape")

    @cached_property
    def _host_header(self) -> str:
        server = self.server
        host = f"[{server.host}]" if ":" in server.host else server.host
        is_default = server.port == _DEFAULT_PORTS["http" if server.tls is None else "https"]
        return host if is_default else f"{host}:{server.port}"


class Destinations:
    """Keeps the destination of the latest access: credentials change rarely.

    Args:
        user_agent: value of the header.
    """

    def __init__(self, user_agent: str) -> None:
        self._user_agent = user_agent
        self._latest: Destination | None = None

    def of(self, access: Access) -> Destination:
        """Return the destination of an access."""
        found = self._latest
        if found is None or found.access is not access:
            found = self._latest = Destination(access, self._user_agent)
        return found


def is_plain(access: Access) -> bool:
    """Report whether this package can reach a server: without a proxy, by a name in ASCII."""
    return access.proxy is None and access.host.isascii()
