"""The informers of one revision, from before its first reconcile until after its last."""

import builtins
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from plugin_operator.clock import Clock
from plugin_operator.controllers import Openness, openness
from plugin_operator.hosting.environment import FactoryLike
from plugin_operator.kube import GroupVersionKind, LabelSelector, NamespacedName, Object
from plugin_operator.plugin import ControllerDeclaration, Lister

_POLL_SECONDS = 0.02


class InformerSet:
    """Informers of one revision, by kind.

    A controller has references to its informers too; those here keep caches alive for reconciles in flight of a
    replaced revision.

    Args:
        factory: creates informers.
        primary: keys of the reconciled kind, one per namespace.
        read: keys that ``lister_for`` reads, by kind; see ``CacheKeys``.
    """

    def __init__(
        self,
        factory: FactoryLike,
        primary: Sequence[Any],
        read: Mapping[GroupVersionKind, Sequence[Sequence[Any]]],
    ) -> None:
        self._factory = factory
        self._primary = [factory.acquire(key) for key in primary]
        self._read = {kind: [[factory.acquire(key) for key in keys] for keys in each] for kind, each in read.items()}

    def primary(self) -> Callable[[], Lister]:
        """Return a function that returns the lister of the reconciled kind."""
        return self._lister_maker(self._primary)

    def listers(self) -> dict[GroupVersionKind, Callable[[], Lister]]:
        """Return functions that return the listers, by kind."""
        return {
            kind: self._lister_maker(found[0]) if len(found) == 1 else _unclear(kind, found)
            for kind, found in self._read.items()
        }

    def cache_of(self, kind: GroupVersionKind, key: NamespacedName) -> "InformerView | None":
        """Return the cache for an object; None if there is none, or if it is not kept in sync."""
        for informer in self._first_of(kind):
            if informer.key.namespace in {None, key.namespace}:
                return None if _is_waiting(informer) or not informer.has_synced else InformerView(informer)
        return None

    def positions(self, kinds: Iterable[GroupVersionKind]) -> tuple[str, ...]:
        """Return the resource versions up to which the caches of ``kinds`` have followed the server."""
        return tuple(str(each.resource_version) for kind in kinds for each in self._of(kind))

    @property
    def waiting(self) -> list[str]:
        """Reasons why caches wait for the API server: kinds that are not served or not allowed."""
        state = self._openness(self.blocked)
        closed = state.closed if state.is_open else frozenset()
        return list(dict.fromkeys(_why(each, closed) for each in self._all() if _is_waiting(each) and each.reason))

    @property
    def blocked(self) -> frozenset[Any]:
        """Keys of the caches that wait for the API server."""
        return frozenset(each.key for each in self._all() if _is_waiting(each))

    @property
    def works(self) -> bool:
        """Whether some requests can be reconciled; a cache that had synced before it had to wait blocks none."""
        missing = frozenset(each.key for each in self._all() if _is_waiting(each) and not each.has_synced)
        return self._openness(missing).is_open

    def _openness(self, missing: frozenset[Any]) -> Openness:
        return openness([each.key for each in self._primary], missing)

    @property
    def has_synced(self) -> bool:
        """Whether every cache has synced."""
        return all(each.has_synced for each in self._all())

    async def warm(self, deadline_seconds: float, clock: Clock) -> None:
        """Wait until every cache has synced or is waiting for the API server, or the deadline has passed."""
        end = clock.monotonic() + deadline_seconds
        while not all(each.has_synced or _is_waiting(each) for each in self._all()) and clock.monotonic() < end:
            await clock.sleep(_POLL_SECONDS)

    async def release(self) -> None:
        """Release all informers."""
        informers = list(self._all())
        self._primary, self._read = [], {}
        for informer in informers:
            await self._factory.release(informer)

    def _all(self) -> Iterable[Any]:
        yield from self._primary
        for kind in self._read:
            yield from self._of(kind)

    def _of(self, kind: GroupVersionKind) -> Iterable[Any]:
        return (informer for keys in self._read.get(kind, ()) for informer in keys)

    def _first_of(self, kind: GroupVersionKind) -> Sequence[Any]:
        if self._primary and self._primary[0].key.gvk == kind:
            return self._primary
        return next(iter(self._read.get(kind, ())), ())

    @staticmethod
    def _lister_maker(informers: list[Any]) -> Callable[[], Lister]:
        lister: Lister = informers[0].lister if len(informers) == 1 else MergedLister(informers)
        return lambda: lister


