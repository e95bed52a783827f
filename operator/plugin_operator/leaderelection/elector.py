"""Taking, keeping and giving back the Lease.

Owns when this process may call itself leader. The rules are those of client-go's ``tools/leaderelection``, with three
differences, each towards never having two leaders: the time to give up counts from the start of the last renewal that
succeeded, a foreign holder in the Lease ends leadership at once, and every request has a deadline of its own.
What a leader does, and ending the process when leadership is lost, is left to ``manager``.
"""

import asyncio
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.errors import (
    ApiConnectionError,
    ApiError,
    ConfigError,
    ConflictError,
    LeadershipLost,
    NoMatchError,
    NotFoundError,
)
from plugin_operator.fence import Fence
from plugin_operator.leaderelection.deadline import within
from plugin_operator.leaderelection.lock import LeaseLock
from plugin_operator.leaderelection.record import LeaderRecord, micro_time
from plugin_operator.metrics import Metrics

JITTER_FACTOR = 1.2

_FAILURES = (ApiError, ApiConnectionError, ConfigError, NoMatchError, TimeoutError)
_NOBODY = LeaderRecord("", 0, "", "", 0)

_log = logs.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """The three times of client-go's leader election, in seconds; see ``plugin_operator.options``."""

    lease_duration_seconds: float = 15.0
    renew_deadline_seconds: float = 10.0
    retry_period_seconds: float = 2.0

    @property
    def request_seconds(self) -> float:
        """Deadline of one request: two fit into the renew deadline, as in client-go's ``NewFromKubeconfig``."""
        return self.renew_deadline_seconds / 2


