"""Injection of faults that replace or delay a response."""

import asyncio
from http import HTTPStatus

import http1
from kube_apiserver.faults.fault import Action, Fault
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import StatusError

_REASONS = {
    HTTPStatus.BAD_REQUEST: "BadRequest",
    HTTPStatus.UNAUTHORIZED: "Unauthorized",
    HTTPStatus.FORBIDDEN: "Forbidden",
    HTTPStatus.NOT_FOUND: "NotFound",
    HTTPStatus.CONFLICT: "Conflict",
    HTTPStatus.GONE: "Expired",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Invalid",
    HTTPStatus.TOO_MANY_REQUESTS: "TooManyRequests",
    HTTPStatus.INTERNAL_SERVER_ERROR: "InternalError",
    HTTPStatus.SERVICE_UNAVAILABLE: "ServiceUnavailable",
    HTTPStatus.GATEWAY_TIMEOUT: "Timeout",
}


def failure(fault: Fault) -> StatusError:
    """Return the StatusError of a fault with a status code."""
    seconds = fault.retry_after_seconds
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    details = None if seconds is None else {"retryAfterSeconds": seconds}
    message = fault.message or "a planned fault"
    return StatusError(fault.code, _REASONS.get(HTTPStatus(fault.code), ""), message, details, headers)


#: In place of a response: carry the request out, then ``cut`` its connection.
LOST = Response(b"")


def cut(request: http1.Request) -> ConnectionError:
    """Cut the connection of a request, and return the error to raise."""
    if request.transport is not None:
        request.transport.abort()
    return ConnectionAbortedError("a planned fault")


async def inject(fault: Fault, request: http1.Request) -> Response | None:
    """Inject a fault into a request. Return the response, None if the request shall be answered normally, or ``LOST``.

    Raises:
        StatusError: the fault refuses the request.
        ConnectionError: the fault has cut the connection.
    """
    match fault.action:
        case Action.DELAY:
            await asyncio.sleep(fault.seconds)
            return None
        case Action.STALL:
            await asyncio.Event().wait()  # blocks until the client disconnects, which cancels this request
            return None
        case Action.LOSE:
            return LOST
        case Action.REFUSE:
            raise failure(fault)
        case Action.REPLACE:
            return Response(fault.raw_body, ends_line=False)
        case _:
            raise cut(request)
