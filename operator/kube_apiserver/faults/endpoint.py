"""Planning faults over HTTP, at ``/debug/faults``; for administrators alone.

``GET`` lists what is planned, ``POST`` plans one fault given as JSON and answers with its number, ``DELETE`` forgets
all of them, or with ``?number=`` one. ``POST /debug/compact`` forgets every history, as compaction does.
"""

from typing import Any

import msgspec
from aiohttp import web

from kube_apiserver import codec
from kube_apiserver.faults.fault import Fault
from kube_apiserver.faults.plan import FaultPlan, Planned
from kube_apiserver.storage import Store
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import bad_request, method_not_allowed

PATH = "/debug/faults"
COMPACT_PATH = "/debug/compact"

_NUMBER_DIGITS = 20


async def answer(plan: FaultPlan, store: Store, request: web.BaseRequest, path: str) -> Response:
    """Answer a request at one of the two paths.

    Raises:
        StatusError: 400 if the body is no fault or the number none, 405.
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
            return Response(codec.encode(_shown(plan.add(_read(await request.read())))), 201)
        case "DELETE":
            number = request.rel_url.query.get("number")
            if number is None:
                plan.clear()
            elif number.isdecimal() and number.isascii() and len(number) < _NUMBER_DIGITS:
                plan.remove(int(number))
            else:
                raise bad_request(f"number={number!r} is no number of a fault; without it all faults are forgotten")
            return Response(codec.encode({"faults": [_shown(planned) for planned in plan]}))
        case _:
            raise method_not_allowed()


def _read(body: bytes) -> Fault:
    try:
        return msgspec.json.decode(body, type=Fault)
    except (msgspec.MsgspecError, ValueError) as error:
        raise bad_request(f"this is no fault: {error}") from error


def _shown(planned: Planned) -> dict[str, Any]:
    return {"number": planned.number, "hits": planned.hits, **msgspec.to_builtins(planned.fault)}
