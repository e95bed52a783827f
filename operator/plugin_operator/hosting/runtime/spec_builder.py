"""Conversion of a declaration to the spec of a controller."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from plugin_operator.cache import InformerKey, ShardBy
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
from plugin_operator.errors import PluginOperatorError, PluginRejected
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
    shard_by: ShardBy | None = None,
) -> ControllerSpec:
    """Return the spec of a declared controller.

    Args:
        declaration: the declaration of the controller.
        namespaces: default namespaces; empty for all.
        is_namespaced: reports the scope of the reconciled kind, which decides the namespace of owners.
        scope: the controller's scope, of which map functions get a context.
        shard_by: what divides its objects among processes; None if this one reconciles all.
    """
    context = MapContext(scope)

    def keys(cache: CacheDeclaration, by: ShardBy | None = None) -> tuple[InformerKey, ...]:
        return informer_keys(cache, declaration, namespaces, by)

    primary = keys(declaration.primary, shard_by) if declaration.primary is not None else ()
    watches = [Watch(primary, EnqueueForObject(), _primary_predicates(declaration, scope.identity))]
    if declaration.owns and declaration.for_ is not None:
        handler = EnqueueForOwner(declaration.for_, namespaced=await _scope(declaration.for_, is_namespaced))
        watches += [Watch(keys(each, of_children(shard_by)), handler, each.predicates) for each in declaration.owns]
    watches += [Watch(keys(each), _mapped(each, context), each.predicates) for each in declaration.watches]
    watched = {each.informer_keys for each in watches}
    watches += [Watch(found, _NO_REQUESTS) for each in declaration.reads if (found := keys(each)) not in watched]
    return ControllerSpec(
        name=declaration.name,
        watches=tuple(watches),
        max_concurrent_reconciles=declaration.max_concurrent_reconciles,
        rate_limiter=declaration.rate_limit or RateLimiterSpec(),
        resync_seconds=declaration.resync_seconds,
        shard_by=shard_by,
    )


def informer_keys(
    cache: CacheDeclaration,
    declaration: ControllerDeclaration,
    namespaces: tuple[str, ...],
    shard_by: ShardBy | None = None,
) -> tuple[InformerKey, ...]:
    """Return the keys of the informers that keep a declared part of a kind, one for each namespace.

    Args:
        cache: the declared part.
        declaration: the declaration of the controller, with the namespaces of parts that name none.
        namespaces: default namespaces; empty for all.
        shard_by: what decides which objects this process keeps; None to keep all.
    """
    wanted: Sequence[str | None] = cache.namespaces or declaration.namespaces or namespaces or (None,)
    selectors = (cache.label_selector, cache.field_selector)
    return tuple(
        InformerKey(cache.kind, namespace, *selectors, cache.metadata_only, shard_by).canonical()
        for namespace in wanted
    )


def of_children(shard_by: ShardBy | None) -> ShardBy | None:
    """Return what decides which children are kept: by uid, those of the owners that are here."""
    return ShardBy.OWNER if shard_by is ShardBy.UID else shard_by


async def shards_of(declaration: ControllerDeclaration, is_namespaced: IsNamespaced | None) -> ShardBy | None:
    """Return what divides the objects of a controller among processes; None if one reconciles all.

    Raises:
        PluginRejected: the kind has no namespace, and the declaration wants it to divide the objects.
    """
    if not declaration.is_sharded or declaration.for_ is None:
        return None
    by = ShardBy(declaration.shard_by)
    if by is ShardBy.NAMESPACE and not await _scope(declaration.for_, is_namespaced):
        reason = f"shard_by: {declaration.for_} has no namespace: write shard_by='uid'"
        raise PluginRejected(reason, path=declaration.path, line=declaration.line)
    return by


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
