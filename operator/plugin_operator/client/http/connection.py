"""``Connection``: HTTP to the API server.

Owns deadlines, ``rest_client_requests_total``, and the retries that are safe for every request: 429 and 503 with
``Retry-After``, and 401 with renewed credentials. Requests go through ``direct``, or through ``by_aiohttp``, which is
imported only for what ``direct`` cannot do. Leaves credentials to ``access`` and backoff to its callers.
"""

import asyncio
import functools
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, urlencode, urlsplit

from plugin_operator.client.config import ConnectionConfig
from plugin_operator.client.credentials.access import Access
from plugin_operator.client.credentials.cached_access import CachedAccess
from plugin_operator.client.credentials.system_authorities import authorities_on_demand
from plugin_operator.client.http.answer import Answer, AnsweredStream
from plugin_operator.client.http.api_request import ApiRequest, Query
from plugin_operator.client.http.attempts import Attempts
from plugin_operator.client.http.breakage import cause_of, is_broken_connection, words_of
from plugin_operator.client.http.direct.calls import UnaryCalls
from plugin_operator.client.http.direct.destination import Destinations, is_plain
from plugin_operator.client.http.direct.dialer import Dialer
from plugin_operator.client.http.direct.failures import ClosedHereError
from plugin_operator.client.http.direct.streams import Streams
from plugin_operator.client.http.limits import body_limit
from plugin_operator.client.http.receiving_budget import ReceivingBudget
from plugin_operator.client.http.server_warnings import ServerWarnings
from plugin_operator.client.http.status_errors import error_of
from plugin_operator.client.http.transport import ByteStream, Response
from plugin_operator.clock import Clock, SystemClock
from plugin_operator.errors import ApiConnectionError, ApiError
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import counter

if TYPE_CHECKING:
    import aiohttp

    from plugin_operator.client.http.by_aiohttp.requests import AiohttpRequests

REST_CLIENT_REQUESTS = counter("rest_client_requests_total", "Requests to the API server", "code", "method", "host")

_MAX_RETRIES = 10  # same as client-go
_TURNS_TO_CLOSE = 3
_PLAIN = re.compile(r"[A-Za-z0-9/._~-]*").fullmatch


class Connection:
    """A ``Transport`` over HTTP. Create it with ``open``; tasks of one event loop can share it."""

    def __init__(
        self,
        config: ConnectionConfig,
        metrics: Metrics,
        clock: Clock,
        user_agent: str,
        traces: Sequence["aiohttp.TraceConfig"] = (),
    ) -> None:
        self._config = config
        self._requests = metrics.family(REST_CLIENT_REQUESTS)
        self._clock = clock
        self._warnings = ServerWarnings()
        self._user_agent = user_agent
        self._traces = traces
        self._budget = ReceivingBudget()
        destinations, dialer = Destinations(user_agent), Dialer()
        self._unary = UnaryCalls(destinations, dialer, self._budget)
        self._streams = Streams(destinations, dialer, self._budget)
        self._aiohttp: AiohttpRequests | None = None
        self._is_closed = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        config: ConnectionConfig,
        metrics: Metrics,
        *,
        clock: Clock | None = None,
        user_agent: str = "plugin-operator",
        traces: Sequence["aiohttp.TraceConfig"] = (),
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
            await connection._close()

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
        calls = self._unary if is_plain(access) and not self._traces else self._by_aiohttp()
        answer = await calls.call(request, target, access, limit=limit, until=until)
        self._check(answer, request, access)
        return Response(answer.status, answer.headers, answer.body)

    @asynccontextmanager
    async def stream(self, request: ApiRequest) -> AsyncIterator[ByteStream]:
        """Open a stream; see ``Transport.stream``. Leaving the context closes its TCP connection."""
        attempts = Attempts(self._config.access, await self._access())
        target = _target(request.path, request.query)
        while True:
            entered = False
            access = attempts.access
            try:
                async with self._opened(request, target, access) as stream:
                    self._check(stream.answer, request, access)
                    entered = True
                    yield _Stream(stream, access)
                    return
            except ApiError as error:
                if entered or not await attempts.renewed_after(error):
                    raise
            except Exception as error:
                if entered or not is_broken_connection(error):
                    raise
                if not await attempts.reread_after(error, is_read=True):
                    raise self._broken(request, error, attempts.access) from cause_of(error, attempts.access)

    def _opened(self, request: ApiRequest, target: str, access: Access) -> AbstractAsyncContextManager[AnsweredStream]:
        streams = self._streams if is_plain(access) and not self._traces else self._by_aiohttp()
        return streams.open(request, target, access)

    def _by_aiohttp(self) -> "AiohttpRequests":
        if self._aiohttp is None:
            if self._is_closed:
                raise ClosedHereError
            with authorities_on_demand():  # at the first request as a rule, before plugins make contexts
                from plugin_operator.client.http.by_aiohttp.requests import AiohttpRequests
            self._aiohttp = AiohttpRequests(self._user_agent, self._budget, self._traces)
        return self._aiohttp

    async def _close(self) -> None:
        self._is_closed = True
        self._unary.close()
        self._streams.close()
        if self._aiohttp is not None:
            await self._aiohttp.close()
        # TLS needs a few more iterations of the loop to close its sockets; without them they would leak.
        for _ in range(_TURNS_TO_CLOSE):
            await asyncio.sleep(0)

    def _check(self, answer: Answer, request: ApiRequest, access: Access) -> None:
        """Count a response and log its warnings; raise the ApiError for that of an error."""
        self._requests.inc(str(answer.status), request.method, urlsplit(access.host).netloc)
        if "Warning" in answer.headers:
            self._warnings.log(map(access.hide, answer.headers.getall("Warning")), request)
        if answer.is_error:
            raise error_of(
                answer.status,
                _hidden(answer.body, access),
                answer.headers.get("Retry-After"),
                now=self._clock.now(),
            )

    def _may_retry(self, status: int, attempt: int, latest: float) -> bool:
        return status in {429, 503} and attempt < _MAX_RETRIES and self._clock.monotonic() < latest

    async def _access(self) -> Access:
        return await self._config.access.current()

    def _broken(self, request: ApiRequest, error: BaseException, access: Access) -> ApiConnectionError:
        self._requests.inc("<error>", request.method, urlsplit(self._config.host).netloc)
        return ApiConnectionError(f"{self._config.host}: {words_of(error, access)}")


class _Stream:
    """The body of one response, in the received pieces."""

    __slots__ = ("_access", "_received")

    def __init__(self, received: AnsweredStream, access: Access) -> None:
        self._received = received
        self._access = access

    async def read(self) -> bytes:
        try:
            return await self._received.read()
        except Exception as error:
            if not is_broken_connection(error):
                raise
            words = words_of(error, self._access)
            raise ApiConnectionError(f"the stream broke: {words}") from cause_of(error, self._access)


def _hidden(body: bytes, access: Access) -> bytes:
    """Remove credentials from a response: a server or proxy may quote the request."""
    return access.hide(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _target(path: str, query: Query) -> str:
    """Return path and query, quoted."""
    # Most paths are plain and queries repeat; quoting both took a tenth of the time of a request.
    text = path if _PLAIN(path) else quote(path, safe="/:@!$&'()*+,;=~%")
    return f"{text}?{_encoded(tuple(query))}" if query else text


@functools.lru_cache(maxsize=64)
def _encoded(query: tuple[tuple[str, str], ...]) -> str:
    return urlencode(query)
