"""The connection to the API server as a Runnable.

Owns waiting for the server's first response, and the error if none arrives. Components take the connection before it is
open, so that probes respond meanwhile.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING

from plugin_operator import logs
from plugin_operator.client import ApiRequest, ByteStream, Connection, ConnectionConfig, Response
from plugin_operator.clock import Clock
from plugin_operator.connection_backoff import Backoff
from plugin_operator.errors import ApiConnectionError, ApiError, PluginOperatorError, ServerError, UnauthorizedError
from plugin_operator.metrics import Metrics

if TYPE_CHECKING:
    import aiohttp

_log = logs.get_logger(__name__)

# Deadline of one attempt, so that one lost request does not use up ``patience_seconds``.
_ATTEMPT_SECONDS = 5.0
_ATTEMPTS_AT_LEAST = 3


class ManagedConnection:
    """Runnable and ``Transport`` for all requests to the API server.

    Args:
        config: address and credentials of the API server.
        metrics: counts requests.
        clock: measures waits.
        patience_seconds: how long ``start`` waits for the first response.
        user_agent: ``User-Agent`` header, which the server's audit log shows.
        traces: aiohttp trace configurations for every request.
    """

    name = "connection to the API server"

    def __init__(
        self,
        config: ConnectionConfig,
        metrics: Metrics,
        *,
        clock: Clock,
        patience_seconds: float,
        user_agent: str,
        traces: Sequence["aiohttp.TraceConfig"] = (),
    ) -> None:
        self._config = config
        self._metrics = metrics
        self._clock = clock
        self._patience = patience_seconds
        self._user_agent = user_agent
        self._traces = traces
        self._stack = AsyncExitStack()
        self._connection: Connection | None = None
        self.is_open = False

    @property
    def host(self) -> str:
        """URL of the API server, for display."""
        return self._config.host

    async def start(self) -> None:
        """Open the connection and wait for any response of the server.

        Raises:
            ConfigError: the credentials cannot be loaded.
            PluginOperatorError: the server did not respond in time, or rejected the credentials.
        """
        self._connection = await self._stack.enter_async_context(
            Connection.open(
                self._config, self._metrics, clock=self._clock, user_agent=self._user_agent, traces=self._traces
            )
        )
        await self._first_answer()
        self.is_open = True
        _log.info("Connected to the API server", server=self.host, source=self._config.source)

    async def stop(self, deadline_seconds: float) -> None:
        """Close all requests and streams, which takes no noticeable time."""
        del deadline_seconds
        self.is_open = False
        await self._stack.aclose()

    async def _first_answer(self) -> None:
        backoff = Backoff(self._clock, base_seconds=0.1, cap_seconds=1.0)
        end = self._clock.monotonic() + self._patience
        attempt = min(_ATTEMPT_SECONDS, self._patience / _ATTEMPTS_AT_LEAST)
        is_reported = False
        while True:
            remaining = min(attempt, end - self._clock.monotonic())
            try:
                await self.send(ApiRequest("GET", "/version", timeout_seconds=max(0.1, remaining)))
            except UnauthorizedError as error:
                raise PluginOperatorError(
                    f"{self.host} rejects the credentials of {self._config.source}: {error.message or error}"
                ) from error
            except (ApiConnectionError, ServerError) as error:
                wait = backoff.next_seconds()
                if wait >= end - self._clock.monotonic():
                    raise self._no_answer(error) from error
                if not is_reported:
                    _log.warning("API server not responding yet", server=self.host, reason=str(error))
                    is_reported = True
                await self._clock.sleep(wait)
            except ApiError:
                return  # a 403 for /version is a response too
            else:
                return

    def _no_answer(self, error: Exception) -> PluginOperatorError:
        return PluginOperatorError(
            f"no API server responds at {self.host}, which {self._config.source} names: {error}. "
            "Is the cluster up, and is it the one you mean (--kubeconfig, --context)?"
        )

    async def send(self, request: ApiRequest) -> Response:
        """Send a request; see ``Transport.send``."""
        return await self._open().send(request)

    def stream(self, request: ApiRequest) -> AbstractAsyncContextManager[ByteStream]:
        """Open a stream; see ``Transport.stream``."""
        return self._open().stream(request)

    def _open(self) -> Connection:
        if self._connection is None:
            raise ApiConnectionError("the connection to the API server is not open")
        return self._connection
