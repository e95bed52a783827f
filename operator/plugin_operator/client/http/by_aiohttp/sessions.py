"""The two aiohttp sessions of a connection: pools, sockets and default headers.

Calls and streams use separate pools, and the pool of streams has no limit, so watches never starve calls.
"""

from collections.abc import Sequence

import aiohttp

from plugin_operator.client.http.by_aiohttp.resolver import AiohttpResolver
from plugin_operator.client.http.by_aiohttp.send_guard import GuardedRequest
from plugin_operator.client.http.sockets import keep_alive_socket

_MOST_CALLS_AT_ONCE = 100
_NAMES_SECONDS = 10  # lifetime of a resolved address; later connections resolve the name again
_READ_BUFFER_BYTES = 2**19


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
    return aiohttp.TCPConnector(
        limit=limit,
        keepalive_timeout=60.0,
        socket_factory=keep_alive_socket,
        resolver=AiohttpResolver(),
        ttl_dns_cache=_NAMES_SECONDS,
    )
