"""Snapshots over HTTP, for the group ``system:masters`` only: tests in other languages restore a server between them.

``POST /debug/snapshots`` keeps the present state and returns its number, ``GET`` lists the numbers, and ``DELETE``
drops all snapshots, or one with ``?number=``. ``POST /debug/restore?number=`` returns to a snapshot.
"""

import http1
from kube_apiserver import codec
from kube_apiserver.controllers.snapshot import NumberedSnapshots
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import StatusError, bad_request, method_not_allowed

PATH = "/debug/snapshots"
RESTORE_PATH = "/debug/restore"

_DIGITS = 20


async def answer(snapshots: NumberedSnapshots, request: http1.Request, path: str) -> Response:
    """Answer a request to ``PATH`` or ``RESTORE_PATH``.

    Raises:
        StatusError: 400, the number is invalid; 404, there is no such snapshot; 405.
        JournalFailed: the data folder cannot be written.
    """
    if path == RESTORE_PATH:
        if request.method != "POST":
            raise method_not_allowed()
        return await _restored(snapshots, _number(request.query.get("number", "")))
    match request.method:
        case "GET":
            pass
        case "POST":
            return Response(codec.encode({"number": snapshots.take()}), 201)
        case "DELETE":
            text = request.query.get("number")
            snapshots.drop(None if text is None else _number(text))
        case _:
            raise method_not_allowed()
    return Response(codec.encode({"snapshots": list(snapshots)}))


async def _restored(snapshots: NumberedSnapshots, number: int) -> Response:
    if number not in snapshots:
        known = ", ".join(map(str, snapshots)) or "none"
        raise StatusError(404, "NotFound", f"there is no snapshot {number}; those of {PATH} are: {known}")
    revision = await snapshots.restore(number)
    return Response(codec.encode({"restored": number, "resourceVersion": str(revision)}))


def _number(text: str) -> int:
    if not (text.isdecimal() and text.isascii() and len(text) < _DIGITS):
        raise bad_request(f"number={text!r} is not the number of a snapshot: write ?number=1")
    return int(text)
