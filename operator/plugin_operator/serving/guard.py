"""What stands around the handling of each request: its stages are noted, and it lets others have their turn.

Owns what the table of connections is told of requests, and what is logged of requests that aiohttp refuses. Sizes are
limited by aiohttp itself.
"""

import asyncio
import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from plugin_operator.serving.connections import ConnectionTable


def watched(table: ConnectionTable) -> Middleware:
    """Return a middleware that tells ``table`` of each request before anything else sees it."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        transport = request.transport
        table.answering(transport)
        # aiohttp would answer a whole batch of pipelined requests in one turn of the event loop.
        await asyncio.sleep(0)
        try:
            return await handler(request)
        finally:
            table.answered(transport)

    return guard


def _quiet_logger() -> logging.Logger:
    """Return a logger that tells what fails here, and not what clients do wrong: they would fill the log at will."""

    def is_ours(record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))

    logger = logging.getLogger(__name__)
    logger.addFilter(is_ours)
    return logger


QUIET_LOGGER = _quiet_logger()