class LeaderElector:
    """Runs for leadership with one Lease, and keeps it while ``run`` runs.

    Args:
        lock: the Lease.
        lease_duration_seconds: how long others must have seen no change before they may take it.
        renew_deadline_seconds: we stop leading this long after the last renewal that succeeded.
        retry_period_seconds: time between two tries; stretched by up to ``JITTER_FACTOR`` while another leads.
        clock: measures all of them; only monotonic time decides anything.
        metrics: gets ``leader_election_master_status``.
        random_share: returns a number in [0, 1) for the jitter.

    Attributes:
        lock: the Lease.
        fence: moved on with every renewal, closed when leadership ends; to be looked at before anything is done.
    """

    def __init__(
        self,
        lock: LeaseLock,
        *,
        clock: Clock,
        metrics: Metrics,
        lease_duration_seconds: float = 15.0,
        renew_deadline_seconds: float = 10.0,
        retry_period_seconds: float = 2.0,
        random_share: Callable[[], float] = random.random,
    ) -> None:
        self.lock = lock
        self._timing = Timing(lease_duration_seconds, renew_deadline_seconds, retry_period_seconds)
        self._clock = clock
        self._gauge = metrics.leader
        self._random = random_share
        self.fence = Fence(clock)
        self._observed = _NOBODY
        self._observed_at = clock.monotonic()
        self._renewed_at: float | None = None
        self._stepped_down = 0
        self._hint = asyncio.Event()
        self._gauge.set(0, lock.name)

    @property
    def identity(self) -> str:
        """Who we are in the Lease."""
        return self.lock.identity

    @property
    def leader(self) -> str:
        """Who holds the Lease as far as we know; empty if nobody."""
        return self._observed.holder_identity

    @property
    def leads_until(self) -> float | None:
        """The monotonic second at which leadership ends unless it is renewed; None while another leads.

        Safe to read from another thread: a loop that is blocked cannot notice by itself that its time is over.
        """
        renewed_at = self._renewed_at
        return None if renewed_at is None else renewed_at + self._timing.renew_deadline_seconds

    def is_leader(self) -> bool:
        """Say whether we lead at this very moment."""
        until = self.leads_until
        return until is not None and self._clock.monotonic() < until

    def hint(self) -> None:
        """Say that the Lease may be free: whoever waits for it tries at once instead of after the retry period."""
        self._hint.set()

    async def run(self, on_lead: Callable[[], None]) -> NoReturn:
        """Wait for leadership, call ``on_lead``, and renew until cancelled.

        Cancelling leaves the Lease as it is; call ``release`` once nothing that needs leadership runs any more.

        Raises:
            LeadershipLost: it could not be renewed in time, or another holds the Lease.
        """
        await self._acquire()
        _log.info("Leadership acquired", lease=str(self.lock), identity=self.identity)
        on_lead()
        while True:
            await self._clock.sleep(self._timing.retry_period_seconds)
            await self._renew()

    async def release(self) -> None:
        """Give the Lease back so that another may take it at once; harmless if we do not hold it. Never raises.

        Cancelling stops the attempt; the Lease then expires by itself.
        """
        if self._renewed_at is None:
            return
        self._step_down()
        try:
            released = await within(self._clock, self._timing.request_seconds, self._give_back())
        except _FAILURES as error:
            _log.warning("Lease not released; it expires by itself", lease=str(self.lock), reason=str(error))
        else:
            _log.info("Leadership released" if released else "Leadership had passed on", lease=str(self.lock))

    async def _give_back(self) -> bool:
        try:
            await self.lock.update(self._nobodys_record())
        except ConflictError:
            # A renewal that the stop cut off may have reached the server: then what we know of the Lease is old.
            self._observe(await self.lock.get())
            if self.leader != self.identity:
                return False
            await self.lock.update(self._nobodys_record())
        return True

    def _nobodys_record(self) -> LeaderRecord:
        now = micro_time(self._clock.now())
        return replace(self._observed, holder_identity="", lease_duration_seconds=1, acquire_time=now, renew_time=now)

    async def _acquire(self) -> None:
        while not await self._attempt(self._timing.renew_deadline_seconds):
            stretch = 1 + JITTER_FACTOR * self._random()
            await self._wait_for_hint(self._timing.retry_period_seconds * stretch)

    async def _wait_for_hint(self, seconds: float) -> None:
        timer = self._clock.call_later(seconds, self._hint.set)
        try:
            await self._hint.wait()
        finally:
            timer.cancel()
        self._hint.clear()

    async def _renew(self) -> None:
        """Try until it succeeds or the renew deadline has passed."""
        while True:
            remaining = (self.leads_until or 0.0) - self._clock.monotonic()
            if remaining <= 0:
                self._lose(f"the Lease could not be renewed within {self._timing.renew_deadline_seconds:g} s")
            if await self._attempt(remaining):
                return
            if self.leader not in {"", self.identity}:
                self._lose(f"the Lease is held by {self.leader}")
            remaining = (self.leads_until or 0.0) - self._clock.monotonic()
            await self._clock.sleep(max(0.0, min(self._timing.retry_period_seconds, remaining)))

    def _lose(self, reason: str) -> NoReturn:
        self._step_down()
        raise LeadershipLost(f"leadership of {self.lock} is lost: {reason}")

    def _step_down(self) -> None:
        self._renewed_at = None
        self._stepped_down += 1
        self.fence.close()
        self._gauge.set(0, self.lock.name)

    async def _attempt(self, seconds: float) -> bool:
        """Try once to take or renew the Lease within ``seconds``; True if it is ours now."""
        started, stepped_down = self._clock.monotonic(), self._stepped_down
        try:
            ours = await within(self._clock, seconds, self._take_or_renew())
        except ConflictError:
            return False
        except _FAILURES as error:
            _log.warning("Lease cannot be reached", lease=str(self.lock), reason=str(error))
            return False
        if stepped_down != self._stepped_down:
            # The Lease was given back while this was on its way: it may be another's by now.
            return False
        if ours:
            self._renewed_at = started
            self.fence.until = started + self._timing.renew_deadline_seconds
            self._gauge.set(1, self.lock.name)
        return ours

    async def _take_or_renew(self) -> bool:
        if self._renewed_at is not None and self.leader == self.identity:
            try:
                await self._write()
            except (ConflictError, NotFoundError):
                _log.debug("Lease was touched by somebody else", lease=str(self.lock))
            else:
                return True
        try:
            seen = await within(self._clock, self._timing.request_seconds, self.lock.get())
        except NotFoundError:
            record = replace(self._next_record(), leader_transitions=0)
            await within(self._clock, self._timing.request_seconds, self.lock.create(record))
            self._observe(record)
            return True
        self._observe(seen)
        if self._held_by_another():
            return False
        await self._write()
        return True

    async def _write(self) -> None:
        record = self._next_record()
        await within(self._clock, self._timing.request_seconds, self.lock.update(record))
        self._observe(record)

    def _next_record(self) -> LeaderRecord:
        """Return what we would write now: a renewal if we hold the Lease, else a change of leader."""
        now = micro_time(self._clock.now())
        seen, ours = self._observed, self._observed.holder_identity == self.identity
        return LeaderRecord(
            holder_identity=self.identity,
            # Others count in whole seconds; rounding down would let them start before we stop.
            lease_duration_seconds=math.ceil(self._timing.lease_duration_seconds),
            acquire_time=seen.acquire_time if ours else now,
            renew_time=now,
            leader_transitions=seen.leader_transitions if ours else seen.leader_transitions + 1,
        )

    def _observe(self, record: LeaderRecord) -> None:
        if record == self._observed:
            return
        if record.holder_identity not in {self._observed.holder_identity, "", self.identity}:
            _log.info("Another process leads", lease=str(self.lock), leader=record.holder_identity)
        self._observed = record
        self._observed_at = self._clock.monotonic()

    def _held_by_another(self) -> bool:
        if self.leader in {"", self.identity}:
            return False
        return self._clock.monotonic() < self._observed_at + self._observed.lease_duration_seconds
