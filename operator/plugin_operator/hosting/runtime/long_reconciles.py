"""Reconciles that exceed their timeout, with the location of their code.

A plain ``def`` runs in a thread that cannot be interrupted. An endless loop there raises no error, blocks no other key
and keeps its own locked, so only its age and stack reveal it.
"""

from collections.abc import Mapping, Sequence

import msgspec

from plugin_operator.controllers import ControllerStatus, Request
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime

#: A reconcile without a timeout is reported after running for this long.
LONG_RECONCILE_SECONDS = 60.0

# Grace period after the timeout for the clean-up of a cancelled ``async def``.
_GRACE_SECONDS = 1.0

_WAY_OUT = "fix the endless loop or wait in the code, and restart the operator if it still does not end"


class LongReconcile(msgspec.Struct, frozen=True):
    """One reconcile that does not end.

    Attributes:
        what: identity of controller and object, stable over calls.
        detail: description for the status with the fix, without object data.
        places: ``file:line`` of the plugin's frames in its thread, innermost first; empty for an ``async def``.
        facts: fields of the log line.
    """

    what: str
    detail: str
    places: tuple[str, ...]
    facts: Mapping[str, object]


def long_reconciles(runtime: RevisionRuntime, controllers: Sequence[ControllerStatus]) -> list[LongReconcile]:
    """Return the reconciles that exceed their timeout, or run very long without one; longest first.

    Reconciles of previous revisions are not included: the state ``Stuck`` reports them.
    """
    found = []
    for status in controllers:
        bound = runtime.bound.get(status.name)
        timeout = bound.declaration.reconcile_timeout_seconds if bound is not None else None
        limit = LONG_RECONCILE_SECONDS if timeout is None else timeout + _GRACE_SECONDS
        found += [
            (each.seconds, _described(runtime, status.name, each.request, each.seconds, timeout))
            for each in status.in_flight
            if each.revision == runtime.label and each.seconds > limit
        ]
    return [each for _, each in sorted(found, key=lambda pair: -pair[0])]


def _described(
    runtime: RevisionRuntime, controller: str, request: Request, seconds: float, timeout: float | None
) -> LongReconcile:
    places = runtime.places(request)
    allowed = f", its timeout is {timeout:g} s" if timeout is not None else ""
    facts = {
        "controller": controller,
        "namespace": request.namespace,
        "name": request.name,
        "seconds": round(seconds, 1),
        "timeout_seconds": timeout,
        "at": places[0] if places else None,
        "stack": "\n".join(places) or None,
        "way_out": _WAY_OUT,
    }
    detail = f"reconcile of {request} by {controller} runs for {seconds:.0f} s{allowed}; {_WAY_OUT}"
    return LongReconcile(f"{controller} {request}", detail, places, facts)
