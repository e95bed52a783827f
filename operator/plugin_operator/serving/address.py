"""Bind addresses in the form of Go programs.

Owns the text form (``:8080``, ``127.0.0.1:8080``, ``[::1]:8080``, ``0`` for off), its errors, and the listening socket.
Leaves serving to ``plugin_operator.serving.server``.
"""

import errno
import socket
from dataclasses import dataclass, field
from typing import Self

BACKLOG = 128

_FORMS = 'write ":8080" for all interfaces, "127.0.0.1:8080" for one, or "0" to turn it off'


@dataclass(frozen=True, slots=True)
class BindAddress:
    """A host and a port to listen on.

    Attributes:
        host: name or address; empty for all interfaces, including IPv6.
        port: 0 lets the system choose a free port.
    """

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Parse ``host:port`` as Go's ``net.Listen`` does; return None for ``0`` or an empty text, which mean off.

        Raises:
            ValueError: the text has another form; the message lists the valid forms.
        """
        text = text.strip()
        if text in {"", "0"}:
            return None
        host, colon, port = text.rpartition(":")
        if not colon or (":" in host and not (host.startswith("[") and host.endswith("]"))):
            raise ValueError(f'"{text}" is not host:port: {_FORMS}')
        if not (port.isascii() and port.isdigit() and int(port) <= 65535):
            raise ValueError(f'the port in "{text}" is not a number from 0 to 65535: {_FORMS}')
        return cls(host.removeprefix("[").removesuffix("]"), int(port))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def listen(self) -> socket.socket:
        """Open and return the listening socket, which the caller must close.

        Raises:
            OSError: the address is not available; errno is EADDRINUSE if the port is in use.
            OverflowError: the port number is out of range.
        """
        if not self.host:
            return _listen_everywhere(self.port)
        family, _, _, _, where = socket.getaddrinfo(
            self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # The full sockaddr: a link-local address is invalid without its scope id.
        return socket.create_server(where, family=family, backlog=BACKLOG)


@dataclass(frozen=True, slots=True)
class HeldAddress(BindAddress):
    """An address whose socket listens already, so that no other process can take the port before the server starts.

    Attributes:
        listener: the socket; the caller of ``listen`` owns it from then on.
    """

    listener: socket.socket = field(repr=False, compare=False)

    @classmethod
    def take(cls, preferred: BindAddress) -> Self:
        """Listen on ``preferred``, or on a free port of its host if that port is in use.

        Raises:
            OSError: the host has no free port.
        """
        try:
            listener = preferred.listen()
        except OSError:
            listener = BindAddress(preferred.host, 0).listen()
        return cls(preferred.host, listener.getsockname()[1], listener)

    def listen(self) -> socket.socket:
        """Return the listening socket."""
        return self.listener


def _listen_everywhere(port: int) -> socket.socket:
    """Listen on all interfaces with one socket, so that a port chosen by the system is the same for IPv4 and IPv6."""
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG)
        except OSError as error:
            # Kernels booted without IPv6 still define the address family; a port in use fails for both.
            if error.errno == errno.EADDRINUSE:
                raise
    return socket.create_server(("", port), backlog=BACKLOG)
