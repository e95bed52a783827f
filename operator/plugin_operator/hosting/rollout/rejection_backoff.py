"""Backoff of rejected plugin contents."""

from collections.abc import Callable

from plugin_operator.clock import Clock, Timer
from plugin_operator.connection_backoff import Backoff
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.environment import HostSettings
from plugin_operator.hosting.rollout.revision_builder import RetryableRejection, TrialInconclusive

# Bounds the cost of a trial that hangs, which may use a core until its deadline.
_MAX_TRIALS = 3


class RejectionBackoff:
    """Stores the last rejected content of one plugin, so that it is not tried again at every scan.

    Args:
        clock: measures the backoff.
        settings: durations of the backoff.
        wake: called when a retry is due.

    Attributes:
        digest: digest of the rejected content until its retry is due; else empty.
    """

    def __init__(self, clock: Clock, settings: HostSettings, wake: Callable[[], None]) -> None:
        self.digest = ""
        self._clock = clock
        self._wake = wake
        self._backoff = Backoff(clock, base_seconds=settings.retry_base_seconds, cap_seconds=settings.retry_cap_seconds)
        self._retry: Timer | None = None
        self._counted = ""
        self._count = 0

    def note(self, error: PluginRejected, digest: str) -> None:
        """Record a rejection; if its cause may be temporary, schedule a retry."""
        self._count = self._count + 1 if digest == self._counted else 1
        self._counted = self.digest = digest
        self.cancel()
        hopeless = isinstance(error, TrialInconclusive) and self._count >= _MAX_TRIALS
        if isinstance(error, RetryableRejection) and not hopeless:
            self._retry = self._clock.call_later(self._backoff.next_seconds(), self.retry)

    def retry(self) -> None:
        """Retry now a rejection whose cause may be temporary."""
        if self._retry is not None:
            self.cancel()
            self.forget()
            self._wake()

    def forget(self) -> None:
        """Allow the same content to be tried again."""
        self.digest = ""

    def succeeded(self) -> None:
        """Reset the backoff after a success."""
        self.cancel()
        self.forget()
        self._backoff.reset()

    def cancel(self) -> None:
        """Cancel the scheduled retry."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