def _unclear(kind: GroupVersionKind, found: Sequence[Sequence[Any]]) -> Callable[[], Lister]:
    selectors = " and ".join(repr(str(each[0].key.label_selector or each[0].key.field_selector)) for each in found)

    def refuse() -> Lister:
        raise LookupError(
            f"{kind} is watched with different selectors ({selectors}), so lister_for cannot tell which objects "
            f"are meant: declare reads=[{str(kind)!r}] to read all of them; ctx.lister reads those of for_"
        )

    return refuse


def _why(informer: Any, closed: frozenset[str]) -> str:
    namespace, reason = informer.key.namespace, str(informer.reason)
    return f"namespace {namespace} waits, others are reconciled: {reason}" if namespace in closed else reason


def _is_waiting(informer: Any) -> bool:
    return str(getattr(informer.state, "name", "")) == "WAITING"


class InformerView:
    """Read access to one informer for expectations; see ``plugin.CacheView``."""

    __slots__ = ("_informer",)

    def __init__(self, informer: Any) -> None:
        self._informer = informer

    @property
    def position(self) -> str:
        """Resource version up to which the cache has followed the server."""
        return str(self._informer.resource_version)

    def selects(self, obj: Object) -> bool:
        """Report whether the cache would contain the object; field selectors are evaluated by the server only."""
        key = self._informer.key
        labels = (obj.get("metadata") or {}).get("labels") or {}
        return not key.field_selector and LabelSelector.parse(key.label_selector).matches(labels)

    def identity(self, key: NamespacedName) -> tuple[str, str, bool] | None:
        """Return resource version, uid and whether the object is being deleted."""
        found = self._informer.lister.raw(key)
        if found is None:
            return None
        return found.resource_version, found.uid, found.metadata().deletion_timestamp is not None


class FeedingInformers:
    """The caches whose changes enqueue requests; see ``plugin.writes.write_loops.FeedingCaches``."""

    __slots__ = ("_informers", "others", "primary")

    def __init__(self, declaration: ControllerDeclaration, informers: InformerSet) -> None:
        self.primary = declaration.for_
        self.others = frozenset((*declaration.owns, *(each.kind for each in declaration.watches)))
        self._informers = informers

    def version_of(self, request: NamespacedName) -> str:
        """Return the resource version of the request's object in the cache; empty if it is not cached."""
        view = self._informers.cache_of(self.primary, request) if self.primary is not None else None
        known = view.identity(request) if view is not None else None
        return known[0] if known is not None else ""

    def positions(self) -> tuple[str, ...]:
        """Return the resource versions up to which the caches of owned and watched kinds have followed the server."""
        return self._informers.positions(self.others)


class MergedLister:
    """One lister over the caches of several namespaces."""

    __slots__ = ("_by_namespace",)

    def __init__(self, informers: Iterable[Any]) -> None:
        self._by_namespace: dict[str, Any] = {str(each.key.namespace or ""): each.lister for each in informers}

    def get(self, key: NamespacedName | tuple[str, str] | str, namespace: str | None = None) -> Object | None:
        """Return a private copy of one object, or None."""
        if isinstance(key, str):
            is_whole = namespace is None and "/" in key
            key = NamespacedName.parse(key) if is_whole else NamespacedName(namespace or "", key)
        lister = self._by_namespace.get(key[0])
        found: Object | None = lister.get(key) if lister is not None else None
        return found

    def list(self, namespace: str | None = None, label_selector: Any = None) -> builtins.list[Object]:
        """Return private copies of all objects that match."""
        return [obj for lister in self._pick(namespace) for obj in lister.list(None, label_selector)]

    def keys(self, namespace: str | None = None, label_selector: Any = None) -> builtins.list[NamespacedName]:
        """Return the names of all objects that match."""
        return [key for lister in self._pick(namespace) for key in lister.keys(None, label_selector)]

    def by_index(self, index: str, value: str) -> builtins.list[Object]:
        """Return private copies of the objects with ``value`` in an index."""
        return [obj for lister in self._pick(None) for obj in lister.by_index(index, value)]

    def __len__(self) -> int:
        return sum(len(lister) for lister in self._by_namespace.values())

    def __contains__(self, key: object) -> bool:
        return any(key in lister for lister in self._by_namespace.values())

    def _pick(self, namespace: str | None) -> builtins.list[Any]:
        if namespace is None:
            return list(self._by_namespace.values())
        return [self._by_namespace[namespace]] if namespace in self._by_namespace else []
