"""Durations of membership, and the bound on drift that they must satisfy."""

import msgspec

#: How much faster or slower than true time the monotonic clock of a machine may run.
MAX_DRIFT = 0.1


class MembershipTiming(msgspec.Struct, frozen=True):
    """Durations of a membership, each on the clock of the party that measures it.

    Attributes:
        lease_seconds: how long the coordinator must observe no renewal before it may revoke a membership.
        deadline_seconds: a member stops so long after it sent its last successful renewal.
        renew_seconds: interval of renewals.
        retry_seconds: interval of attempts after one that failed.

    Raises:
        ValueError: with clocks that drift by ``MAX_DRIFT``, a member could work when its shards have another owner.
    """

    lease_seconds: float = 15.0
    deadline_seconds: float = 10.0
    renew_seconds: float = 5.0
    retry_seconds: float = 1.0

    def __post_init__(self) -> None:
        longest = self.deadline_seconds / (1 - MAX_DRIFT)
        shortest = self.lease_seconds / (1 + MAX_DRIFT)
        if longest >= shortest:
            most = self.lease_seconds * (1 - MAX_DRIFT) / (1 + MAX_DRIFT)
            raise ValueError(
                f"deadline_seconds must be below {most:g} for lease_seconds {self.lease_seconds:g}, "
                f"because clocks may drift by {MAX_DRIFT:.0%}"
            )
        if not 0 < self.retry_seconds <= self.renew_seconds < self.deadline_seconds:
            raise ValueError("0 < retry_seconds <= renew_seconds < deadline_seconds must hold")
