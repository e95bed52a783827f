"""``AiohttpRequests``: calls and streams by aiohttp."""

import asyncio
import functools
import io
from collections.abc import AsyncIterator, Mapping, MutableMapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from plugin_operator.client.credentials.access import Access
from plugin_operator.client.http.answer import Answer, Headers
from plugin_operator.client.http.api_request import ApiRequest
from plugin_operator.client.http.by_aiohttp.bodies import BodyReader, beginning_of
from plugin_operator.client.http.by_aiohttp.failures import own_failures
from plugin_operator.client.http.by_aiohttp.send_guard import middlewares_for
from plugin_operator.client.http.by_aiohttp.sessions import session_for_calls, session_for_streams
from plugin_operator.client.http.direct.destination import Server
from plugin_operator.client.http.direct.dialer import CONNECT_SECONDS
from plugin_operator.client.http.direct.failures import ClosedHereError
from plugin_operator.client.http.receiving_budget import ReceivingBudget

_LARGE_BODY_BYTES = 2**20


class AiohttpRequests:
    """Calls and streams of one connection to an API server.

    Args:
        user_agent: value of the header.
        budget: bytes being received, shared with other responses.
        traces: aiohttp trace configurations for every request.
    """

    def __init__(self, user_agent: str, budget: ReceivingBudget, traces: Sequence[aiohttp.TraceConfig]) -> None:
        self._bodies = BodyReader(budget)
        self._calls = session_for_calls(user_agent, traces)
        self._streams = session_for_streams(user_agent, traces)
        self._open: set[aiohttp.ClientResponse] = set()

    async def call(self, request: ApiRequest, target: str, access: Access, *, limit: int, until: float) -> Answer:
        """Send a request and return the response; see ``UnaryCalls.call``."""
        timeout = aiohttp.ClientTimeout(total=until - asyncio.get_running_loop().time(), sock_connect=CONNECT_SECONDS)
        with own_failures():
            async with _sent(self._calls, request, target, timeout, access) as received:
                answer = await _answer_of(received)
                body = answer.body if answer.is_error else await self._bodies.read(received, limit)
                return Answer(answer.status, answer.headers, body)

    @asynccontextmanager
    async def open(self, request: ApiRequest, target: str, access: Access) -> AsyncIterator["_Stream"]:
        """Open a stream; see ``Streams.open``."""
        silence = request.timeout_seconds
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=silence)
        async with AsyncExitStack() as stack:
            # sock_read alone would let a server send its headers byte by byte without end.
            with own_failures():
                async with asyncio.timeout(silence):
                    received = await stack.enter_async_context(_sent(self._streams, request, target, timeout, access))
                    answer = await _answer_of(received)
            self._open.add(received)
            stack.callback(self._open.discard, received)
            yield _Stream(answer, received)

    async def close(self) -> None:
        """Close every connection; calls and streams under way fail."""
        for received in self._open:
            received.content.set_exception(ClosedHereError())  # aiohttp would let the reader wait for ever
        await self._calls.close()
        await self._streams.close()


class _Stream:
    def __init__(self, answer: Answer, received: aiohttp.ClientResponse) -> None:
        self.answer = answer
        self._content = received.content

    async def read(self) -> bytes:
        with own_failures():
            return await self._content.readany()


@asynccontextmanager
async def _sent(
    session: aiohttp.ClientSession, request: ApiRequest, target: str, timeout: aiohttp.ClientTimeout, access: Access
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Send a request and yield the response."""
    if session.closed:
        raise ClosedHereError
    headers: MutableMapping[str, str] = {"Accept": request.accept}
    if request.body is not None:
        headers["Content-Type"] = request.content_type
    if access.impersonation:
        headers = CIMultiDict([*headers.items(), *access.impersonation])
    if access.authorization:
        headers["Authorization"] = access.authorization
    proxy, proxy_headers = _proxy_of(access.proxy)
    if proxy_headers and access.host.startswith("http://"):
        headers.update(proxy_headers)  # without a tunnel the proxy reads the request
    async with session.request(
        request.method,
        URL(access.host + target, encoded=True),
        data=_sendable(request.body),
        headers=headers,
        timeout=timeout,
        allow_redirects=False,
        proxy=proxy,
        proxy_headers=proxy_headers,
        ssl=Server.of(access).context() or True,
        server_hostname=access.tls.server_name,
        middlewares=middlewares_for(request.send_guard),
    ) as received:
        yield received


async def _answer_of(received: aiohttp.ClientResponse) -> Answer:
    """Return status and headers, and the body if it is that of an error."""
    answer = Answer(received.status, Headers(list(received.raw_headers)), b"")
    return Answer(answer.status, answer.headers, await beginning_of(received)) if answer.is_error else answer


def _sendable(body: bytes | None) -> bytes | io.BytesIO | None:
    """Return a large body as a stream: aiohttp warns that a single piece may block the event loop."""
    return body if body is None or len(body) < _LARGE_BODY_BYTES else io.BytesIO(body)


@functools.lru_cache(maxsize=4)
def _proxy_of(text: str | None) -> tuple[URL | None, Mapping[str, str] | None]:
    """Split a proxy URL into URL and credentials, because errors of aiohttp quote the URL."""
    if text is None:
        return None, None
    url = URL(text)
    if not url.user and not url.password:
        return url, None
    basic = aiohttp.encode_basic_auth(url.user or "", url.password or "")
    return url.with_user(None), {"Proxy-Authorization": basic}
