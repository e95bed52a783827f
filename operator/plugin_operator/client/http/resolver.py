"""Resolve host names on threads of the operator.

asyncio resolves names on the default executor of the event loop (a pool of four threads in uvloop). A plugin that fills
that executor would cut the operator off from its API server.
"""

import socket

from aiohappyeyeballs import AddrInfoType

from plugin_operator.threads import ThreadRunner

_FAMILIES = (socket.AF_INET, socket.AF_INET6)
# Only families of which this machine has an address; macOS masks the flag.
_CONFIGURED = socket.AI_ADDRCONFIG & getattr(socket, "AI_MASK", socket.AI_ADDRCONFIG)


class Resolver:
    """Resolves names on threads that no plugin can fill. A request abandons a lookup that hangs."""

    def __init__(self) -> None:
        self._threads = ThreadRunner("resolve")

    async def resolve(self, host: str, port: int, family: int = socket.AF_UNSPEC) -> list[AddrInfoType]:
        """Return the addresses of a host.

        Raises:
            OSError: the host has no address.
        """
        found = await self._threads.run_detached(
            socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, 0, _CONFIGURED
        )
        addresses: list[AddrInfoType] = [
            (each, socket.SOCK_STREAM, protocol, "", (str(address[0]), *address[1:]))
            for each, _, protocol, _, address in found
            if each in _FAMILIES
        ]
        if not addresses:
            raise OSError(f"{host} has no address of a kind that this machine can use")
        return addresses
