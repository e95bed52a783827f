"""Where a server listens, as Go programs write it.

Owns the text form (``:8080``, ``127.0.0.1:8080``, ``[::1]:8080``, ``0`` for off) and its errors. Opening the socket is
left to ``plugin_operator.serving.server``.
"""

from dataclasses import dataclass
from typing import Self

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
