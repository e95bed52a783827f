"""Convert the exceptions of aiohttp to those that the connections of this package raise."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from plugin_operator.client.http.direct.failures import DialError


@contextmanager
def own_failures() -> Iterator[None]:
    """Convert an exception of aiohttp, which becomes the cause.

    Raises:
        DialError: no connection was established.
        TimeoutError: it took too long.
        OSError: the connection broke, or the response is not valid.
    """
    try:
        yield
    except aiohttp.ClientError as error:
        if isinstance(error, TimeoutError):
            raise
        raise _own(error) from error


def _own(error: aiohttp.ClientError) -> OSError:
    if isinstance(error, aiohttp.ClientConnectorCertificateError) and isinstance(error.certificate_error, OSError):
        return DialError(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return DialError(error.os_error)  # without the repr of the TLS context
    return ConnectionError(str(error) or type(error).__name__)
