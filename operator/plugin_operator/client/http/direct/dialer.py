"""``Dialer``: establish connections: name lookup, TCP with both families of addresses, TLS."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import TypeVar

import aiohappyeyeballs
from aiohappyeyeballs import AddrInfoType

from plugin_operator.client.http.direct.destination import Server
from plugin_operator.client.http.direct.failures import DialError
from plugin_operator.client.http.direct.wire import Wire
from plugin_operator.client.http.resolver import Resolver
from plugin_operator.client.http.sockets import keep_alive_socket

W = TypeVar("W", bound=Wire)

CONNECT_SECONDS = 10.0
_NAMES_SECONDS = 10.0  # lifetime of a resolved address; later connections resolve the name again
_NEXT_ADDRESS_SECONDS = 0.25


class Dialer:
    """Connects to servers."""

    def __init__(self) -> None:
        self._resolver: Resolver | None = None
        self._known: dict[tuple[str, int], tuple[float, list[AddrInfoType]]] = {}

    async def dial(self, server: Server, until: float, make: Callable[[], W]) -> W:
        """Return a new connection.

        Args:
            server: the server.
            until: deadline in the time of the loop.
            make: makes the protocol of the connection.

        Raises:
            DialError: the name has no address, or no address accepts a connection, or the TLS handshake failed.
            TimeoutError: it took too long.
            ConfigError: the TLS material is not valid.
        """
        loop = asyncio.get_running_loop()
        context = server.context()
        # A certificate states a name without the dot that marks it as complete.
        name = (server.tls.server_name or server.host).rstrip(".") if server.tls is not None else None
        try:
            async with asyncio.timeout_at(min(until, loop.time() + CONNECT_SECONDS)):
                connected = await aiohappyeyeballs.start_connection(
                    await self._addresses(server),
                    happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS,
                    interleave=1,
                    loop=loop,
                    socket_factory=keep_alive_socket,
                )
                _, wire = await loop.create_connection(make, sock=connected, ssl=context, server_hostname=name)
                return wire
        except TimeoutError as error:
            raise TimeoutError(f"connecting to {server.host} port {server.port}") from error
        except OSError as error:
            self._known.clear()
            raise DialError(error) from error

    async def _addresses(self, server: Server) -> list[AddrInfoType]:
        if (literal := _literal(server)) is not None:
            return [literal]
        now = asyncio.get_running_loop().time()
        known = self._known.get((server.host, server.port))
        if known is not None and now < known[0]:
            return known[1]
        if self._resolver is None:
            self._resolver = Resolver()
        addresses = await self._resolver.resolve(server.host, server.port)
        self._known[server.host, server.port] = now + _NAMES_SECONDS, addresses
        return addresses


def _literal(server: Server) -> AddrInfoType | None:
    """Return the address of a server that is named by its address."""
    try:
        version = ipaddress.ip_address(server.host).version
    except ValueError:
        return None
    if version == 6:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (server.host, server.port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (server.host, server.port)
