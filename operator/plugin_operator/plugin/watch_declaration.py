"""``watch()``: declares further kinds whose changes enqueue requests."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugin_operator.controllers import Predicate
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object

MapFunction = Callable[[Object], Iterable[NamespacedName]]
Kind = str | GroupVersionKind


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """The result of ``watch()``, for ``watches=``; checked when the plugin is loaded."""

    kind: Any
    map: Any
    predicates: Any = ()
    namespaces: Any = None
    label_selector: Any = None
    field_selector: Any = None
    metadata_only: Any = False


def watch(
    kind: Kind,
    map: MapFunction,  # noqa: A002 - named after controller-runtime's EnqueueRequestsFromMapFunc
    *,
    predicates: Sequence[Predicate | Callable[[Object], bool]] = (),
    namespaces: Sequence[str] | None = None,
    label_selector: str | Mapping[str, Any] | None = None,
    field_selector: str | Mapping[str, str] | None = None,
    metadata_only: bool = False,
) -> WatchOptions:
    """Declare that a change of ``kind`` enqueues requests of this controller.

    Values are checked when the plugin is loaded; the call itself raises nothing.

    Args:
        kind: "v1/Secret", "apps/v1/Deployment" or any custom kind.
        map: maps the changed object (a private dict) to requests: ``Request(namespace, name)``, a pair or
            ``"namespace/name"``. A plain function that runs on the event loop: it must not block. For an update it is
            called with the old and the new state. Its exceptions are logged; requests that it yielded before count.
        predicates: filters for changes; a change is ignored unless all return True.
        namespaces: namespaces to watch, at least one; by default those of the operator.
        label_selector: kubectl's syntax, a mapping of labels, or ``matchLabels`` and ``matchExpressions``.
        field_selector: kubectl's syntax, or a mapping of fields that the API server supports for the kind.
        metadata_only: fetch and cache only the objects' metadata.

    Returns:
        A value for ``watches=`` of ``controller``.
    """
    return WatchOptions(kind, map, predicates, namespaces, label_selector, field_selector, metadata_only)


@dataclass(frozen=True, slots=True)
class WatchDeclaration:
    """One validated ``watch()``."""

    kind: GroupVersionKind
    map: MapFunction
    predicates: tuple[Predicate, ...] = ()
    namespaces: tuple[str, ...] | None = None
    label_selector: str = ""
    field_selector: str = ""
    metadata_only: bool = False
