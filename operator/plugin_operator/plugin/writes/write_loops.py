"""Detection of write loops: each reconcile writes, and only that write triggers the next one.

Covers one controller. It inspects responses of writes and, for requests that have written recently, the start and end
of reconciles; events cost nothing. A reconcile counts if only the controller's own writes can have triggered it. There
was no other change of its object, none in the caches that enqueue requests, no ``requeue_after``, no backoff. Any other
cause halves the count. A reconcile without a write ends the loop, because the state is stable.
"""

import math
from typing import Protocol

import msgspec

from plugin_operator.clock import Clock
from plugin_operator.controllers import RateLimiterSpec, Request, Result
from plugin_operator.kube import GroupVersionKind, Object
from plugin_operator.kube.resource_versions import is_at_least
from plugin_operator.plugin.writes.expectations import Target
from plugin_operator.plugin.writes.field_paths import Digests, changed, digests
from plugin_operator.plugin.writes.write_fights import Fight, FightDetector, Writer

#: Number of consecutive reconciles, triggered by own writes only, that makes a loop.
FED_TIMES = 50
#: Longest time from the last write to a reconcile that it triggers; a loop is over after this time.
REST_SECONDS = 10.0
#: How long a loop is reported after its end.
REPORTED_SECONDS = 30.0

_MAX_REQUESTS = 10_000
_TIMER_SLACK_SECONDS = 0.01
# Another controller's write within this time is part of the loop: two controllers can trigger each other.
_TOGETHER_SECONDS = 1.0


class Loop(msgspec.Struct, frozen=True):
    """A request whose reconciles trigger themselves.

    Attributes:
        controller: name of the controller.
        request: the request.
        target: the written object.
        paths: fields that each write changes; empty if each reconcile writes another object.
        times: number of reconciles so far.
        seen: monotonic second of the last one.
    """

    controller: str
    request: Request
    target: Target
    paths: tuple[str, ...]
    times: int
    seen: float


class _Trail(msgspec.Struct):
    """Recent writes of one request."""

    wrote_at: float
    ended_at: float = -math.inf
    version: str = ""
    positions: tuple[str, ...] | None = None
    written: set[str] = msgspec.field(default_factory=set)
    began: float = 0.0
    due: float = math.inf
    failures: int = 0
    is_running: bool = False
    is_alone: bool = False
    has_written: bool = True
    times: int = 0
    total: int = 0
    target: Target | None = None
    left: Digests | None = None

    def has_rested(self, now: float) -> bool:
        """Report whether the last write was too long ago to be the trigger; a running reconcile extends the time."""
        return now - max(self.wrote_at, self.ended_at) > REST_SECONDS


class FeedingCaches(Protocol):
    """The caches whose changes enqueue requests of a controller."""

    @property
    def primary(self) -> GroupVersionKind | None:
        """The reconciled kind; None if there is none."""

    @property
    def others(self) -> frozenset[GroupVersionKind]:
        """The owned and watched kinds."""

    def version_of(self, request: Request) -> str:
        """Return the resource version of the request's object in the cache; empty if it is not cached."""

    def positions(self) -> tuple[str, ...]:
        """Return the resource versions up to which the caches of owned and watched kinds have followed the server."""


