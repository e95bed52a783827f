"""Read your writes: what a controller has written and its caches have not shown yet.

A watch brings a controller's own write back some milliseconds after the write was answered. A reconcile that starts
in between would read the state from before, and do again what is done already (controller-runtime issue 3320 collects
what follows from that). So each write is noted as an expectation, and a reconcile that could be misled waits until the
caches have met it, or until it is too old to matter.

Owns the expectations and the wait. What a cache holds is asked through ``CacheView``; who writes is ``tracked``'s
business.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from plugin_operator.clock import Clock
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object

#: How long after a write a reconcile may be held back for it: a cache that hears nothing must not stop the work.
DEADLINE_SECONDS = 5.0

_FIRST_PAUSE_SECONDS = 0.001
_LONGEST_PAUSE_SECONDS = 0.05


class CacheView(Protocol):
    """What one cache knows of one object."""

    @property
    def position(self) -> str:
        """The resource version up to which the cache has followed the server."""

    def selects(self, obj: Object) -> bool:
        """Tell whether the object is one that the cache would hold."""

    def identity(self, key: NamespacedName) -> tuple[str, str, bool] | None:
        """Return resource version, uid and whether it is being deleted; None if the cache does not hold it."""


FindCache = Callable[[GroupVersionKind, NamespacedName], "CacheView | None"]


class ObjectName(NamedTuple):
    """An object, whatever the version it is written in."""

    group: str
    kind: str
    key: NamespacedName


class Target(NamedTuple):
    """One object of one kind."""

    kind: GroupVersionKind
    key: NamespacedName

    @property
    def object(self) -> ObjectName:
        """What it is called in any version."""
        return ObjectName(self.kind.group, self.kind.kind, self.key)


class Expectation(Protocol):
    """What must be true of a cache."""

    def is_met(self, cache: CacheView, key: NamespacedName) -> bool:
        """Tell whether the cache knows what was written, or something newer."""


@dataclass(frozen=True, slots=True)
class AtLeast:
    """It was written: the cache must have this version, or have followed the server past it."""

    version: str

    def is_met(self, cache: CacheView, key: NamespacedName) -> bool:
        """See ``Expectation``."""
        known = cache.identity(key)
        if known is not None and _reached(known[0], self.version):
            return True
        return _reached(cache.position, self.version)


@dataclass(frozen=True, slots=True)
class NewerThan:
    """The write was refused because its version is not the newest (409): the cache must have moved on from it."""

    version: str

    def is_met(self, cache: CacheView, key: NamespacedName) -> bool:
        """See ``Expectation``."""
        known = cache.identity(key)
        return known is None or known[0] != self.version


@dataclass(frozen=True, slots=True)
class Present:
    """It could not be created because it exists: the cache must hold it."""

    def is_met(self, cache: CacheView, key: NamespacedName) -> bool:
        """See ``Expectation``."""
        return cache.identity(key) is not None


@dataclass(frozen=True, slots=True)
class Deleted:
    """It was deleted, or was found to be gone: the cache must say so, or hold another one of the same name."""

    uid: str

    def is_met(self, cache: CacheView, key: NamespacedName) -> bool:
        """See ``Expectation``."""
        known = cache.identity(key)
        return known is None or known[1] != self.uid or known[2]


class _Noted(NamedTuple):
    until: float
    request: NamespacedName
    target: Target
    expectation: Expectation


class Expectations:
    """The expectations of one controller; costs nothing while there are none.

    Args:
        primary: what the controller reconciles: a reconcile waits for writes to its own object, whoever made them, and
            for all writes of the reconcile before it under the same key. None if it reconciles no kind.
        find_cache: the controller's cache for an object, None if it has none.
        clock: measures the deadline.
        on_late: called when a reconcile starts although its caches did not catch up in time.
        deadline_seconds: counted from the write.
    """

    def __init__(
        self,
        primary: GroupVersionKind | None,
        find_cache: FindCache,
        *,
        clock: Clock,
        on_late: Callable[[], None],
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._primary = primary
        self._find_cache = find_cache
        self._clock = clock
        self._on_late = on_late
        self._deadline_seconds = deadline_seconds
        self._pending: dict[NamespacedName, dict[Target, Expectation]] = {}
        self._order: deque[_Noted] = deque()

    def __len__(self) -> int:
        return len(self._pending)

    def wrote(self, request: NamespacedName | None, target: Target, obj: Object) -> None:
        """Note that the server answered a write with ``obj``."""
        cache = self._find_cache(*target)
        version = (obj.get("metadata") or {}).get("resourceVersion")
        if cache is not None and version and cache.selects(obj):
            self.expect(request, target, AtLeast(version))

    def uid_of(self, target: Target) -> str:
        """Return the uid that the cache knows; empty if it does not hold the object."""
        cache = self._find_cache(*target)
        known = cache.identity(target.key) if cache is not None else None
        return known[1] if known is not None else ""

    def expect(self, request: NamespacedName | None, target: Target, expectation: Expectation) -> None:
        """Note what the caches must come to know."""
        cache = self._find_cache(*target)
        if cache is not None and not expectation.is_met(cache, target.key):
            self._note(request, target, expectation)

    async def caught_up(self, request: NamespacedName) -> None:
        """Wait until a reconcile of ``request`` would read what was written, or the deadline of the write is over."""
        pause = _FIRST_PAUSE_SECONDS
        while self._unmet(request):
            self._prune()
            if request not in self._pending:
                self._on_late()
                return
            await self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _unmet(self, request: NamespacedName) -> bool:
        expected = self._pending.get(request)
        if expected is None:
            return False
        for target, expectation in tuple(expected.items()):
            cache = self._find_cache(*target)
            if cache is None or expectation.is_met(cache, target.key):
                del expected[target]
        if not expected:
            self._pending.pop(request, None)
        return bool(expected)

    def _note(self, request: NamespacedName | None, target: Target, expectation: Expectation) -> None:
        self._prune()
        until = self._clock.monotonic() + self._deadline_seconds
        requests = {request} if request is not None else set()
        if target.kind == self._primary:
            requests.add(target.key)
        for each in requests:
            self._pending.setdefault(each, {})[target] = expectation
            self._order.append(_Noted(until, each, target, expectation))

    def _prune(self) -> None:
        """Forget what is too old to matter; writes that no reconcile follows would pile up otherwise."""
        now = self._clock.monotonic()
        while self._order and self._order[0].until <= now:
            noted = self._order.popleft()
            expected = self._pending.get(noted.request)
            if expected is not None and expected.get(noted.target) is noted.expectation:
                del expected[noted.target]
                if not expected:
                    del self._pending[noted.request]


def _reached(version: str, wanted: str) -> bool:
    """Compare as the API conventions of Kubernetes 1.35 allow: versions of one resource are growing numbers."""
    if version.isdecimal() and wanted.isdecimal():
        return int(version) >= int(wanted)
    return version == wanted
