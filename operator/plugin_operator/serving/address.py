"""Where a server listens, as Go programs write it.

Owns the text form (``:8080``, ``127.0.0.1:8080``, ``[::1]:8080``, ``0`` for off), its errors, and the listening socket.
Serving on that is left to ``plugin_operator.serving.server``.
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
        host: name or address; empty for all interfaces, IPv6 included.
        port: 0 lets the system choose a free one.
    """

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read ``host:port`` as Go's ``net.Listen`` does; ``0`` (or nothing) means off and returns None.

        Raises:
            ValueError: the text is neither; the message says which forms there are.
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
        """Open the listening socket, which is the caller's to close.

        Raises:
            OSError: the address cannot be had; its errno is EADDRINUSE if the port is taken.
            OverflowError: the port is none.
        """
        if not self.host:
            return _listen_everywhere(self.port)
        family, _, _, _, where = socket.getaddrinfo(
            self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # The whole of it: a link-local address stands for nothing without its scope.
        return socket.create_server(where, family=family, backlog=BACKLOG)


@dataclass(frozen=True, slots=True)
class HeldAddress(BindAddress):
    """An address whose socket listens already, so that nobody else can take the port before it is served.

    Attributes:
        listener: the socket; whoever calls ``listen`` has it from then on.
    """

    listener: socket.socket = field(repr=False, compare=False)

    @classmethod
    def take(cls, preferred: BindAddress) -> Self:
        """Listen on ``preferred``, or on a free port of its host if that one is taken.

        Raises:
            OSError: the host has no port to give.
        """
        try:
            listener = preferred.listen()
        except OSError:
            listener = BindAddress(preferred.host, 0).listen()
        return cls(preferred.host, listener.getsockname()[1], listener)

    def listen(self) -> socket.socket:
        """Return the socket that listens."""
        return self.listener


def _listen_everywhere(port: int) -> socket.socket:
    """Listen on all interfaces through one socket, so that a port the system chose is the same for both families."""
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG)
        except OSError as error:
            # Kernels booted without IPv6 still define the family; a taken port is taken for both.
            if error.errno == errno.EADDRINUSE:
                raise
    return socket.create_server(("", port), backlog=BACKLOG)
