"""Middleware around every request: it reports progress to the connection table and yields to other tasks.

Owns the logging of failed requests, at a rate that clients cannot raise. aiohttp limits the size of a line, and
``connections`` that of a request.
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
    """Return the outermost middleware, which reports each request to ``table``."""
    failures = _Failures()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        transport = request.transport
        table.answering(transport)
        # aiohttp would handle a batch of pipelined requests in one turn of the event loop.
        await asyncio.sleep(0)
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except Exception as error:  # noqa: BLE001 - every failure is logged, at a limited rate
            failures.report(request.match_info.route.resource, error)
            return web.Response(status=500, text="500 Internal Server Error\n")
        finally:
            table.answered(transport)

    return guard


class _Failures:
    """Logs failures with their traceback, once a minute per type of error and route."""

    def __init__(self) -> None:
        self._reported_at: dict[tuple[str, type[Exception]], float] = {}

    def report(self, resource: web.AbstractResource | None, error: Exception) -> None:
        route = "" if resource is None else resource.canonical
        now = asyncio.get_running_loop().time()
        if now - self._reported_at.get((route, type(error)), -_REPORT_SECONDS) >= _REPORT_SECONDS:
            self._reported_at[route, type(error)] = now
            _log.error("HTTP request failed", route=route, exc_info=error)


def _quiet_logger() -> logging.Logger:
    """Return aiohttp's logger without errors that clients cause, because clients could fill the log."""

    def is_ours(record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | web.RequestPayloadError))

    logger = logging.getLogger(__name__)
    logger.addFilter(is_ours)
    return logger


QUIET_LOGGER = _quiet_logger()
