"""Previous revisions of a plugin: the rollback target, stuck ones, and quarantined contents."""

import math
from collections.abc import Callable, Iterable
from functools import partial

from plugin_operator import logs
from plugin_operator.clock import Timer
from plugin_operator.controllers import Request
from plugin_operator.hosting.environment import Environment
from plugin_operator.hosting.rollout.controller_set import Drains
from plugin_operator.hosting.rollout.dropped_kinds import DroppedKinds
from plugin_operator.hosting.rollout.revision_builder import RetryableRejection
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime
from plugin_operator.hosting.scan.snapshot import PluginSource
from plugin_operator.hosting.validation.protocol import bytes_of, source_of
from plugin_operator.tasks import TaskOwner

_log = logs.get_logger(__name__)

_SLICE_SECONDS = 0.1
_STUCK_POLL_SECONDS = 5.0
_MAX_QUARANTINED = 100

#: How to fix a reconcile that ignores cancellation.
STUCK_WAY_OUT = "wait for it to end, or fix its loop in the code and restart the operator"

#: Most stuck revisions of one plugin; above that, edits are rejected.
MOST_STUCK_REVISIONS = 8


class RevisionHistory:
    """The replaced revisions of a plugin.

    Args:
        plugin: name of the plugin.
        environment: clock and settings.
        on_change: called when a stuck revision has ended.
        on_passed: called when a revision has passed its probation, or is to be rolled back as in another worker.

    Attributes:
        dropped: kinds that an edit has taken out of ``owns=``.
        quarantined: digests that were rolled back, with the reason.
    """

    def __init__(
        self, plugin: str, environment: Environment, on_change: Callable[[], None], on_passed: Callable[[], None]
    ) -> None:
        self._plugin = plugin
        self._environment = environment
        self._settings = environment.settings
        self._clock = environment.clock
        self._on_change = on_change
        self._on_passed = on_passed
        self._tasks = TaskOwner(f"plugin/{plugin}", clock=environment.clock, supervisor=environment.supervisor)
        self._previous: RevisionRuntime | None = None
        self._current: RevisionRuntime | None = None
        self._on_spike: Callable[[], None] = _nothing
        self._probation: Timer | None = None
        self._stuck: dict[RevisionRuntime, Drains] = {}
        self._leaving: tuple[RevisionRuntime, Drains] | None = None
        self.wants_rollback = False
        self.dropped = DroppedKinds(plugin, environment)
        self.quarantined: dict[str, str] = {}
        self._restored: dict[str, bytes] = {}
        if environment.peers is not None:
            environment.peers.rollbacks.listen(plugin, self._learn)

    @property
    def stuck(self) -> str:
        """Reconciles of old revisions that ignore cancellation; empty if there are none."""
        found = [
            f"revision {old.label} ignores its cancellation{_at(old, drains)}" for old, drains in self._stuck.items()
        ]
        return "; ".join([*found, STUCK_WAY_OUT] if found else [])

    def check_room(self) -> None:
        """Check that another revision may be replaced.

        Raises:
            RetryableRejection: too many revisions are stuck.
        """
        if len(self._stuck) >= MOST_STUCK_REVISIONS:
            raise RetryableRejection(f"no more edits until one of these ends, or the operator restarts: {self.stuck}")

    def is_quarantined(self, digest: str) -> bool:
        """Report whether this content was rolled back before."""
        return digest in self.quarantined

    def restored_elsewhere(self, digest: str) -> PluginSource | None:
        """Return what another worker process went back to from this content; None if that is in quarantine too."""
        if not (good := self._restored.get(digest)):
            return None
        source = source_of(good)
        return None if self.is_quarantined(source.digest) else source

    def is_stopped(self, digest: str) -> bool:
        """Report whether a content was stopped in all worker processes, because it ends them, and none runs again."""
        return self._restored.get(digest) == b""

    def running_elsewhere(self) -> PluginSource | None:
        """Return what other worker processes run, unless it was rolled back; None if nothing is known."""
        peers = self._environment.peers
        if peers is None or (known := peers.sources.elsewhere.get(self._plugin)) is None:
            return None
        return None if self.is_quarantined(known.digest) else source_of(known.source)

    def forget_elsewhere(self) -> None:
        """Note that this process cannot run what others do."""
        if self._environment.peers is not None:
            self._environment.peers.sources.forget(self._plugin)

    def _learn(self, digest: str, reason: str, good: bytes) -> None:
        """Note a content that another worker process has rolled back, and follow it."""
        self._quarantine(digest, reason)
        self._restored[digest] = good
        if good and self._current is not None and self._current.digest == digest and self._previous is not None:
            self.wants_rollback = True
        self._on_passed()

    def _quarantine(self, digest: str, reason: str) -> None:
        while len(self.quarantined) >= _MAX_QUARANTINED:
            oldest = next(iter(self.quarantined))
            del self.quarantined[oldest]
            self._restored.pop(oldest, None)
        self.quarantined.setdefault(digest, reason)

    async def resume(self, *, hurry: Callable[[], bool]) -> None:
        """Continue an interrupted ``release``, if there is one."""
        if self._leaving is not None:
            old, drains = self._leaving
            await self.release(old, drains, hurry=hurry, keep=False)

    async def replaced(
        self, old: RevisionRuntime | None, new: RevisionRuntime, drains: Drains, on_spike: Callable[[], None]
    ) -> None:
        """Start the probation of ``new``, and call ``on_spike`` if most of its reconciles fail; then ``old`` returns.

        The next step is ``release`` of ``old``. On cancel that is left to ``resume`` or ``close``.
        """
        self._end_probation()
        if old is not None:
            self._leaving = old, drains
        await self._forget_previous()
        self._previous, self._current, self._on_spike = old, new, on_spike
        self.dropped.swapped(old, new)
        if old is not None:
            old.health.report_to(None)
            new.health.report_to(self._judge)
            self._probation = self._clock.call_later(self._settings.probation_seconds, self._passed)

    def prune_dropped(self) -> None:
        """Delete the children of dropped kinds, if the current revision has passed its probation; needs the lead."""
        if self._probation is None:
            self.dropped.confirmed()

    def take(self) -> RevisionRuntime | None:
        """Remove the rollback target from the history and return it, or None."""
        self._end_probation()
        previous, self._previous = self._previous, None
        return previous

    def put_in_quarantine(self, bad: RevisionRuntime, good: RevisionRuntime) -> str:
        """Quarantine the content of ``bad`` until the process ends, and return why another worker has rolled it back.

        The result is empty if this is the first process to do so.
        """
        self.dropped.swapped(bad, good)
        self._current = good
        if elsewhere := self.quarantined.get(bad.digest, ""):
            return elsewhere
        reason = (
            f"this content was rolled back to {good.label} because {bad.health.failed} reconciles failed right after "
            f"the swap ({bad.health.last_error}): change the file to try again"
        )
        self._quarantine(bad.digest, reason)
        if self._environment.peers is not None:
            self._environment.peers.rollbacks.report(self._plugin, bad.digest, reason, bytes_of(good.revision.source))
        return ""

    async def release(self, old: RevisionRuntime, drains: Drains, *, hurry: Callable[[], bool], keep: bool) -> None:
        """Drain the reconciles of ``old``, cancel them after the deadline, and run its ``stop`` hooks.

        Args:
            old: the replaced revision.
            drains: its reconciles in flight.
            hurry: returns True to end the drain early, because a newer revision waits.
            keep: whether to keep its code for a rollback.

        On cancel the rest is left to ``resume`` or ``close``.
        """
        self._leaving = old, drains
        await self._see_off(old, drains, hurry=hurry, keep=keep)
        self._leaving = None

    async def _see_off(self, old: RevisionRuntime, drains: Drains, *, hurry: Callable[[], bool], keep: bool) -> None:
        if not await self._drain(drains, hurry) and not self.wants_rollback:
            drains.cancel()
            await drains.wait(self._settings.cancel_grace_seconds)
        if self.wants_rollback and keep:
            return  # it is the rollback target, and still has its hooks and caches
        await old.stop()
        if not drains.is_done:
            self._forget_stuck_later(old, drains)
        elif self._previous is old and self._probation is not None:
            await old.release()
        else:
            self._previous = None if self._previous is old else self._previous
            await old.retire()

    async def close(self, deadline_seconds: float = math.inf) -> None:
        """Release all revisions, because the plugin or the process stops; pending ``stop`` hooks have the deadline."""
        self._end_probation()
        await self.dropped.stop(self._settings.cancel_grace_seconds)
        await self._tasks.stop(self._settings.cancel_grace_seconds)
        leaving, self._leaving = self._leaving, None
        if leaving is not None:
            await leaving[0].stop(deadline_seconds)
            await leaving[0].retire()
        await self._forget_previous()
        for old in self._stuck:
            await old.retire()
        self._stuck.clear()

    async def _drain(self, drains: Drains, hurry: Callable[[], bool]) -> bool:
        end = self._clock.monotonic() + self._settings.drain_deadline_seconds
        while not await drains.wait(_SLICE_SECONDS):
            if hurry() or self.wants_rollback or self._clock.monotonic() >= end:
                return False
        return True

    def _forget_stuck_later(self, old: RevisionRuntime, drains: Drains) -> None:
        if self._previous is old:
            self._previous = None
        self._stuck[old] = drains
        _log.error(
            "Plugin revision stuck",
            plugin=self._plugin,
            revision=old.label,
            keys=[str(each) for each in drains.in_flight],
            places=[place for each in drains.in_flight for place in old.places(each)[:1]],
            way_out=STUCK_WAY_OUT,
        )
        self._tasks.complete(partial(self._wait_for_stuck, old, drains), f"stuck/{old.label}", kind="wait-for-stuck")

    async def _wait_for_stuck(self, old: RevisionRuntime, drains: Drains) -> None:
        while not await drains.wait(_STUCK_POLL_SECONDS):
            pass
        self._stuck.pop(old, None)
        await old.retire()
        self._on_change()

    def _judge(self) -> None:
        current, previous = self._current, self._previous
        if current is None or previous is None or self.wants_rollback:
            return
        health = current.health
        if health.failed >= self._settings.spike_failures and health.is_failing and not previous.health.is_failing:
            self.wants_rollback = True
            self._on_spike()

    def _end_probation(self) -> None:
        self.wants_rollback = False
        if self._probation is not None:
            self._probation.cancel()
            self._probation = None
        if self._current is not None:
            self._current.health.report_to(None)

    def _passed(self) -> None:
        self._end_probation()
        if self._previous is not None and not self._previous.is_held:
            self._tasks.spawn(self._forget_previous(), "forget")
        self._on_passed()

    async def _forget_previous(self) -> None:
        previous, self._previous = self._previous, None
        if previous is not None:
            await previous.retire()


def held_at(runtime: RevisionRuntime, requests: Iterable[Request]) -> str:
    """Return the requests in flight of a revision, each with the ``file:line`` of its thread if it has one."""
    found = [(str(each), runtime.places(each)) for each in requests]
    return ", ".join(f"{key} ({places[0]})" if places else key for key, places in found)


def _at(old: RevisionRuntime, drains: Drains) -> str:
    keys = held_at(old, drains.in_flight)
    return f" at {keys}" if keys else " in a controller that was removed from its file"


def _nothing() -> None:
    return
