"""Conversion of a declaration to the spec of a controller."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from plugin_operator.cache import InformerKey
from plugin_operator.controllers import (
    ControllerSpec,
    EnqueueForObject,
    EnqueueForOwner,
    EnqueueMapped,
    Handler,
    RateLimiterSpec,
    Request,
    Watch,
)
from plugin_operator.errors import PluginOperatorError
from plugin_operator.kube import GroupVersionKind
from plugin_operator.plugin import ControllerDeclaration, WatchDeclaration

IsNamespaced = Callable[[GroupVersionKind], Awaitable[bool]]


async def build_spec(
    declaration: ControllerDeclaration, namespaces: tuple[str, ...], is_namespaced: IsNamespaced | None
) -> ControllerSpec:
    """Return the spec of a declared controller.

    Args:
        declaration: the declaration of the controller.
        namespaces: default namespaces; empty for all.
        is_namespaced: reports the scope of the reconciled kind, which decides the namespace of owners.
    """
    where = declaration.namespaces or namespaces
    watches = [Watch(_primary_keys(declaration, namespaces), EnqueueForObject(), declaration.predicates)]
    if declaration.owns and declaration.for_ is not None:
        handler = EnqueueForOwner(declaration.for_, namespaced=await _scope(declaration.for_, is_namespaced))
        watches += [Watch(_keys(kind, where), handler) for kind in declaration.owns]
    watches += [_watch(each, declaration, namespaces) for each in declaration.watches]
    watched = {each.informer_keys for each in watches}
    watches += [Watch(keys, _NOBODY) for kind in declaration.reads if (keys := _keys(kind, where)) not in watched]
    return ControllerSpec(
        name=declaration.name,
        watches=tuple(watches),
        max_concurrent_reconciles=declaration.max_concurrent_reconciles,
        rate_limiter=declaration.rate_limit or RateLimiterSpec(),
        resync_seconds=declaration.resync_seconds,
    )


@dataclass(frozen=True, slots=True)
class CacheKeys:
    """The caches of one controller.

    Attributes:
        primary: keys of the reconciled kind.
        read: keys that ``lister_for`` reads, by kind: all objects if ``reads`` or ``owns`` declares the kind, else
            those of its watches. Several entries mean that its watches differ, so that ``lister_for`` is ambiguous.
    """

    primary: tuple[InformerKey, ...]
    read: Mapping[GroupVersionKind, tuple[tuple[InformerKey, ...], ...]]


def cache_keys(declaration: ControllerDeclaration, namespaces: tuple[str, ...]) -> CacheKeys:
    """Return the keys of the caches that a controller may read."""
    primary = _primary_keys(declaration, namespaces)
    watched: dict[GroupVersionKind, dict[tuple[InformerKey, ...], None]] = {}
    if declaration.for_ is not None:
        watched[declaration.for_] = {primary: None}
    for each in declaration.watches:
        watched.setdefault(each.kind, {})[_watch_keys(each, declaration, namespaces)] = None
    where = declaration.namespaces or namespaces
    whole = {kind: (_keys(kind, where),) for kind in (*declaration.owns, *declaration.reads)}
    return CacheKeys(primary, {kind: tuple(keys) for kind, keys in watched.items()} | whole)


def _primary_keys(declaration: ControllerDeclaration, namespaces: tuple[str, ...]) -> tuple[InformerKey, ...]:
    if declaration.for_ is None:
        return ()
    return _keys(
        declaration.for_,
        declaration.namespaces or namespaces,
        declaration.label_selector,
        declaration.field_selector,
        metadata_only=declaration.metadata_only,
    )


def _watch(each: WatchDeclaration, declaration: ControllerDeclaration, namespaces: tuple[str, ...]) -> Watch:
    return Watch(_watch_keys(each, declaration, namespaces), EnqueueMapped(each.map), each.predicates)


def _watch_keys(
    each: WatchDeclaration, declaration: ControllerDeclaration, namespaces: tuple[str, ...]
) -> tuple[InformerKey, ...]:
    where = each.namespaces or declaration.namespaces or namespaces
    return _keys(each.kind, where, each.label_selector, each.field_selector, metadata_only=each.metadata_only)


def _keys(
    kind: GroupVersionKind,
    namespaces: Sequence[str],
    label_selector: str = "",
    field_selector: str = "",
    *,
    metadata_only: bool = False,
) -> tuple[InformerKey, ...]:
    wanted: Sequence[str | None] = namespaces or (None,)
    return tuple(
        InformerKey(kind, namespace, label_selector, field_selector, metadata_only).canonical() for namespace in wanted
    )


async def _scope(kind: GroupVersionKind, is_namespaced: IsNamespaced | None) -> bool:
    if is_namespaced is None:
        return True
    try:
        return await is_namespaced(kind)
    except PluginOperatorError:
        # The kind is not served, or the server is unreachable: assume a namespaced owner, because a swap must not wait.
        return True


class _ForNobody:
    """Handler of a kind that is only read: its changes enqueue nothing."""

    def requests(self, key: Request, obj: object) -> tuple[Request, ...]:  # noqa: ARG002 - its changes enqueue nothing
        """Return nothing."""
        return ()


_NOBODY: Handler = _ForNobody()
