"""The informers of a controller in one revision, from before its first reconcile until after its last."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from plugin_operator.cache import Index, ShardBy
from plugin_operator.clock import Clock
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import Openness, openness
from plugin_operator.hosting.environment import FactoryLike
from plugin_operator.hosting.runtime.caches.cache_parts import CachePart, cache_parts, part_of
from plugin_operator.hosting.runtime.caches.index_values import guarded_index
from plugin_operator.hosting.runtime.caches.informer_view import InformerView
from plugin_operator.hosting.runtime.caches.listers import merged_lister
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin import ControllerDeclaration, Lister

_POLL_SECONDS = 0.02


class InformerSet:
    """Informers of one controller in one revision.

    A controller has references to its informers too; those here keep caches alive for reconciles in flight of a
    replaced revision.

    Args:
        factory: creates informers.
        declaration: the declaration of the controller.
        namespaces: default namespaces; empty for all.
        guard: runs the index functions.
        shard_by: what divides the controller's objects among processes; None if this one reconciles all.
    """

    def __init__(
        self,
        factory: FactoryLike,
        declaration: ControllerDeclaration,
        namespaces: tuple[str, ...],
        guard: PluginGuard,
        shard_by: ShardBy | None = None,
    ) -> None:
        self._factory = factory
        self._guard = guard
        self._parts = cache_parts(declaration, namespaces, shard_by)
        self._primary = self._parts[0] if declaration.for_ is not None else None
        self._informers: dict[Any, Any] = {}
        for key in dict.fromkeys(key for part in self._parts for key in part.keys):
            self._informers[key] = factory.acquire(key)
        #: With the informer that fills each. Listers keep their indexes: a map function of a watch that a reload
        #: dropped may still read them, as they were at the end.
        self._indexes: list[tuple[Any, Index]] = []
        self._listers = {part.keys: self._lister(part) for part in {part.keys: part for part in self._parts}.values()}

    def primary(self) -> Callable[[], Lister]:
        """Return a function that returns the lister of the reconciled kind.

        Raises:
            LookupError: the controller reconciles no kind.
        """
        if self._primary is None:
            raise LookupError("the controller reconciles no kind")
        return self._read(self._primary)

    def listers(self) -> Mapping[GroupVersionKind | str, Callable[[], Lister]]:
        """Return functions that return the listers, by kind and by name."""
        by_name = {part.name: self._read(part) for part in self._parts if part.name}
        kinds = dict.fromkeys(part.kind for part in self._parts)
        return by_name | {kind: self._read_kind(kind) for kind in kinds}

    def owned(self, kind: GroupVersionKind) -> list[Any]:
        """Return the informers of a kind in ``owns``, without repetition."""
        keys = dict.fromkeys(key for part in self._parts if part.kind == kind and part.is_owned for key in part.keys)
        return [self._informers[key] for key in keys]

    async def index_owned(self, kind: GroupVersionKind, function: Callable[[Any], tuple[str, ...]]) -> list[Index]:
        """Add an index to the caches of a kind in ``owns`` and return its parts; ``function`` must not raise."""
        added = [(informer, Index(function)) for informer in self.owned(kind)]
        self._indexes += added
        for informer, index in added:
            await informer.add_index(index)
        return [index for _, index in added]

    def caches_of(self, kind: GroupVersionKind, key: NamespacedName) -> list[InformerView]:
        """Return the live caches that may contain an object, one for each declared part of the kind."""
        informers = (each for each in self._informers.values() if each.key.gvk == kind)
        return _views(informers, key)

    def primary_cache_of(self, request: NamespacedName) -> InformerView | None:
        """Return the live cache of the reconciled kind for a request, or None."""
        return next(iter(_views(self._of(self._primary), request)), None)

    def positions(self, kinds: Iterable[GroupVersionKind]) -> tuple[str, ...]:
        """Return the resource versions up to which the caches of ``kinds`` have followed the server."""
        wanted = set(kinds)
        return tuple(str(each.resource_version) for each in self._informers.values() if each.key.gvk in wanted)

    @property
    def waiting(self) -> list[str]:
        """Reasons why caches wait for the API server: kinds that are not served or not allowed."""
        state = self._openness(self.blocked)
        closed = state.closed if state.is_open else frozenset()
        waiting = [each for each in self._informers.values() if each.is_waiting and each.reason]
        return list(dict.fromkeys(_why(each, closed) for each in waiting))

    @property
    def blocked(self) -> frozenset[Any]:
        """Keys of the caches that wait for the API server."""
        return frozenset(each.key for each in self._informers.values() if each.is_waiting)

    @property
    def works(self) -> bool:
        """Whether some requests can be reconciled; a cache that had synced before it had to wait blocks none."""
        missing = frozenset(each.key for each in self._informers.values() if each.is_waiting and not each.has_synced)
        return self._openness(missing).is_open

    @property
    def has_synced(self) -> bool:
        """Whether every cache has synced."""
        return all(each.has_synced for each in self._informers.values())

    async def warm(self, deadline_seconds: float, clock: Clock) -> None:
        """Build the indexes, then wait until every cache has synced or waits for the API server, or the deadline."""
        for informer, index in self._indexes:
            await informer.add_index(index)
        end = clock.monotonic() + deadline_seconds
        while clock.monotonic() < end and not all(
            each.has_synced or each.is_waiting for each in self._informers.values()
        ):
            await clock.sleep(_POLL_SECONDS)

    async def release(self) -> None:
        """Remove the indexes and release all informers."""
        for informer, index in self._indexes:
            informer.remove_index(index)
        self._indexes = []
        self._parts, self._primary = (), None
        informers, self._informers = self._informers, {}
        for informer in informers.values():
            await self._factory.release(informer)

    def _openness(self, missing: frozenset[Any]) -> Openness:
        return openness(self._primary.keys if self._primary is not None else (), missing)

    def _of(self, part: CachePart | None) -> Sequence[Any]:
        return [self._informers[key] for key in part.keys] if part is not None else ()

    def _lister(self, part: CachePart) -> Lister:
        listers = {}
        for informer in self._of(part):
            lister = informer.lister
            if part.indexes:
                indexes = {name: Index(guarded_index(self._guard, each)) for name, each in part.indexes.items()}
                self._indexes += [(informer, index) for index in indexes.values()]
                lister = lister.with_indexes(indexes)
            listers[informer.key.namespace or ""] = lister
        return merged_lister(listers)

    def _read(self, part: CachePart) -> Callable[[], Lister]:
        lister = self._listers[part.keys]
        return lambda: lister

    def _read_kind(self, kind: GroupVersionKind) -> Callable[[], Lister]:
        try:
            return self._read(part_of(self._parts, kind))
        except LookupError as error:
            message = str(error)

        def refuse() -> Lister:
            raise LookupError(message)

        return refuse


class FeedingInformers:
    """The caches whose changes enqueue requests; see ``plugin.writes.write_loops.FeedingCaches``."""

    __slots__ = ("_informers", "others", "primary")

    def __init__(self, declaration: ControllerDeclaration, informers: InformerSet) -> None:
        self.primary = declaration.for_
        self.others = frozenset(each.kind for each in (*declaration.owns, *declaration.watches))
        self._informers = informers

    def version_of(self, request: NamespacedName) -> str:
        """Return the resource version of the request's object in the cache; empty if it is not cached."""
        view = self._informers.primary_cache_of(request)
        return (view.version(request) if view is not None else None) or ""

    def positions(self) -> tuple[str, ...]:
        """Return the resource versions up to which the caches of owned and watched kinds have followed the server."""
        return self._informers.positions(self.others)


def _views(informers: Iterable[Any], key: NamespacedName) -> list[InformerView]:
    views = [InformerView(each) for each in informers if each.key.namespace in {None, key.namespace}]
    return [view for view in views if view.is_live]


def _why(informer: Any, closed: frozenset[str]) -> str:
    namespace, reason = informer.key.namespace, str(informer.reason)
    return f"namespace {namespace} waits, others are reconciled: {reason}" if namespace in closed else reason
