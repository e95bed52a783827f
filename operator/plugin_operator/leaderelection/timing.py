"""Durations of leader election."""

from dataclasses import dataclass

JITTER_FACTOR = 1.2


@dataclass(frozen=True, slots=True)
class Timing:
    """The three durations of client-go's leader election, in seconds; see ``plugin_operator.options``."""

    lease_duration_seconds: float = 15.0
    renew_deadline_seconds: float = 10.0
    retry_period_seconds: float = 2.0

    @property
    def request_seconds(self) -> float:
        """Deadline of one request: half of the renew deadline, as in client-go's ``NewFromKubeconfig``."""
        return self.renew_deadline_seconds / 2
