"""``Connection``: HTTP to the API server.

Owns deadlines, ``rest_client_requests_total``, and the retries that are safe for every request: 429 and 503 with
``Retry-After``, and 401 with renewed credentials. Calls go through ``unary``; streams, and calls that it does not
carry, go through aiohttp, see ``sessions``. Leaves credentials to ``access`` and backoff to its callers.
"""

import asyncio
import functools
import io
import re
import ssl
from collections.abc import AsyncIterator, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from typing import Self, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from plugin_operator.client.config import ConnectionConfig
from plugin_operator.client.credentials.access import Access
from plugin_operator.client.credentials.cached_access import CachedAccess
from plugin_operator.client.http.api_request import ApiRequest, Query
from plugin_operator.client.http.attempts import Attempts
from plugin_operator.client.http.bodies import BodyReader, beginning_of
from plugin_operator.client.http.breakage import cause_of, is_broken_connection, words_of
from plugin_operator.client.http.limits import body_limit
from plugin_operator.client.http.receiving_budget import ReceivingBudget
from plugin_operator.client.http.send_guard import middlewares_for
from plugin_operator.client.http.server_warnings import ServerWarnings
from plugin_operator.client.http.sessions import session_for_calls, session_for_streams
from plugin_operator.client.http.status_errors import error_of
from plugin_operator.client.http.transport import ByteStream, Response
from plugin_operator.client.http.unary.answer import Headers
from plugin_operator.client.http.unary.calls import UnaryCalls, is_plain
from plugin_operator.client.http.unary.dialer import CONNECT_SECONDS
from plugin_operator.clock import Clock, SystemClock
from plugin_operator.errors import ApiConnectionError, ApiError, ConfigError
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import counter

REST_CLIENT_REQUESTS = counter("rest_client_requests_total", "Requests to the API server", "code", "method", "host")

_MAX_RETRIES = 10  # same as client-go
_TURNS_TO_CLOSE = 3
_LARGE_BODY_BYTES = 2**20
_PLAIN = re.compile(r"[A-Za-z0-9/._~-]*").fullmatch
_Headers: TypeAlias = CIMultiDictProxy[str] | Headers