class LoopDetector:
    """Detects write loops of one controller in one revision.

    Args:
        writer: the controller, without a request.
        caches: caches whose changes enqueue its requests.
        backoff: rate limiter of failing requests.
        clock: measures time since writes, and timers.
        fights: fight detector, which also receives each write.

    Attributes:
        hot: requests with recent writes; empty without writes, so that the check on the hot path is cheap.
    """

    def __init__(
        self,
        writer: Writer,
        caches: FeedingCaches,
        *,
        backoff: RateLimiterSpec,
        clock: Clock,
        fights: FightDetector,
    ) -> None:
        self.hot: dict[Request, _Trail] = {}
        self._writer = writer
        self._caches = caches
        self._backoff = backoff
        self._clock = clock
        self._fights = fights
        self._found: dict[Request, Loop] = {}

    def excuse(self, request: Request, after_seconds: float = 0.0) -> None:
        """Record another trigger of a request, now or after a delay; does nothing for a request that is not tracked."""
        if (trail := self.hot.get(request)) is not None:
            trail.due = min(trail.due, self._clock.monotonic() + after_seconds)

    def found(self) -> list[Loop]:
        """Return the current loops and those that ended seconds ago."""
        now = self._clock.monotonic()
        for request in [each for each, trail in self.hot.items() if trail.has_rested(now) and not trail.is_running]:
            del self.hot[request]
        self._found = {request: loop for request, loop in self._found.items() if now - loop.seen <= REPORTED_SECONDS}
        return list(self._found.values())

    def fights(self) -> list[Fight]:
        """Return the current fights of this revision."""
        return self._fights.of(self._writer.plugin, self._writer.revision, self._clock.monotonic())

    def begins(self, request: Request) -> bool:
        """Record the start of a reconcile; return whether it is tracked. Call ``ended`` unless the reconcile raises."""
        trail = self.hot.get(request)
        if trail is None:
            return False
        now = self._clock.monotonic()
        if trail.has_rested(now):
            del self.hot[request]
            return False
        if trail.is_running:
            self._retried(trail, trail.began)  # the previous reconcile failed
        version, positions = self._caches.version_of(request), self._caches.positions()
        is_due = now >= trail.due - _TIMER_SLACK_SECONDS
        is_alone = not is_due and _is_own(trail, version, positions)
        if is_due:
            trail.due = math.inf
        if not is_alone and not self._is_ours(trail, request, version, now):
            trail.times //= 2
        trail.is_alone = is_alone
        trail.version, trail.positions, trail.began = version, positions, now
        trail.is_running, trail.has_written = True, False
        trail.written.clear()
        return True

    def wrote(self, request: Request | None, target: Target, obj: Object) -> None:
        """Record the response ``obj`` of a write."""
        now = self._clock.monotonic()
        self._fights.wrote(self._writer._replace(request=request), target, obj, now)
        if request is None or not self._feeds(request, target):
            return
        version = (obj.get("metadata") or {}).get("resourceVersion") or ""
        trail = self.hot.get(request)
        if trail is None:
            if self._has_room(now):
                self.hot[request] = _Trail(now, written={version})
            return
        if version in trail.written or _is_older(version, trail):
            return  # the write changed nothing
        trail.written.add(version)
        trail.wrote_at = now
        if trail.is_running and not trail.has_written:
            trail.has_written = True
            trail.times += trail.is_alone
            trail.total += trail.is_alone
        if trail.times >= FED_TIMES - 1:
            self._examine(trail, request, target, obj, now)

    def deleted(self, request: Request | None, target: Target) -> None:
        """Record a deletion."""
        self._fights.deleted(self._writer._replace(request=request), target, self._clock.monotonic())

    def _feeds(self, request: Request, target: Target) -> bool:
        """Report whether a write enqueues the request, independent of the API versions."""
        if target.kind in self._caches.others:
            return True
        primary, (group, kind, _) = self._caches.primary, target.object
        if primary is not None and target.key == request and (primary.group, primary.kind) == (group, kind):
            return True
        return any((each.group, each.kind) == (group, kind) for each in self._caches.others)

    def ended(self, request: Request, result: Result | None) -> None:
        """Record the end of a reconcile without an exception."""
        trail = self.hot.get(request)
        if trail is None:
            return
        if not trail.is_running:  # the first write was in this reconcile
            trail.ended_at = self._clock.monotonic()
            return
        if not trail.has_written:
            del self.hot[request]
            return
        now = self._clock.monotonic()
        trail.is_running, trail.ended_at = False, now
        if result is not None and result.requeue_after:
            trail.failures, trail.due = 0, min(trail.due, now + result.requeue_after)
        elif result is not None and result.requeue:
            self._retried(trail, now)
        else:
            trail.failures = 0

    def _is_ours(self, trail: _Trail, request: Request, version: str, now: float) -> bool:
        """Report whether the cached version is a recent write of this process; True for the first reconcile."""
        if trail.positions is None:
            return True
        together, primary = now - trail.wrote_at <= _TOGETHER_SECONDS, self._caches.primary
        return together and primary is not None and version == self._fights.last_version(Target(primary, request))

    def _examine(self, trail: _Trail, request: Request, target: Target, obj: Object, now: float) -> None:
        left = digests(obj)
        paths = changed(trail.left, left) if trail.left is not None and trail.target == target else []
        trail.target, trail.left = target, left
        if trail.times >= FED_TIMES:
            shown = tuple(paths[:3])
            self._found[request] = Loop(self._writer.controller, request, target, shown, trail.total, now)

    def _retried(self, trail: _Trail, since: float) -> None:
        """Expect a retry after the backoff, which may take longer than computed here, but never shorter."""
        delay = min(self._backoff.base_seconds * 2.0 ** min(trail.failures, 60), self._backoff.cap_seconds)
        trail.failures += 1
        trail.due = min(trail.due, since + delay)

    def _has_room(self, now: float) -> bool:
        while len(self.hot) >= _MAX_REQUESTS:
            oldest = next(iter(self.hot))
            if now - self.hot[oldest].wrote_at <= REST_SECONDS:
                return False
            del self.hot[oldest]
        return True


def _is_own(trail: _Trail, version: str, positions: tuple[str, ...]) -> bool:
    """Report whether only own writes have changed the caches since the previous reconcile."""
    if trail.positions is None or len(trail.positions) != len(positions):
        return False
    moved = [
        new for old, new in zip((trail.version, *trail.positions), (version, *positions), strict=True) if old != new
    ]
    return all(each in trail.written for each in moved)


def _is_older(version: str, trail: _Trail) -> bool:
    """Report whether a response has a version from before the reconcile."""
    return any(is_at_least(known, version) for known in (trail.version, *(trail.positions or ())))
