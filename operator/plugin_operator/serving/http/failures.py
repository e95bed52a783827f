"""``RequestFailures``: logs failed requests at a rate that clients cannot raise."""

import asyncio

from plugin_operator import logs

_REPORT_SECONDS = 60.0

_log = logs.get_logger(__name__)


class RequestFailures:
    """Logs failures with their traceback, once a minute per type of error and route."""

    def __init__(self) -> None:
        self._reported_at: dict[tuple[str, type[Exception]], float] = {}

    def report(self, route: str, error: Exception) -> None:
        """Log that the handler of a route raised."""
        now = asyncio.get_running_loop().time()
        if now - self._reported_at.get((route, type(error)), -_REPORT_SECONDS) >= _REPORT_SECONDS:
            self._reported_at[route, type(error)] = now
            _log.error("HTTP request failed", route=route, exc_info=error)
