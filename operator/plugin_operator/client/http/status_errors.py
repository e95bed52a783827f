"""Convert an error response to an exception: the ``meta/v1 Status`` of its body, and ``Retry-After``."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from plugin_operator.errors import ApiError, ExternalError, InvalidError, UnexpectedStatusError, api_error

_MAX_MESSAGE = 4096
#: The 500 of kube-apiserver to an apply whose fields do not match the schema begins so; the sent object is at fault.
_UNTYPED = "failed to create typed patch object "

MAX_WAIT_SECONDS = 300.0
"""Maximum wait that a server or a proxy can request with ``Retry-After``."""


class _Cause(msgspec.Struct):
    field: str | None = None
    reason: str | None = None
    message: str | None = None


class _Details(msgspec.Struct, rename="camel"):
    causes: list[_Cause] | None = None
    retry_after_seconds: int | None = None


class _Status(msgspec.Struct):
    kind: str | None = None
    message: str | None = None
    reason: str | None = None
    code: int | None = None
    details: _Details | None = None


_DECODER = msgspec.json.Decoder(_Status)


def error_of(status: int, body: bytes, retry_after: str | None = None, *, now: datetime | None = None) -> ApiError:
    """Return the exception for a response with ``status`` >= 400.

    Args:
        status: HTTP status; 0 uses ``code`` of the body, as for an ERROR event of a watch.
        body: JSON of a Status; any other body becomes the message, truncated.
        retry_after: value of the header, in seconds or as a date.
        now: current time with time zone, to evaluate a date.
    """
    try:
        parsed = _DECODER.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        parsed = _Status(message=body[:_MAX_MESSAGE].decode("utf-8", "replace").strip())
    details = parsed.details or _Details()
    causes = [
        {"field": cause.field or "", "reason": cause.reason or "", "message": cause.message or ""}
        for cause in details.causes or ()
    ]
    wait = retry_after_seconds(retry_after, now or datetime.now(UTC))
    if wait is None and details.retry_after_seconds:
        wait = _bounded(details.retry_after_seconds)
    message = (parsed.message or "the server gave no reason")[:_MAX_MESSAGE]
    if _is_page(body) and not issubclass(type(api_error(status)), ExternalError):
        # The page of a gateway that cannot reach the server says nothing about object or request.
        return UnexpectedStatusError(status, "", message, retry_after_seconds=wait)
    if message.startswith(_UNTYPED):
        # Without this reason the number alone would put the fault on the server.
        return InvalidError(status, parsed.reason or "Invalid", message, causes=causes)
    return api_error(
        status or parsed.code or 500, parsed.reason or "", message, causes=causes, retry_after_seconds=wait
    )


def _is_page(body: bytes) -> bool:
    return body[:64].lstrip().startswith(b"<")


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Parse ``Retry-After`` (RFC 9110, 10.2.3), at most ``MAX_WAIT_SECONDS``; None if absent or malformed."""
    if not header:
        return None
    if header.strip().isdecimal():
        return _bounded(float(header))
    try:
        date = parsedate_to_datetime(header)
        return _bounded((date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return None


def _bounded(seconds: float) -> float:
    return float(min(max(0, seconds), MAX_WAIT_SECONDS))
