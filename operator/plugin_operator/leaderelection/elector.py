"""The leader elector: acquires, renews and releases the Lease.

Owns the decision whether this process is the leader. The rules are those of client-go's ``tools/leaderelection``. These
differences exclude two leaders at once:

- The renew deadline counts from the start of the last successful renewal.
- Another holder in the Lease, or its deletion, ends leadership. A report of the watch closes the fence at once; a
  request then confirms it, because a watch may be late.
- A deleted Lease, or one whose holder was cleared by hand, is acquired only after its last holder must have stopped.
  That counts from the last report about it, of a read or of the watch.
- Every request has a deadline of its own.

Leaves the leader's work, and ending the process after the Lease is lost, to ``manager``.
"""

import asyncio
import random
from collections.abc import Callable
from typing import NoReturn

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.errors import (
    ApiConnectionError,
    ApiError,
    ConfigError,
    ConflictError,
    LeadershipLost,
    NotFoundError,
)
from plugin_operator.fence import Fence
from plugin_operator.leaderelection.deadline import within
from plugin_operator.leaderelection.lease_lock import LeaseLock
from plugin_operator.leaderelection.lease_record import LeaderRecord
from plugin_operator.leaderelection.lease_sighting import Sighting
from plugin_operator.leaderelection.observation import Observation
from plugin_operator.leaderelection.timing import JITTER_FACTOR, Timing
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import gauge

_FAILURES = (ApiError, ApiConnectionError, ConfigError, TimeoutError)

LEADER = gauge("leader_election_master_status", "1 if this process holds the Lease, else 0", "name")


_log = logs.get_logger(__name__)


