"""What this process has seen of the Lease, and when the Lease is free.

Owns the waits before somebody else's Lease may be taken. They are counted on this process's monotonic clock from the
moment of the observation, never from times in the Lease. Requests are left to ``lock`` and ``elector``.
"""

from plugin_operator.clock import Clock
from plugin_operator.leaderelection.lease_record import LeaderRecord
from plugin_operator.leaderelection.timing import Timing

# A duration in the Lease counts up to this multiple of this process's own. More is taken for an edit: it would lock all
# replicas out long after its holder died.
LONGEST_FACTOR = 10.0

_NOTHING = LeaderRecord("", 0, "", "", 0)


class Observation:
    """The last seen state of the Lease.

    Args:
        identity: who we are in the Lease.
        timing: our own times.
        clock: measures the waits.

    Attributes:
        record: what the Lease said last; empty if there is none or it was not read yet.
        exists: whether there was a Lease when we last looked.
        saw_holder: whether the Lease ever named a holder, so that one may still lead though the Lease is gone.
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
        """Who holds the Lease; empty if nobody does."""
        return self.record.holder_identity

    def wrote(self, record: LeaderRecord) -> None:
        """Note what is about to be written: if its answer is lost, the record proves that the server took it."""
        self._ours_before, self._ours = self._ours, record.renew_time

    @property
    def is_our_write(self) -> bool:
        """Whether the Lease is as we left it; a copy of this machine may have our identity, and hold it by now."""
        return self.holder == self._identity and self.record.renew_time in {self._ours, self._ours_before}

    def see(self, record: LeaderRecord | None) -> None:
        """Note the present state of the Lease; None if there is no Lease.

        The wait begins again with each renewal. An edit of anything else is not the holder's: it neither prolongs the
        wait nor counts as the holder's duration.
        """
        before, existed, looked = self.record, self.exists, self._looked
        self.record, self.exists, self._looked = record or _NOTHING, record is not None, True
        if record is not None and record.holder_identity:
            self.saw_holder = True
        same_holder = (record or _NOTHING).holder_identity == before.holder_identity
        if looked and self.exists == existed and same_holder and self.record.renew_time == before.renew_time:
            return
        now, own = self._clock.monotonic(), self._timing.lease_duration_seconds
        seconds = min(max(float(self.record.lease_duration_seconds), own), own * LONGEST_FACTOR)
        is_renewal = same_holder and bool(self.holder)
        if self.record.is_released or is_renewal or now - self._since >= self._holder_seconds:
            self._holder_seconds = seconds
        else:
            # The one before was not over: deletion and edits do not shorten what it counts on.
            self._holder_seconds = max(seconds, self._holder_seconds)
        self._since = now

    def free_in(self) -> float:
        """Return the seconds until we may take the Lease; zero if we may now."""
        wait = self._wait_seconds()
        return 0.0 if wait <= 0 else max(0.0, self._since + wait - self._clock.monotonic())

    def _wait_seconds(self) -> float:
        if self.holder == self._identity:
            # Somebody else may have written us into it, while another leads.
            return 0.0 if self.record.renew_time == self._ours else self._holder_seconds
        if self.holder:
            return self._holder_seconds
        if self.exists and self.record.is_released:
            return 0.0
        # Deleted, or emptied by hand: its holder may not know yet.
        return self._holder_seconds if self.saw_holder else self._timing.retry_period_seconds
