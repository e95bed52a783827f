"""``watch()``: declares further kinds whose changes enqueue requests."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from plugin_operator.controllers import Predicate
from plugin_operator.kube import NamespacedName, Object
from plugin_operator.plugin.cache_declaration import CacheDeclaration, IndexFunction, Kind
from plugin_operator.plugin.context.map_context import MapContext

Due = NamespacedName | tuple[str, str] | str
Requests = Iterable[Due] | Due | None
MapFunction = (
    Callable[[Object], Requests]
    | Callable[[MapContext, Object], Requests]
    | Callable[[MapContext, Object], Awaitable[Requests]]
    | Callable[..., Requests | Awaitable[Requests]]
)


class WatchOptions(msgspec.Struct, frozen=True):
    """The result of ``watch()``, for ``watches=``; checked when the plugin is loaded."""

    kind: Any
    map: Any
    predicates: Any = ()
    namespaces: Any = None
    label_selector: Any = None
    field_selector: Any = None
    metadata_only: Any = False
    indexes: Any = None
    name: Any = None


def watch(  # noqa: PLR0913 - every field an author may declare, by name
    kind: Kind,
    map: MapFunction,  # noqa: A002 - named after controller-runtime's EnqueueRequestsFromMapFunc
    *,
    predicates: Sequence[Predicate | Callable[[Object], bool]] = (),
    namespaces: Sequence[str] | None = None,
    label_selector: str | Mapping[str, Any] | None = None,
    field_selector: str | Mapping[str, str] | None = None,
    metadata_only: bool = False,
    indexes: Mapping[str, IndexFunction] | None = None,
    name: str | None = None,
) -> WatchOptions:
    """Declare that a change of ``kind`` enqueues requests of this controller.

    Values are checked when the plugin is loaded; the call itself raises nothing.

    Args:
        kind: "v1/Secret", "apps/v1/Deployment" or any custom kind.
        map: ``map(obj)`` or ``map(ctx, obj)`` maps the changed object (a private dict) to requests:
            ``Request(namespace, name)``, a pair or ``"namespace/name"``. ``ctx`` is a ``MapContext``. For an update it
            is called with the old and the new state. If it has a parameter ``old``, it is called once for each change,
            with the old state of an update or None. A plain function runs on the event loop: it must not block. An
            ``async def`` has 30 seconds; changes of the object during the call are merged into one. Its exceptions are
            logged; requests that it returned or yielded before count.
        predicates: filters for changes; a change is ignored unless all return True.
        namespaces: namespaces to watch, at least one; by default those of the controller.
        label_selector: kubectl's syntax, a mapping of labels, or ``matchLabels`` and ``matchExpressions``.
        field_selector: kubectl's syntax, or a mapping of fields that the API server supports for the kind.
        metadata_only: fetch and cache only the objects' metadata.
        indexes: index functions for ``lister_for(kind).by_index``; see ``controller``.
        name: name for ``lister_for(name)``, without a slash, if the controller declares the kind more than once.

    Returns:
        A value for ``watches=`` of ``controller``.
    """
    return WatchOptions(kind, map, predicates, namespaces, label_selector, field_selector, metadata_only, indexes, name)


class WatchDeclaration(CacheDeclaration, frozen=True, kw_only=True):
    """One validated ``watch()``.

    Attributes:
        map: the author's map function.
        predicates: filters for changes.
        takes_context: whether to call it as ``map(ctx, obj)``.
        takes_old: whether to call it once for each change, with the old state as ``old=``.
        is_async: whether it returns an awaitable.
    """

    map: Callable[..., Any]
    predicates: tuple[Predicate, ...] = ()
    takes_context: bool = False
    takes_old: bool = False
    is_async: bool = False
