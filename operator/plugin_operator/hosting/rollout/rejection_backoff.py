"""What of a plugin was refused, and when it is worth another try."""

from collections.abc import Callable

from plugin_operator.clock import Clock, Timer
from plugin_operator.connection_backoff import Backoff
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.environment import HostSettings
from plugin_operator.hosting.rollout.revision_builder import RetryableRejection, TrialInconclusive

# A trial that hangs may cost a core for as long as its deadline.
_MAX_TRIALS = 3


class RejectionBackoff:
    """Remembers the last refused content of one plugin, so that the same content is not tried at every look.

    Args:
        clock: for the pauses.
        settings: how long they are.
        wake: called when there is something to try again.

    Attributes:
        digest: what was refused last and is not due again; empty if there is no such thing.
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
        """Remember a refusal; if its cause may pass by itself, it is due again after a pause."""
        self._count = self._count + 1 if digest == self._counted else 1
        self._counted = self.digest = digest
        self.cancel()
        hopeless = isinstance(error, TrialInconclusive) and self._count >= _MAX_TRIALS
        if isinstance(error, RetryableRejection) and not hopeless:
            self._retry = self._clock.call_later(self._backoff.next_seconds(), self.retry)

    def retry(self) -> None:
        """Make what was refused for a passing cause due now."""
        if self._retry is not None:
            self.cancel()
            self.forget()
            self._wake()

    def forget(self) -> None:
        """Let the same content be tried again."""
        self.digest = ""

    def succeeded(self) -> None:
        """Start over: something was accepted."""
        self.cancel()
        self.forget()
        self._backoff.reset()

    def cancel(self) -> None:
        """Let nothing become due any more."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
