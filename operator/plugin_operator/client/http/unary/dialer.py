"""``Dialer``: establish connections: name lookup, TCP with both families of addresses, TLS."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

import aiohappyeyeballs
from aiohappyeyeballs import AddrInfoType

from plugin_operator.client.http.receiving_budget import ReceivingBudget
from plugin_operator.client.http.resolver import OwnThreadsResolver
from plugin_operator.client.http.sessions import keep_alive_socket
from plugin_operator.client.http.unary.destination import Server
from plugin_operator.client.http.unary.failures import DialError
from plugin_operator.client.http.unary.wire import Wire

CONNECT_SECONDS = 10.0
_NAMES_SECONDS = 10.0  # lifetime of a resolved address; later connections resolve the name again
_NEXT_ADDRESS_SECONDS = 0.25

Addresses = Sequence[AddrInfoType]


class Dialer:
    """Connects to servers.

    Args:
        budget: bytes being received, of all connections.
    """

    def __init__(self, budget: ReceivingBudget) -> None:
        self._budget = budget
        self._resolver: OwnThreadsResolver | None = None
        self._known: dict[tuple[str, int], tuple[float, Addresses]] = {}

    async def dial(self, server: Server, until: float) -> Wire:
        """Return a new connection.

        Args:
            server: the server.
            until: deadline in the time of the loop.

        Raises:
            DialError: the name has no address, or no address accepts a connection, or the TLS handshake failed.
            TimeoutError: it took too long.
            ConfigError: the TLS material is not valid.
        """
        loop = asyncio.get_running_loop()
        context = server.context()
        name = server.tls.server_name or server.host if server.tls is not None else None
        try:
            async with asyncio.timeout_at(min(until, loop.time() + CONNECT_SECONDS)):
                connected = await aiohappyeyeballs.start_connection(
                    await self._addresses(server),
                    happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS,
                    interleave=1,
                    loop=loop,
                    socket_factory=keep_alive_socket,
                )
                _, wire = await loop.create_connection(
                    lambda: Wire(self._budget), sock=connected, ssl=context, server_hostname=name
                )
                return wire
        except TimeoutError as error:
            raise TimeoutError(f"connecting to {server.host} port {server.port}") from error
        except OSError as error:
            self._known.clear()
            raise DialError(error) from error

    async def _addresses(self, server: Server) -> Addresses:
        if (literal := _literal(server)) is not None:
            return [literal]
        now = asyncio.get_running_loop().time()
        known = self._known.get((server.host, server.port))
        if known is not None and now < known[0]:
            return known[1]
        if self._resolver is None:
            self._resolver = OwnThreadsResolver()
        found = await self._resolver.resolve(server.host, server.port)
        addresses: Addresses = [
            (
                each["family"],
                socket.SOCK_STREAM,
                each["proto"],
                "",
                _address_of(each["family"], each["host"], each["port"]),
            )
            for each in found
        ]
        self._known[server.host, server.port] = now + _NAMES_SECONDS, addresses
        return addresses


def _literal(server: Server) -> AddrInfoType | None:
    """Return the address of a server that is named by its address."""
    try:
        version = ipaddress.ip_address(server.host).version
    except ValueError:
        return None
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", _address_of(family, server.host, server.port)


def _address_of(family: int, host: str, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
    return (host, port, 0, 0) if family == socket.AF_INET6 else (host, port)