class LeaderElector:
    """Acquires one Lease and renews it while ``run`` runs, as client-go's ``LeaderElector``.

    Args:
        lock: the Lease.
        fence: extended by every renewal and closed when leadership ends.
        timing: intervals and deadlines of attempts.
        clock: measures these durations; only monotonic time is used for decisions.
        metrics: receives ``leader_election_master_status``.
        random_share: returns a number in [0, 1) for the jitter.

    Attributes:
        lock: the Lease.
        fence: checked by every write and reconcile.
    """

    def __init__(
        self,
        lock: LeaseLock,
        *,
        fence: Fence,
        clock: Clock,
        metrics: Metrics,
        timing: Timing,
        random_share: Callable[[], float] = random.random,
    ) -> None:
        self.lock = lock
        self._timing = timing
        self._clock = clock
        self._gauge = metrics.family(LEADER)
        self._random = random_share
        self.fence = fence
        self._seen = Observation(lock.identity, self._timing, clock)
        self._renewed_at: float | None = None
        self._held_uid = ""
        self._attempting = False
        # Incremented by events that invalidate the response to a request in flight.
        self._doubts = 0
        self._hint = asyncio.Event()
        self._gauge.set(0, lock.name)

    @property
    def identity(self) -> str:
        """Identity of this process in the Lease."""
        return self.lock.identity

    @property
    def leader(self) -> str:
        """Holder of the Lease as last observed; empty if it has none."""
        return self._seen.holder

    @property
    def leads_until(self) -> float | None:
        """Monotonic second at which leadership ends without a renewal; None while not leading.

        Thread-safe: a watchdog thread reads it while the event loop is blocked.
        """
        renewed_at = self._renewed_at
        return None if renewed_at is None else renewed_at + self._timing.renew_deadline_seconds

    def is_leader(self) -> bool:
        """Report whether this process leads now; False while a report of the watch awaits confirmation."""
        until = self.leads_until
        return until is not None and self._clock.monotonic() < until and not self.fence.is_suspended

    def hint(self) -> None:
        """Start the next attempt now instead of after the retry period, because the Lease may have changed."""
        self._hint.set()

    def heard(self, lease: Sighting) -> None:
        """Handle a state of the Lease from the watch, which may be late.

        If it names another holder, the fence is suspended until the server confirms that this process leads.
        """
        if lease.holder:
            self._seen.saw_holder = True
        if lease.holder == self.identity or lease.is_not_newer_than(self.lock.resource_version):
            return
        if lease.holder:
            self._seen.note_holder(lease.holder_seconds)
        if self._renewed_at is not None or self._attempting or not lease.holder:
            self._doubt()

    def heard_deleted(self, uid: str) -> None:
        """Handle the deletion of the Lease with ``uid`` from the watch, which may be late."""
        if self._renewed_at is not None and uid != self._held_uid:
            self.hint()  # a former Lease of that name was deleted
        else:
            self._seen.note_deletion()
            self._doubt()

    def _doubt(self) -> None:
        self._doubts += 1
        if self._renewed_at is not None:
            self.fence.suspend()
        self.hint()

    async def run(self, on_lead: Callable[[], None]) -> NoReturn:
        """Acquire the Lease, call ``on_lead``, and renew until cancelled.

        Cancelling does not change the Lease; call ``release`` after all work that needs leadership has stopped.

        Raises:
            LeadershipLost: the Lease was not renewed in time, was deleted, or is held by another identity.
        """
        await self._acquire()
        _log.info("Leadership acquired", lease=str(self.lock), identity=self.identity)
        on_lead()
        while True:
            await self._wait_for_hint(self._timing.retry_period_seconds)
            await self._renew()

    async def release(self) -> None:
        """Release the Lease, so that another replica can acquire it at once. Never raises.

        Does nothing if this process does not hold the Lease. On cancel the Lease expires by itself.
        """
        if self._renewed_at is None:
            return
        self._step_down()
        try:
            released = await within(self._clock, self._timing.request_seconds, self._give_back())
        except _FAILURES as error:
            _log.warning("Lease not released; it will expire", lease=str(self.lock), reason=str(error))
        else:
            _log.info(
                "Leadership released" if released else "Lease not released: held by another identity",
                lease=str(self.lock),
            )

    async def _give_back(self) -> bool:
        try:
            await self.lock.update(self._seen.record.released(self._clock.now()))
        except (ConflictError, NotFoundError):
            # A renewal that was cancelled may have reached the server, so the known version may be outdated.
            self._observe(await self.lock.get())
            if not self._seen.is_our_write:
                return False
            await self.lock.update(self._seen.record.released(self._clock.now()))
        return True

    async def _acquire(self) -> None:
        while not await self._attempt(self._timing.renew_deadline_seconds):
            wait = self._timing.retry_period_seconds * (1 + JITTER_FACTOR * self._random())
            if (free_in := self._seen.free_in()) > 0:
                wait = min(wait, free_in)
            await self._wait_for_hint(wait)

    async def _wait_for_hint(self, seconds: float) -> None:
        timer = self._clock.call_later(seconds, self._hint.set)
        try:
            await self._hint.wait()
        finally:
            timer.cancel()
        self._hint.clear()

    async def _renew(self) -> None:
        """Renew the Lease, retrying until the renew deadline."""
        while True:
            remaining = (self.leads_until or 0.0) - self._clock.monotonic()
            if remaining <= 0:
                self._lose(f"the Lease could not be renewed within {self._timing.renew_deadline_seconds:g} s")
            if await self._attempt(remaining):
                return
            if reason := self._taken_away():
                self._lose(reason)
            remaining = (self.leads_until or 0.0) - self._clock.monotonic()
            await self._wait_for_hint(max(0.0, min(self._timing.retry_period_seconds, remaining)))

    def _taken_away(self) -> str:
        """Return why this process lost the Lease, as last observed; empty if it did not, or if the Lease is free."""
        if not self._seen.exists:
            return "the Lease was deleted"
        if self.leader not in {"", self.identity}:
            return f"the Lease is held by {self.leader}"
        if self.lock.uid != self._held_uid:
            return "the Lease was deleted and created again"
        return ""

    def _lose(self, reason: str) -> NoReturn:
        self._step_down()
        raise LeadershipLost(f"leadership of {self.lock} is lost: {reason}")

    def _step_down(self) -> None:
        self._renewed_at = None
        self._doubts += 1
        self.fence.close()
        self._gauge.set(0, self.lock.name)

    async def _attempt(self, seconds: float) -> bool:
        """Try once to acquire or renew the Lease within ``seconds``; return whether this process holds it now."""
        started, doubts = self._clock.monotonic(), self._doubts
        self._attempting = True
        try:
            ours = await within(self._clock, seconds, self._take_or_renew())
        except ConflictError:
            return False
        except _FAILURES as error:
            _log.warning("Lease request failed", lease=str(self.lock), reason=str(error))
            return False
        finally:
            self._attempting = False
        if doubts != self._doubts:
            # The Lease was released or changed while the request was in flight: another replica may hold it now.
            return False
        if ours:
            self._renewed_at, self._held_uid = started, self.lock.uid
            self.fence.open_until(started + self._timing.renew_deadline_seconds)
            self._gauge.set(1, self.lock.name)
        return ours

    async def _take_or_renew(self) -> bool:
        if self._renewed_at is not None:
            try:
                await self._write()
            except (ConflictError, NotFoundError):
                _log.debug("Lease changed by another client", lease=str(self.lock))
            else:
                return True
        seen = await within(self._clock, self._timing.request_seconds, self.lock.get())
        self._observe(seen)
        may_write = self._seen.free_in() <= 0 if self._renewed_at is None else not self._taken_away()
        if may_write:
            await self._write(create=seen is None)
        return may_write

    async def _write(self, *, create: bool = False) -> None:
        duration = self._timing.lease_duration_seconds
        record = self._seen.record.held_by(self.identity, self._clock.now(), duration, exists=self._seen.exists)
        self._seen.wrote(record)
        write = self.lock.create(record) if create else self.lock.update(record)
        await within(self._clock, self._timing.request_seconds, write)
        self._observe(record)

    def _observe(self, record: LeaderRecord | None) -> None:
        holder = record.holder_identity if record is not None else ""
        if holder not in {self.leader, "", self.identity}:
            _log.info("Lease held by another identity", lease=str(self.lock), leader=holder)
        self._seen.see(record)
