"""Putting an ``ObjectCleanup`` together for a controller with ``cleanup=``."""

from functools import partial

from plugin_operator.cache import CachedObject
from plugin_operator.controllers import Reconciler, Request, Result, time_limited
from plugin_operator.hosting.environment import Environment
from plugin_operator.metrics.declaration import counter
from plugin_operator.plugin import BoundController, ObjectCleanup

CLEANUPS = counter(
    "plugin_operator_cleanups_total", "Ended calls of cleanup functions by result", "controller", "result"
)


def object_cleanup(bound: BoundController, environment: Environment) -> ObjectCleanup | None:
    """Return what decides between reconcile and cleanup; None for a controller without ``cleanup=``."""
    declaration = bound.declaration
    ends = environment.metrics.family(CLEANUPS)  # before it counts anything, so that queries find it
    if declaration.cleanup is None:
        return None
    seconds = declaration.reconcile_timeout_seconds

    async def clean(request: Request, cached: CachedObject) -> Result | None:
        call: Reconciler = partial(bound.clean, cached=cached)
        limited = call if seconds is None else time_limited(call, seconds, environment.clock)
        return await limited(request)

    async def selects(request: Request) -> bool:
        places = declaration.namespaces or environment.namespaces
        if declaration.for_ is None or (request.namespace and places and request.namespace not in places):
            return False
        fields = ",".join(filter(None, (declaration.field_selector, f"metadata.name={request.name}")))
        client, labels = bound.scope.client_for(request), declaration.label_selector or None
        return bool(await client.list(str(declaration.for_), request.namespace or None, labels, fields))

    return ObjectCleanup(
        bound.scope,
        clean=clean,
        is_selected=declaration.is_selected,
        selects=selects,
        count=lambda result: ends.inc(declaration.name, result),
    )
