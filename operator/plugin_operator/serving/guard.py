"""What stands around the handling of each request: its stages are noted, and it lets others have their turn.

Owns what the table of connections is told of requests, and what is logged of requests that fail: no client may fill the
log. aiohttp limits the size of a line, and ``connections`` that of a request.
"""

import asyncio
import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from plugin_operator import logs
from plugin_operator.serving.connections import ConnectionTable

_REPORT_SECONDS = 60.0

_log = logs.get_logger(__name__)


def watched(table: ConnectionTable) -> Middleware:
    """Return a middleware that tells ``table`` of each request before anything else sees it."""
    failures = _Failures()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        transport = request.transport
        table.answering(transport)
        # aiohttp would answer a whole batch of pipelined requests in one turn of the event loop.
        await asyncio.sleep(0)
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except Exception as error:  # noqa: BLE001 - whatever fails here is told, once
            failures.report(request.match_info.route.resource, error)
            return web.Response(status=500, text="500 Internal Server Error\n")
        finally:
            table.answered(transport)

    return guard


class _Failures:
    """Logs what fails once a minute for each kind of error and route, with its traceback."""

    def __init__(self) -> None:
        self._reported_at: dict[tuple[str, type[Exception]], float] = {}

    def report(self, resource: web.AbstractResource | None, error: Exception) -> None:
        route = "" if resource is None else resource.canonical
        now = asyncio.get_running_loop().time()
        if now - self._reported_at.get((route, type(error)), -_REPORT_SECONDS) >= _REPORT_SECONDS:
            self._reported_at[route, type(error)] = now
            _log.error("HTTP request failed", route=route, exc_info=error)


def _quiet_logger() -> logging.Logger:
    """Return a logger that tells what fails here, and not what clients do wrong: they would fill the log at will."""

    def is_ours(record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | web.RequestPayloadError))

    logger = logging.getLogger(__name__)
    logger.addFilter(is_ours)
    return logger


QUIET_LOGGER = _quiet_logger()
