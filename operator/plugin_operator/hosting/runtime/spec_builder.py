"""Conversion of a declaration to the spec of a controller."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from plugin_operator.cache import InformerKey
from plugin_operator.controllers import (
    ControllerSpec,
    EnqueueForObject,
    EnqueueForOwner,
    EnqueueMapped,
    EnqueueMappedLater,
    Handler,
    Predicate,
    RateLimiterSpec,
    Request,
    Watch,
)
from plugin_operator.errors import PluginOperatorError
from plugin_operator.kube import GroupVersionKind
from plugin_operator.plugin import (
    CacheDeclaration,
    CleanupFilter,
    ControllerDeclaration,
    ControllerIdentity,
    ControllerScope,
    MapContext,
    WatchDeclaration,
)

IsNamespaced = Callable[[GroupVersionKind], Awaitable[bool]]


async def build_spec(
    declaration: ControllerDeclaration,
    namespaces: tuple[str, ...],
    is_namespaced: IsNamespaced | None,
    scope: ControllerScope,
) -> ControllerSpec:
    """Return the spec of a declared controller.

    Args:
        declaration: the declaration of the controller.
        namespaces: default namespaces; empty for all.
        is_namespaced: reports the scope of the reconciled kind, which decides the namespace of owners.
        scope: the controller's scope, of which map functions get a context.
    """
    context = MapContext(scope)

    def keys(cache: CacheDeclaration) -> tuple[InformerKey, ...]:
        return informer_keys(cache, declaration, namespaces)

    primary = keys(declaration.primary) if declaration.primary is not None else ()
    watches = [Watch(primary, EnqueueForObject(), _primary_predicates(declaration, scope.identity))]
    if declaration.owns and declaration.for_ is not None:
        handler = EnqueueForOwner(declaration.for_, namespaced=await _scope(declaration.for_, is_namespaced))
        watches += [Watch(keys(each), handler, each.predicates) for each in declaration.owns]
    watches += [Watch(keys(each), _mapped(each, context), each.predicates) for each in declaration.watches]
    watched = {each.informer_keys for each in watches}
    watches += [Watch(found, _NO_REQUESTS) for each in declaration.reads if (found := keys(each)) not in watched]
    return ControllerSpec(
        name=declaration.name,
        watches=tuple(watches),
        max_concurrent_reconciles=declaration.max_concurrent_reconciles,
        rate_limiter=declaration.rate_limit or RateLimiterSpec(),
        resync_seconds=declaration.resync_seconds,
    )


def informer_keys(
    cache: CacheDeclaration, declaration: ControllerDeclaration, namespaces: tuple[str, ...]
) -> tuple[InformerKey, ...]:
    """Return the keys of the informers that keep a declared part of a kind, one for each namespace.

    Args:
        cache: the declared part.
        declaration: the declaration of the controller, with the namespaces of parts that name none.
        namespaces: default namespaces; empty for all.
    """
    wanted: Sequence[str | None] = cache.namespaces or declaration.namespaces or namespaces or (None,)
    selectors = (cache.label_selector, cache.field_selector)
    return tuple(
        InformerKey(cache.kind, namespace, *selectors, cache.metadata_only).canonical() for namespace in wanted
    )


def _mapped(watch: WatchDeclaration, context: MapContext) -> Handler:
    function = partial(watch.map, context) if watch.takes_context else watch.map
    if watch.is_async:
        return EnqueueMappedLater(function, takes_old=watch.takes_old)
    return EnqueueMapped(function, takes_old=watch.takes_old)


def _primary_predicates(declaration: ControllerDeclaration, identity: ControllerIdentity) -> tuple[Predicate, ...]:
    if declaration.cleanup is None or not declaration.predicates:
        return declaration.predicates
    own = declaration.finalizer
    return (CleanupFilter(declaration.predicates, lambda each: each == own or each in identity.former_finalizers),)


async def _scope(kind: GroupVersionKind, is_namespaced: IsNamespaced | None) -> bool:
    if is_namespaced is None:
        return True
    try:
        return await is_namespaced(kind)
    except PluginOperatorError:
        # The kind is not served, or the server is unreachable: assume a namespaced owner, because a swap must not wait.
        return True


class _NoRequests:
    """Handler of a kind that is only read: its changes enqueue nothing."""

    def requests(self, key: Request, new: object, old: object = None) -> tuple[Request, ...]:  # noqa: ARG002
        """Return nothing."""
        return ()


_NO_REQUESTS: Handler = _NoRequests()
