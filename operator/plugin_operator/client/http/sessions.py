"""The two aiohttp sessions of a connection: pools, sockets and default headers.

Calls and streams use separate pools, and the pool of streams has no limit, so watches never starve calls.
"""

import socket
from collections.abc import Sequence

import aiohttp
from aiohappyeyeballs import AddrInfoType

from plugin_operator.client.http.resolver import OwnThreadsResolver
from plugin_operator.client.http.send_guard import GuardedRequest

_MOST_CALLS_AT_ONCE = 100
_NAMES_SECONDS = 10  # lifetime of a resolved address; later connections resolve the name again
_READ_BUFFER_BYTES = 2**19
_KEEP_ALIVE = (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 3))


def session_for_calls(user_agent: str, traces: Sequence[aiohttp.TraceConfig]) -> aiohttp.ClientSession:
    """Return the session for requests with finite responses."""
    return aiohttp.ClientSession(
        connector=_connector(limit=_MOST_CALLS_AT_ONCE),
        headers=_headers(user_agent),
        # One proxy can serve many API servers: a cookie of one must not reach another.
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=list(traces),
        request_class=GuardedRequest,
    )


def session_for_streams(user_agent: str, traces: Sequence[aiohttp.TraceConfig]) -> aiohttp.ClientSession:
    """Return the session for watches."""
    return aiohttp.ClientSession(
        connector=_connector(limit=0),
        headers=_headers(user_agent),
        cookie_jar=aiohttp.DummyCookieJar(),
        read_bufsize=_READ_BUFFER_BYTES,
        trace_configs=list(traces),
        request_class=GuardedRequest,
    )


def _headers(user_agent: str) -> dict[str, str]:
    return {"User-Agent": user_agent, "Accept-Encoding": "identity"}


def _connector(limit: int) -> aiohttp.TCPConnector:
    resolver = OwnThreadsResolver()
    return aiohttp.TCPConnector(
        limit=limit,
        keepalive_timeout=60.0,
        socket_factory=keep_alive_socket,
        resolver=resolver,
        ttl_dns_cache=_NAMES_SECONDS,
    )


def keep_alive_socket(address: AddrInfoType) -> socket.socket:
    """Return a socket with keep-alive: the kernel detects a dead peer within a minute."""
    made = socket.socket(*address[:3])
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEP_ALIVE:
        if hasattr(socket, option):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return made