class Connection:
    """A ``Transport`` over HTTP. Create it with ``open``; tasks of one event loop can share it."""

    def __init__(
        self,
        config: ConnectionConfig,
        metrics: Metrics,
        clock: Clock,
        user_agent: str,
        traces: Sequence[aiohttp.TraceConfig] = (),
    ) -> None:
        self._config = config
        self._requests = metrics.family(REST_CLIENT_REQUESTS)
        self._clock = clock
        self._warnings = ServerWarnings()
        budget = ReceivingBudget()
        self._bodies = BodyReader(budget)
        self._unary = UnaryCalls(user_agent, budget)
        self._is_traced = bool(traces)
        self._calls = session_for_calls(user_agent, traces)
        self._streams = session_for_streams(user_agent, traces)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        config: ConnectionConfig,
        metrics: Metrics,
        *,
        clock: Clock | None = None,
        user_agent: str = "plugin-operator",
        traces: Sequence[aiohttp.TraceConfig] = (),
    ) -> AsyncIterator[Self]:
        """Read the credentials and yield the connection; leaving the context ends all requests and streams.

        It sends no request: an unreachable server causes an error only at the first one.

        Raises:
            ConfigError: there are no usable credentials.
        """
        connection = cls(config, metrics, clock or SystemClock(), user_agent, traces)
        try:
            await connection._access()
            yield connection
        finally:
            if isinstance(config.access, CachedAccess):
                await config.access.close()
            connection._unary.close()
            await connection._calls.close()
            await connection._streams.close()
            # TLS needs a few more iterations of the loop to close its sockets; without them they would leak.
            for _ in range(_TURNS_TO_CLOSE):
                await asyncio.sleep(0)

    @property
    def host(self) -> str:
        """URL of the API server, for messages."""
        return self._config.host

    async def send(self, request: ApiRequest) -> Response:
        """Send a request and return the complete response; see ``Transport.send``.

        The deadline includes waits for ``Retry-After``. A wait that would exceed the deadline is skipped, and the error
        is raised at once. A cancelled call closes its connection.
        """
        deadline = self._clock.monotonic() + request.timeout_seconds
        limit = body_limit(request)
        attempts = Attempts(self._config.access, await self._access())
        for attempt in range(_MAX_RETRIES + 1):
            remaining = deadline - self._clock.monotonic()
            if remaining <= 0:  # renewing credentials has no deadline of its own
                raise self._broken(request, TimeoutError(), attempts.access)
            try:
                if self._is_traced or not is_plain(attempts.access):
                    return await self._call_by_aiohttp(request, attempts.access, limit, remaining)
                return await self._call(request, attempts.access, limit, remaining)
            except ApiError as error:
                wait = error.retry_after_seconds
                if await attempts.renewed_after(error):
                    continue
                if wait is None or not self._may_retry(error.status, attempt, deadline - wait):
                    raise
                await self._clock.sleep(wait)
            except Exception as error:
                if not is_broken_connection(error):
                    raise
                if not await attempts.reread_after(error, is_read=not request.is_write):
                    raise self._broken(request, error, attempts.access) from cause_of(error, attempts.access)
        raise ApiConnectionError(f"{request.method} {request.path}: the server asked {_MAX_RETRIES + 1} times to retry")

    async def _call(self, request: ApiRequest, access: Access, limit: int, seconds: float) -> Response:
        """Send the request once and return the response if its status is below 300, else raise the ApiError."""
        until = asyncio.get_running_loop().time() + seconds
        target = _target(request.path, request.query)
        answer = await self._unary.call(request, target, access, limit=limit, until=until)
        self._note(answer.status, answer.headers, request, access)
        if answer.is_error:
            raise self._error_of(answer.status, answer.body, answer.headers, access)
        return Response(answer.status, answer.headers, answer.body)

    async def _call_by_aiohttp(self, request: ApiRequest, access: Access, limit: int, seconds: float) -> Response:
        """As ``_call``, with what it cannot do: proxies, traces, and host names that are not ASCII."""
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        async with self._attempt(self._calls, request, timeout, access) as answer:
            return Response(answer.status, answer.headers, await self._bodies.read(answer, limit))

    @asynccontextmanager
    async def stream(self, request: ApiRequest) -> AsyncIterator[ByteStream]:
        """Open a stream; see ``Transport.stream``. Leaving the context closes its TCP connection."""
        silence = request.timeout_seconds
        attempts = Attempts(self._config.access, await self._access())
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=silence)
        while True:
            entered = False
            try:
                # sock_read alone would let a server send its headers byte by byte without end.
                async with (
                    asyncio.timeout(silence) as opening,
                    self._attempt(self._streams, request, timeout, attempts.access) as answer,
                ):
                    opening.reschedule(None)
                    entered = True
                    yield _Stream(answer, attempts.access)
                    return
            except ApiError as error:
                if entered or not await attempts.renewed_after(error):
                    raise
            except Exception as error:
                if entered or not is_broken_connection(error):
                    raise
                if not await attempts.reread_after(error, is_read=True):
                    raise self._broken(request, error, attempts.access) from cause_of(error, attempts.access)

    @asynccontextmanager
    async def _attempt(
        self, session: aiohttp.ClientSession, request: ApiRequest, timeout: aiohttp.ClientTimeout, access: Access
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send the request once; yield the response if its status is below 300, else raise the ApiError."""
        if session.closed:
            raise aiohttp.ClientConnectionError("the connection was closed, for the operator stops")
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
            URL(access.host + _target(request.path, request.query), encoded=True),
            data=_sendable(request.body),
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
            proxy=proxy,
            proxy_headers=proxy_headers,
            ssl=self._context(access),
            server_hostname=access.tls.server_name,
            middlewares=middlewares_for(request.send_guard),
        ) as answer:
            self._note(answer.status, answer.headers, request, access)
            if answer.status >= 300 and answer.status != 304:
                raise self._error_of(answer.status, await beginning_of(answer), answer.headers, access)
            yield answer

    def _note(self, status: int, headers: _Headers, request: ApiRequest, access: Access) -> None:
        """Count a response, and log its warnings."""
        self._requests.inc(str(status), request.method, urlsplit(access.host).netloc)
        if "Warning" in headers:
            self._warnings.log(map(access.hide, headers.getall("Warning")), request)

    def _error_of(self, status: int, body: bytes, headers: _Headers, access: Access) -> ApiError:
        return error_of(status, _hidden(body, access), headers.get("Retry-After"), now=self._clock.now())

    def _may_retry(self, status: int, attempt: int, latest: float) -> bool:
        return status in {429, 503} and attempt < _MAX_RETRIES and self._clock.monotonic() < latest

    async def _access(self) -> Access:
        return await self._config.access.current()

    @staticmethod
    def _context(access: Access) -> ssl.SSLContext | bool:
        if not access.host.startswith("https"):
            return True
        try:
            return access.tls.context()
        except OSError as error:
            raise ConfigError(f"the TLS material for {access.host} cannot be used: {error}") from error

    def _broken(self, request: ApiRequest, error: BaseException, access: Access) -> ApiConnectionError:
        self._requests.inc("<error>", request.method, urlsplit(self._config.host).netloc)
        return ApiConnectionError(f"{self._config.host}: {words_of(error, access)}")


class _Stream:
    """The body of one response, in the received pieces."""

    __slots__ = ("_access", "_content")

    def __init__(self, answer: aiohttp.ClientResponse, access: Access) -> None:
        self._content = answer.content
        self._access = access

    async def read(self) -> bytes:
        try:
            return await self._content.readany()
        except Exception as error:
            if not is_broken_connection(error):
                raise
            words = words_of(error, self._access)
            raise ApiConnectionError(f"the stream broke: {words}") from cause_of(error, self._access)


def _hidden(body: bytes, access: Access) -> bytes:
    """Remove credentials from a response: a server or proxy may quote the request."""
    return access.hide(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _sendable(body: bytes | None) -> bytes | io.BytesIO | None:
    """Return a large body as a stream: aiohttp warns that a single piece may block the event loop."""
    return body if body is None or len(body) < _LARGE_BODY_BYTES else io.BytesIO(body)


def _target(path: str, query: Query) -> str:
    """Return path and query, quoted."""
    # Most paths are plain and queries repeat; quoting both took a tenth of the time of a request.
    text = path if _PLAIN(path) else quote(path, safe="/:@!$&'()*+,;=~%")
    return f"{text}?{_encoded(tuple(query))}" if query else text


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


@functools.lru_cache(maxsize=64)
def _encoded(query: tuple[tuple[str, str], ...]) -> str:
    return urlencode(query)
