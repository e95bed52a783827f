"""Which exceptions say that a connection broke, and the words for them.

Owns the knowledge of what aiohttp, asyncio and OpenSSL raise. Whether to try again is left to ``attempts``.
"""

import asyncio
import ssl

import aiohttp

from plugin_operator.client.credentials.access import Access

_MAX_WORDS = 500
_MAX_CHAIN = 20
_TRANSPORT_ERRORS = (aiohttp.ClientError, OSError, TimeoutError, ssl.CertificateError, ValueError)


def is_broken_connection(error: BaseException) -> bool:
    """Tell whether an exception says that the connection broke, and nothing of a fault in this process."""
    return isinstance(error, _TRANSPORT_ERRORS) or _is_of_nested_tls(error)


def cause_of(error: BaseException, access: Access) -> BaseException | None:
    """Return the cause that tracebacks may show: none if it, or its request, shows credentials."""
    each: BaseException | None = error
    for _ in range(_MAX_CHAIN):
        if each is None:
            break
        shown = f"{each} {each!r}"
        if access.hide(shown) != shown:
            return None
        each = each.__cause__ or each.__context__
    return error


def words_of(error: BaseException, access: Access) -> str:
    """Say what broke; the HTTP library quotes what the server sent, which may be long and have our credentials."""
    nested = error.__cause__ if isinstance(error, aiohttp.ClientConnectionError) else error
    if nested is not None and nested.__context__ is not None and _is_of_nested_tls(nested):
        error = nested.__context__
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        words = str(error.certificate_error)
    elif isinstance(error, aiohttp.ClientConnectorError):
        words = str(error.os_error)  # without the repr of the TLS context
    elif isinstance(error, asyncio.TimeoutError):
        words = f"no answer in time ({error})" if str(error) else "no answer in time"
    else:
        words = str(error)
    return access.hide(words)[:_MAX_WORDS] or type(error).__name__


def _is_of_nested_tls(error: BaseException) -> bool:
    """Tell whether asyncio failed while it ended TLS inside TLS, the way to a server behind an HTTPS proxy.

    Up to Python 3.11.7, ``SSLProtocol._fatal_error`` calls ``_abort`` of the outer connection with an argument too
    many, or on one that is closed. What broke the connection is the context of that.
    """
    if not isinstance(error, TypeError | AttributeError):
        return False
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return at is not None and at.tb_frame.f_globals.get("__name__") == "asyncio.sslproto"
