"""``AiohttpResolver``: the resolver of this package for aiohttp."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from plugin_operator.client.http.resolver import Resolver


class AiohttpResolver(AbstractResolver):
    """Resolves names on threads that no plugin can fill."""

    def __init__(self) -> None:
        self._resolver = Resolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host.

        Raises:
            OSError: the host has no address.
        """
        return [
            ResolveResult(
                hostname=host,
                host=_with_zone(address),
                port=int(address[1]),
                family=each,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for each, _, protocol, _, address in await self._resolver.resolve(host, port, family)
        ]

    async def close(self) -> None:
        """Release nothing: idle threads end by themselves."""


def _with_zone(address: tuple[str, int] | tuple[str, int, int, int]) -> str:
    """Return an address; a link-local one of IPv6 is nothing without the number of its network interface."""
    return f"{address[0]}%{address[3]}" if len(address) == 4 and address[3] else address[0]
