"""Read your writes: expectations about writes that the caches do not show yet.

A watch delivers a controller's own write some milliseconds after its response. A reconcile that starts in between would
read the old state and repeat its work (see controller-runtime issue 3320). So each write is recorded as an expectation,
as in kube-controller-manager. A reconcile that would read stale state waits until its caches meet the expectations, or
until these expire.

Owns the expectations and the wait. Reads caches through ``CacheView``; ``expecting_client`` records the writes.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import msgspec

from plugin_operator.clock import Clock
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object
from plugin_operator.kube.resource_versions import is_at_least

#: Lifetime of an expectation: a cache without events must not block reconciles.
DEADLINE_SECONDS = 5.0

_FIRST_PAUSE_SECONDS = 0.001
_LONGEST_PAUSE_SECONDS = 0.05


class CacheView(Protocol):
    """Read access to one cache, for expectations."""

    @property
    def position(self) -> str:
        """Resource version up to which the cache has followed the server."""

    @property
    def is_live(self) -> bool:
        """Whether the cache follows the server now."""

    @property
    def is_whole(self) -> bool:
        """Whether the cache contains all objects of its kind and namespace."""

    def selects(self, obj: Object) -> bool:
        """Report whether the cache would contain the object."""

    def version(self, key: NamespacedName) -> str | None:
        """Return the resource version of an object; None if it is not cached."""

    def identity(self, key: NamespacedName) -> tuple[str, str, bool] | None:
        """Return resource version, uid and whether the object is being deleted; None if it is not cached."""


FindCaches = Callable[[GroupVersionKind, NamespacedName], "Sequence[CacheView]"]


class ObjectName(NamedTuple):
    """Name of an object, independent of the API version."""

    group: str
    kind: str
    key: NamespacedName


class Target(NamedTuple):
    """One object of one kind, the target of a write."""

    kind: GroupVersionKind
    key: NamespacedName

    @property
    def object(self) -> ObjectName:
        """Name of the object, independent of the API version."""
        return ObjectName(self.kind.group, self.kind.kind, self.key)


class Expectation(Protocol):
    """A condition that a cache must meet after a write."""

    def is_met(self, cache: CacheView, key: NamespacedName) -> bool:
        """Report whether the cache contains the result of the write, or a newer state."""


class AtLeast(msgspec.Struct, frozen=True):
    """Expectation after a write: the cache has this version, or has followed the server past it."""

    version: str

    def is_met(self, cache: CacheView, key: NamespacedName) -> bool:
        """See ``Expectation``."""
        known = cache.version(key)
        if known is not None and is_at_least(known, self.version):
            return True
        return is_at_least(cache.position, self.version)


class AtLeastOrGone(msgspec.Struct, frozen=True):
    """Expectation after a write by which a part may lose the object: it has this version, or not the object."""

    version: str

    def is_met(self, cache: CacheView, key: NamespacedName) -> bool:
        """See ``Expectation``."""
        return cache.version(key) is None or AtLeast(self.version).is_met(cache, key)


class NewerThan(msgspec.Struct, frozen=True):
    """Expectation after a conflict (409): the cache has a newer version than the write had."""

    version: str

    def is_met(self, cache: CacheView, key: NamespacedName) -> bool:
        """See ``Expectation``."""
        known = cache.version(key)
        return known is None or known != self.version


class Present(msgspec.Struct, frozen=True):
    """Expectation after AlreadyExists: the cache contains the object."""

    def is_met(self, cache: CacheView, key: NamespacedName) -> bool:
        """See ``Expectation``."""
        return cache.version(key) is not None


class Deleted(msgspec.Struct, frozen=True):
    """Expectation after a deletion or a 404: the cache does not contain the object, or has one with another uid."""

    uid: str

    def is_met(self, cache: CacheView, key: NamespacedName) -> bool:
        """See ``Expectation``."""
        known = cache.identity(key)
        return known is None or known[1] != self.uid or known[2]


class Removed(msgspec.Struct, frozen=True):
    """Expectation after a write that took the last finalizer off: the cache does not have the object with this uid."""

    uid: str

    def is_met(self, cache: CacheView, key: NamespacedName) -> bool:
        """See ``Expectation``."""
        known = cache.identity(key)
        return known is None or known[1] != self.uid


_Expected: TypeAlias = Sequence[tuple[CacheView, Expectation]]


class _Noted(NamedTuple):
    until: float
    request: NamespacedName
    target: Target
    expected: _Expected


class Expectations:
    """The expectations of one controller.

    Args:
        primary: the reconciled kind, or None. A reconcile waits for writes to its own object by any reconcile, and for
            all writes of the previous reconcile of the same request.
        find_caches: returns the controller's live caches that may contain an object: one for each declared part.
        clock: measures the deadline.
        on_late: called when a reconcile starts before its caches have met the expectations.
        deadline_seconds: lifetime of an expectation, from the write.
    """

    def __init__(
        self,
        primary: GroupVersionKind | None,
        find_caches: FindCaches,
        *,
        clock: Clock,
        on_late: Callable[[], None],
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._primary = primary
        self._find_caches = find_caches
        self._clock = clock
        self._on_late = on_late
        self._deadline_seconds = deadline_seconds
        self._pending: dict[NamespacedName, dict[Target, _Expected]] = {}
        self._order: deque[_Noted] = deque()
        self._waiting: list[NamespacedName] = []

    def __len__(self) -> int:
        return len(self._pending)

    def wrote(self, request: NamespacedName | None, target: Target, obj: Object) -> None:
        """Record the response ``obj`` of a write."""
        metadata = obj.get("metadata") or {}
        version = metadata.get("resourceVersion")
        if not version:
            return
        if "deletionTimestamp" in metadata and _is_removed(metadata):
            # The response has the version before the removal, which a stale cache has too.
            self.expect(request, target, Removed(metadata.get("uid", "")))
            return
        # A Scale has the name of the scaled object, but not its labels.
        is_labelled = obj.get("kind") == target.kind.kind
        shown, lost = AtLeast(version), AtLeastOrGone(version)
        self._expect(
            request,
            target,
            [
                (cache, shown if cache.is_whole or (is_labelled and cache.selects(obj)) else lost)
                for cache in self._find_caches(*target)
            ],
        )

    def uid_of(self, target: Target) -> str:
        """Return the uid of the cached object; empty if it is not cached."""
        found = (cache.identity(target.key) for cache in self._find_caches(*target))
        return next((known[1] for known in found if known is not None), "")

    def expect(self, request: NamespacedName | None, target: Target, expectation: Expectation) -> None:
        """Record an expectation.

        After AlreadyExists only a cache without selectors counts: the labels of the existing object are not known.
        """
        caches = self._find_caches(*target)
        if isinstance(expectation, Present):
            caches = [cache for cache in caches if cache.is_whole]
        self._expect(request, target, [(cache, expectation) for cache in caches])

    def _expect(self, request: NamespacedName | None, target: Target, expected: _Expected) -> None:
        unmet = [(cache, each) for cache, each in expected if not each.is_met(cache, target.key)]
        if unmet:
            self._note(request, target, unmet)

    async def caught_up(self, request: NamespacedName) -> None:
        """Wait until the caches meet the expectations for ``request``, or these expire."""
        if not self._unmet(request):
            return
        self._waiting.append(request)
        try:
            await self._meet(request)
        finally:
            self._waiting.remove(request)

    async def _meet(self, request: NamespacedName) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while self._unmet(request):
            self._prune()
            if request not in self._pending:
                self._on_late()
                return
            await self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def unmet_waits(self) -> int:
        """Return how many reconciles wait for what the caches do not show."""
        return sum(map(self._unmet, tuple(self._waiting)))

    def _unmet(self, request: NamespacedName) -> bool:
        expected = self._pending.get(request)
        if expected is None:
            return False
        for target, conditions in tuple(expected.items()):
            if all(not cache.is_live or each.is_met(cache, target.key) for cache, each in conditions):
                del expected[target]
        if not expected:
            self._pending.pop(request, None)
        return bool(expected)

    def _note(self, request: NamespacedName | None, target: Target, expected: _Expected) -> None:
        self._prune()
        until = self._clock.monotonic() + self._deadline_seconds
        requests = {request} if request is not None else set()
        if target.kind == self._primary:
            requests.add(target.key)
        for each in requests:
            self._pending.setdefault(each, {})[target] = expected
            self._order.append(_Noted(until, each, target, expected))

    def _prune(self) -> None:
        """Remove expired expectations, which would accumulate if no reconcile follows a write."""
        now = self._clock.monotonic()
        while self._order and self._order[0].until <= now:
            noted = self._order.popleft()
            expected = self._pending.get(noted.request)
            if expected is not None and expected.get(noted.target) is noted.expected:
                del expected[noted.target]
                if not expected:
                    del self._pending[noted.request]


def _is_removed(metadata: Object) -> bool:
    """Report whether the API server has removed an object that is being deleted: nothing holds it any more.

    The rule is that of ``ShouldDeleteDuringUpdate`` in k8s.io/apiserver. Objects of kinds that other conditions hold,
    as a Namespace's ``spec.finalizers``, have no grace period.
    """
    return metadata.get("deletionGracePeriodSeconds") == 0 and not metadata.get("finalizers")
