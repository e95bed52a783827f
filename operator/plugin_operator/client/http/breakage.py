"""Exceptions of broken connections, and their messages.

Owns the knowledge of what asyncio and OpenSSL raise. Leaves the exceptions of aiohttp to ``by_aiohttp``, and retries to
``attempts``.
"""

import asyncio
import ssl

from plugin_operator.client.credentials.access import Access

_MAX_WORDS = 500
_MAX_CHAIN = 20
_MAX_NESTING = 3  # the exception of this package, that of aiohttp, and that of asyncio
_TRANSPORT_ERRORS = (OSError, TimeoutError, ssl.CertificateError, ValueError)


def is_broken_connection(error: BaseException) -> bool:
    """Report whether an exception stands for a broken connection, not for a bug in this process."""
    return isinstance(error, _TRANSPORT_ERRORS) or _is_of_nested_tls(error)


def cause_of(error: BaseException, access: Access) -> BaseException | None:
    """Return the cause for a traceback; None if the cause, or one in its chain, contains credentials."""
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
    """Return the message of a failure, truncated and without credentials: it may quote what the server sent."""
    nested: BaseException | None = error
    for _ in range(_MAX_NESTING):
        if nested is not None and nested.__context__ is not None and _is_of_nested_tls(nested):
            error = nested.__context__
            break
        nested = nested and nested.__cause__
    if isinstance(error, asyncio.TimeoutError):
        words = f"no answer in time ({error})" if str(error) else "no answer in time"
    else:
        words = str(error)
    words = "; ".join([words or type(error).__name__, *getattr(error, "__notes__", ())])
    return access.hide(words)[:_MAX_WORDS]


def _is_of_nested_tls(error: BaseException) -> bool:
    """Report whether asyncio failed while it closed TLS inside TLS, as used behind an HTTPS proxy.

    Up to Python 3.11.7, ``SSLProtocol._fatal_error`` calls ``_abort`` of the outer connection with one argument too
    many, or on a closed connection. The context of that exception is the actual failure.
    """
    if not isinstance(error, TypeError | AttributeError):
        return False
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return at is not None and at.tb_frame.f_globals.get("__name__") == "asyncio.sslproto"
