"""Durations of leader election."""

import msgspec

JITTER_FACTOR = 1.2


class Timing(msgspec.Struct, frozen=True):
    """The three durations of client-go's leader election; see ``plugin_operator.options``.

    Attributes:
        lease_duration_seconds: how long other replicas must observe no renewal before they may acquire the Lease.
        renew_deadline_seconds: this process stops leading this long after its last successful renewal.
        retry_period_seconds: interval of attempts; plus up to ``JITTER_FACTOR`` of it while another process leads.
    """

    lease_duration_seconds: float
    renew_deadline_seconds: float
    retry_period_seconds: float

    @property
    def request_seconds(self) -> float:
        """Deadline of one request: half of the renew deadline, as in client-go's ``NewFromKubeconfig``."""
        return self.renew_deadline_seconds / 2
