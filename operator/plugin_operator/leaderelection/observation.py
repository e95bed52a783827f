"""Observed states of the Lease, and when the Lease may be acquired.

Owns the wait before another holder's Lease may be acquired. It counts on the monotonic clock of this process from the
observation, never from times in the Lease. Leaves requests to ``lease_lock`` and ``elector``.
"""

from plugin_operator.clock import Clock
from plugin_operator.leaderelection.lease_record import LeaderRecord
from plugin_operator.leaderelection.timing import Timing

# The duration in the Lease counts up to this multiple of the configured one. A longer one must be a manual edit, and
# would keep all replicas from leading long after the holder died.
LONGEST_FACTOR = 10.0

_NOTHING = LeaderRecord("", 0, "", "", 0)


class Observation:
    """The last observed state of the Lease.

    Args:
        identity: identity of this process.
        timing: configured durations.
        clock: measures the wait.

    Attributes:
        record: record of the Lease at the last read; empty if there is no Lease or it was not read.
        exists: whether the Lease existed at the last read.
        saw_holder: whether the Lease ever named a holder, who may still lead after the Lease is deleted.
    """

    def __init__(self, identity: str, timing: Timing, clock: Clock) -> None:
        self._identity = identity
        self._timing = timing
        self._clock = clock
        self.record = _NOTHING
        self.exists = False
        self.saw_holder = False
        self._looked = False
        self._since = clock.monotonic()
        self._holder_seconds = timing.lease_duration_seconds
        self._ours = ""
        self._ours_before = ""

    @property
    def holder(self) -> str:
        """Holder of the Lease; empty if it has none."""
        return self.record.holder_identity

    def wrote(self, record: LeaderRecord) -> None:
        """Remember a record before it is written: if the response is lost, the next read shows whether it arrived."""
        self._ours_before, self._ours = self._ours, record.renew_time

    @property
    def is_our_write(self) -> bool:
        """Whether the Lease contains the last record of this process; a cloned machine may have the same identity."""
        return self.holder == self._identity and self.record.renew_time in {self._ours, self._ours_before} - {""}

    def see(self, record: LeaderRecord | None) -> None:
        """Record the current state of the Lease; None if it does not exist.

        Each renewal restarts the wait. An edit of other fields does not come from the holder, so it neither restarts
        the wait nor changes the duration that counts.
        """
        before, existed, looked = self.record, self.exists, self._looked
        self.record, self.exists, self._looked = record or _NOTHING, record is not None, True
        if record is not None and record.holder_identity:
            self.saw_holder = True
        same_holder = (record or _NOTHING).holder_identity == before.holder_identity
        if looked and self.exists == existed and same_holder and self.record.renew_time == before.renew_time:
            return
        now, seconds = self._clock.monotonic(), self._counted(self.record.lease_duration_seconds)
        is_renewal = same_holder and bool(self.holder)
        if self.record.is_released or is_renewal or now - self._since >= self._holder_seconds:
            self._holder_seconds = seconds
        else:
            # The previous wait is not over: deletion and edits must not shorten it.
            self._holder_seconds = max(seconds, self._holder_seconds)
        self._since = now

    def note_holder(self, seconds: float) -> None:
        """Restart the wait: the watch reports a holder, with the duration of its Lease, that no read has shown yet.

        The Lease may be deleted again before the next read. Its holder may lead all the same.
        """
        self.saw_holder = True
        self._holder_seconds = max(self._holder_seconds, self._counted(seconds))
        self.note_deletion()

    def note_deletion(self) -> None:
        """Restart the wait: until now the Lease may have been renewed."""
        self._since = self._clock.monotonic()

    def free_in(self) -> float:
        """Return the seconds until this process may acquire the Lease; 0 if it may now."""
        wait = self._wait_seconds()
        return 0.0 if wait <= 0 else max(0.0, self._since + wait - self._clock.monotonic())

    def _counted(self, seconds: float) -> float:
        own = self._timing.lease_duration_seconds
        return min(max(float(seconds), own), own * LONGEST_FACTOR)

    def _wait_seconds(self) -> float:
        if self.holder == self._identity:
            # Another process may have written this identity into the Lease while a third one leads.
            # A process that has written nothing has no record that lacks a time either.
            return 0.0 if self._ours and self.record.renew_time == self._ours else self._holder_seconds
        if self.holder:
            return self._holder_seconds
        if self.exists and self.record.is_released:
            return 0.0
        # Deleted, or its holder cleared by hand: the holder may not know yet.
        return self._holder_seconds if self.saw_holder else self._timing.retry_period_seconds
