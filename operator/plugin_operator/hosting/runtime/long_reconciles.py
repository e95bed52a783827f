"""Reconciles of a revision that run longer than they may, put into words with the place where they are.

A plain ``def`` runs in a thread, which nothing can interrupt: an endless loop there raises nothing, blocks nobody else
and keeps its key. Only its age and its stack tell of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plugin_operator.controllers import ControllerStatus, Request
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime

#: A reconcile without a timeout of its own is named once it has run for so long.
LONG_RECONCILE_SECONDS = 60.0

# The timeout cancels; an ``async def`` that cleans up within this time is not blamed for it.
_GRACE_SECONDS = 1.0

_WAY_OUT = "end the loop or the wait in the code, and restart the operator if it still does not end"


@dataclass(frozen=True, slots=True)
class LongReconcile:
    """One reconcile that does not end.

    Attributes:
        what: the same at each look, for the same controller and object.
        detail: for the status, with the way out; no data of objects.
        places: files and lines where its thread is, the innermost first; empty for an ``async def``.
        facts: for the log line.
    """

    what: str
    detail: str
    places: tuple[str, ...]
    facts: Mapping[str, object]


def long_reconciles(runtime: RevisionRuntime, controllers: Sequence[ControllerStatus]) -> list[LongReconcile]:
    """Return the reconciles of the revision that run past their timeout, or without one for very long; longest first.

    Those of the revisions before have a state of their own, ``Stuck``.
    """
    found = []
    for status in controllers:
        bound = runtime.bound.get(status.name)
        timeout = bound.declaration.reconcile_timeout_seconds if bound is not None else None
        limit = LONG_RECONCILE_SECONDS if timeout is None else timeout + _GRACE_SECONDS
        found += [
            (each.seconds, _told(runtime, status.name, each.request, each.seconds, timeout))
            for each in status.in_flight
            if each.revision == runtime.label and each.seconds > limit
        ]
    return [told for _, told in sorted(found, key=lambda each: -each[0])]


def _told(
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
