"""``@controller``: the short form to declare a controller."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from plugin_operator.controllers import Predicate, RateLimiterSpec, Request, Result
from plugin_operator.errors import PluginRejected
from plugin_operator.kube import Object
from plugin_operator.kube.objects import Struct
from plugin_operator.plugin.cache_declaration import IndexFunction, Kind, OwnOptions, ReadOptions
from plugin_operator.plugin.context.context import Context
from plugin_operator.plugin.declaration.options import ControllerOptions, mark
from plugin_operator.plugin.declaration.permissions import Permission
from plugin_operator.plugin.triggers.schedule import Schedule
from plugin_operator.plugin.triggers.source import Source
from plugin_operator.plugin.watch_declaration import WatchOptions
from plugin_operator.source_location import place_of

AsyncReconcile = Callable[[Context[Any], Request], Awaitable[Result | None]]
PlainReconcile = Callable[[Context[Any], Request], Result | None]
Cleanup = Callable[[Context[Any], Any], Awaitable[Result | None]] | Callable[[Context[Any], Any], Result | None]
Target = TypeVar("Target", bound=AsyncReconcile | PlainReconcile | type[Any])


def controller(  # noqa: PLR0913 - one parameter per field of a declaration
    for_: Kind | None = None,
    *,
    name: str | None = None,
    id: str | None = None,  # noqa: A002 - the word of the field
    renamed_from: str | Sequence[str] = (),
    owns: Sequence[Kind | OwnOptions] = (),
    watches: Sequence[WatchOptions] = (),
    reads: Sequence[Kind | ReadOptions] = (),
    namespaces: Sequence[str] | None = None,
    label_selector: str | Mapping[str, Any] | None = None,
    field_selector: str | Mapping[str, str] | None = None,
    predicates: Sequence[Predicate | Callable[[Object], bool]] = (),
    max_concurrent_reconciles: int = 1,
    max_prune: int = 10,
    reconcile_timeout_seconds: float | None = None,
    rate_limit: RateLimiterSpec | None = None,
    resync_seconds: float | None = None,
    metadata_only: bool = False,
    keep_previous: bool = False,
    indexes: Mapping[str, IndexFunction] | None = None,
    permissions: Sequence[Permission | Mapping[str, Sequence[str]]] = (),
    schedules: Sequence[Schedule] = (),
    sources: Sequence[Source] = (),
    cleanup: Cleanup | None = None,
    distribution: Literal["single", "sharded"] = "single",
    shard_by: Literal["uid", "namespace"] | None = None,
) -> Callable[[Target], Target]:
    """Declare a function ``reconcile(ctx, request)``, or a class with such a method, as a controller.

    The decorator returns its target unchanged, so that tests can call it. The operator checks the values when it loads
    the plugin, and rejects an invalid one with file, line, field and fix. A class is instantiated without arguments.
    Class attributes with the names of these arguments override the decorator.

    Args:
        for_: the reconciled kind: "v1/ConfigMap", "apps/v1/Deployment", "example.com/v1/Widget", or a class with
            ``@resource``. It need not exist yet: the controller waits until the kind is served and may be read. None
            for a controller without a kind, whose requests come from ``schedules``, ``sources`` or ``watches``.
        name: name of the controller, unique in the operator; by default the name of the function, class or file. Up to
            63 letters, digits, ``_``, ``-`` and ``.``.
        id: field manager and finalizer are ``plugin-operator/<id>``. By default the name. When you rename a controller,
            set it to the old name, or name that in ``renamed_from``. Same characters as ``name``, with a letter or
            digit first and last.
        renamed_from: former ids of the controller, one or several. What it has marked under them stays its own: fields,
            children and finalizers get the new id with the next write.
        owns: kinds whose changes enqueue their controlling owner; declare a part of a kind with ``own()``.
        watches: further kinds, each declared with ``watch()``.
        reads: kinds that the controller only reads with ``ctx.lister_for``; their changes enqueue nothing. Declare a
            part of a kind with ``read()``.
        namespaces: namespaces to watch, at least one; by default those of the operator.
        label_selector: selects objects of the reconciled kind: kubectl's syntax, a mapping of labels, or
            ``matchLabels`` and ``matchExpressions``.
        field_selector: selects objects of the reconciled kind: kubectl's syntax, or a mapping of fields.
        predicates: filters for changes of the reconciled kind; a change is ignored unless all return True. A function
            of the object, as a dict, counts as ``matches(function)``.
        max_concurrent_reconciles: most objects reconciled at once, at least 1, and at most 1,000 for all controllers of
            a plugin together. The same object is never reconciled twice at once.
        max_prune: most children that ``ctx.sync_children`` deletes in a minute, at least 1.
        reconcile_timeout_seconds: cancel a reconcile after this time and retry it with backoff; above 0, at most a
            century. None for no limit. A plain ``def`` cannot be cancelled: the operator waits until it returns.
        rate_limit: backoff of failing objects; None for 5 ms, doubling to 1000 s.
        resync_seconds: interval to reconcile all objects again, even unchanged; above 0, at most a century. None for
            never.
        metadata_only: fetch and cache only the objects' metadata.
        keep_previous: remember each object as of its last successful reconcile, for ``ctx.previous``. It costs the
            memory of the objects that have changed since.
        indexes: index functions by name, for ``ctx.lister.by_index(name, value)``. A function gets the object (a
            private dict) and returns its index values: one text, several, or None. It runs on the event loop for every
            change: it must not block. If it raises, the error is logged and the object is not indexed.
        permissions: RBAC rules that the plugin needs, declared with ``permission()`` or as mappings of a Role's rules.
        schedules: times at which to enqueue a request, declared with ``every()`` and ``cron()``; at most 16.
        sources: sources of requests from outside, each a ``Source`` at module level.
        cleanup: a function ``cleanup(ctx, obj)``, or the method of that name of a class. It runs before an object
            disappears, or after it has left the selectors. Until it succeeds, the object keeps the finalizer
            ``plugin-operator.cleanup/<id>``, which the operator puts on before the first reconcile.
        distribution: in an operator of several worker processes, "single" runs the controller in one of them, and
            "sharded" divides its objects among all. A sharded controller finds its own part in ``ctx.lister``. It has
            neither ``schedules`` nor ``sources``, and no selector together with ``cleanup``.
        shard_by: what divides the objects of a sharded controller: "uid" spreads best, and "namespace" keeps those of
            a namespace and their children together. By default the namespace with ``owns`` or ``watches``, else the
            uid; always the uid for kinds without a namespace.

    Returns:
        A decorator for ``async def reconcile(ctx, request)``, a plain ``def`` (which runs in a thread), or a class.

    Raises:
        PluginRejected: the decorator is used without parentheses.
    """
    given: object = for_
    is_kind = isinstance(given, str) or (isinstance(given, type) and issubclass(given, Struct))
    if not is_kind and callable(given):
        where = place_of(given)
        hint = "needs the kind: write @controller(for_='v1/ConfigMap')"
        raise PluginRejected(f"for_: @controller {hint}", path=where.path, line=where.line)
    options = ControllerOptions(
        for_=for_,
        name=name,
        id=id,
        renamed_from=renamed_from,
        owns=owns,
        watches=watches,
        reads=reads,
        namespaces=namespaces,
        label_selector=label_selector,
        field_selector=field_selector,
        predicates=predicates,
        max_concurrent_reconciles=max_concurrent_reconciles,
        max_prune=max_prune,
        reconcile_timeout_seconds=reconcile_timeout_seconds,
        rate_limit=rate_limit,
        resync_seconds=resync_seconds,
        metadata_only=metadata_only,
        keep_previous=keep_previous,
        indexes=indexes,
        permissions=permissions,
        schedules=schedules,
        sources=sources,
        cleanup=cleanup,
        distribution=distribution,
        shard_by=shard_by,
    )

    def decorate(target: Target) -> Target:
        mark(target, options)
        return target

    return decorate
