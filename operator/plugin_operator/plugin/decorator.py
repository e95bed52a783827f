"""``@controller``: the short way to declare a controller."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from plugin_operator.controllers import Predicate, RateLimiterSpec, Request, Result
from plugin_operator.errors import PluginRejected
from plugin_operator.kube import Object
from plugin_operator.plugin.context.context import Context
from plugin_operator.plugin.declaration.options import MARK, ControllerOptions
from plugin_operator.plugin.declaration.permissions import Permission
from plugin_operator.plugin.declaration.source_location import place_of
from plugin_operator.plugin.triggers.schedule import Schedule
from plugin_operator.plugin.triggers.source import Source
from plugin_operator.plugin.watch_declaration import Kind, WatchOptions

AsyncReconcile = Callable[[Context, Request], Awaitable[Result | None]]
PlainReconcile = Callable[[Context, Request], Result | None]
Target = TypeVar("Target", bound=AsyncReconcile | PlainReconcile | type[Any])


def controller(  # noqa: PLR0913 - every field an author may declare, by name
    for_: Kind | None = None,
    *,
    name: str | None = None,
    id: str | None = None,  # noqa: A002 - the word of the field
    owns: Sequence[Kind] = (),
    watches: Sequence[WatchOptions] = (),
    reads: Sequence[Kind] = (),
    namespaces: Sequence[str] | None = None,
    label_selector: str | Mapping[str, Any] | None = None,
    field_selector: str | Mapping[str, str] | None = None,
    predicates: Sequence[Predicate | Callable[[Object], bool]] = (),
    max_concurrent_reconciles: int = 1,
    reconcile_timeout_seconds: float | None = None,
    rate_limit: RateLimiterSpec | None = None,
    resync_seconds: float | None = None,
    metadata_only: bool = False,
    permissions: Sequence[Permission | Mapping[str, Sequence[str]]] = (),
    schedules: Sequence[Schedule] = (),
    sources: Sequence[Source] = (),
) -> Callable[[Target], Target]:
    """Declare a function ``reconcile(ctx, request)``, or a class with such a method, as a controller.

    What is decorated is returned unchanged, so a test can call it. Values are checked when the plugin is loaded. A
    wrong one is refused then, with file, line, field and the way out. A class is made without arguments. Its attributes
    may carry what the decorator takes, under the same names; an attribute outranks the decorator.

    Args:
        for_: the kind it reconciles: "v1/ConfigMap", "apps/v1/Deployment", "example.com/v1/Widget". It need not exist
            yet: until it is served, and may be read, the controller waits. None for a controller that reconciles no
            kind: ``schedules``, ``sources`` or ``watches`` make it due.
        name: of the controller, unique in the operator; by default that of the function, class or file. Up to 63
            letters, digits, ``_``, ``-`` and ``.``.
        id: what it signs with: its field manager and its finalizer are ``plugin-operator/<id>``. By default its name;
            a controller that is renamed keeps its fields and finalizers with ``id=`` its first name. A letter or digit
            first and last, otherwise as ``name``.
        owns: kinds whose changes make their controlling owner due.
        watches: further kinds, each made with ``watch()``.
        reads: kinds it only reads with ``ctx.lister_for``; their changes make nothing due.
        namespaces: only these, at least one; by default those of the operator.
        label_selector: of the reconciled kind: kubectl's syntax, a mapping of labels, or ``matchLabels`` and
            ``matchExpressions``.
        field_selector: of the reconciled kind: kubectl's syntax, or a mapping of fields.
        predicates: all must agree, else a change of the reconciled kind is passed over. A function of the object, as a
            dict, counts as ``matches(function)``.
        max_concurrent_reconciles: how many objects at once, at least 1, and at most 1,000 for all controllers of a
            plugin together. The same object is never reconciled twice at once.
        reconcile_timeout_seconds: cancel a reconcile after that long and retry it with backoff; above 0, at most a
            century. None for no limit. A plain ``def`` cannot be cancelled: it is waited for.
        rate_limit: backoff of failing objects; None for 5 ms, doubling to 1000 s.
        resync_seconds: reconcile everything again this often, even unchanged; above 0, at most a century. None for
            never.
        metadata_only: fetch and keep only the objects' metadata.
        permissions: RBAC rules the plugin needs, made with ``permission()``, or mappings as they stand in a Role.
        schedules: times at which it is due, made with ``every()`` and ``cron()``; at most 16.
        sources: what makes its requests due from outside, each a ``Source`` made at module level.

    Returns:
        A decorator for ``async def reconcile(ctx, request)``, a plain ``def`` (which runs in a thread), or a class.

    Raises:
        PluginRejected: it is used without parentheses.
    """
    given: object = for_
    if not isinstance(given, str) and callable(given):
        where = place_of(given)
        hint = "needs to know the kind: write @controller(for_='v1/ConfigMap')"
        raise PluginRejected(f"for_: @controller {hint}", path=where.path, line=where.line)
    options = ControllerOptions(
        for_=for_,
        name=name,
        id=id,
        owns=owns,
        watches=watches,
        reads=reads,
        namespaces=namespaces,
        label_selector=label_selector,
        field_selector=field_selector,
        predicates=predicates,
        max_concurrent_reconciles=max_concurrent_reconciles,
        reconcile_timeout_seconds=reconcile_timeout_seconds,
        rate_limit=rate_limit,
        resync_seconds=resync_seconds,
        metadata_only=metadata_only,
        permissions=permissions,
        schedules=schedules,
        sources=sources,
    )

    def mark(target: Target) -> Target:
        setattr(target, MARK, options)
        return target

    return mark
