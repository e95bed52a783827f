"""Fault management over HTTP at ``/debug/faults``, for the group ``system:masters`` only.

``GET`` lists the planned faults. ``POST`` plans the fault in the JSON body and returns its number. ``DELETE`` removes
all faults, or one with ``?number=``. ``POST /debug/compact`` drops the history of all resources, like a compaction.
"""

from typing import Any

import msgspec

import http1
from kube_apiserver import codec
from kube_apiserver.faults.fault import Fault
from kube_apiserver.faults.plan import FaultPlan, Planned
from kube_apiserver.storage import Store
from kube_apiserver.wire.body import read_bytes
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import bad_request, method_not_allowed

PATH = "/debug/faults"
COMPACT_PATH = "/debug/compact"

_NUMBER_DIGITS = 20


async def answer(plan: FaultPlan, store: Store, request: http1.Request, path: str) -> Response:
    """Answer a request to ``PATH`` or ``COMPACT_PATH``.

    Raises:
        StatusError: 400, the body or the number is invalid; 405.
    """
    if path == COMPACT_PATH:
        if request.method != "POST":
            raise method_not_allowed()
        store.compact()
        return Response(codec.encode({"compacted": store.revision}))
    match request.method:
        case "GET":
            return Response(codec.encode({"faults": [_shown(planned) for planned in plan]}))
        case "POST":
            return Response(codec.encode(_shown(plan.add(_read(await read_bytes(request))))), 201)
        case "DELETE":
            number = request.query.get("number")
            if number is None:
                plan.clear()
            elif number.isdecimal() and number.isascii() and len(number) < _NUMBER_DIGITS:
                plan.remove(int(number))
            else:
                raise bad_request(f"number={number!r} is not a fault number; leave it out to remove all faults")
            return Response(codec.encode({"faults": [_shown(planned) for planned in plan]}))
        case _:
            raise method_not_allowed()


def _read(body: bytes) -> Fault:
    try:
        return msgspec.json.decode(body, type=Fault)
    except (msgspec.MsgspecError, ValueError) as error:
        raise bad_request(f"the body is not a valid fault: {error}") from error


def _shown(planned: Planned) -> dict[str, Any]:
    return {"number": planned.number, "hits": planned.hits, **msgspec.to_builtins(planned.fault)}
