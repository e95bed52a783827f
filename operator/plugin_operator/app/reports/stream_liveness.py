"""Detection of caches that receive no more events.

Owns the limit after which a stream counts as stale. Its reflector first drops a silent stream and opens a new one. The
stream is stale only if that fails too, for as long as the longest backoff.
"""

from collections.abc import Iterable
from typing import Protocol

from plugin_operator.cache import InformerKey
from plugin_operator.cache.environment import ReflectorSettings
from plugin_operator.cache.reflector.states import QUIET_STATES, State


class Stream(Protocol):
    """The attributes of ``cache.Informer`` that are checked."""

    @property
    def key(self) -> InformerKey:
        """Key of the informer."""

    @property
    def state(self) -> State:
        """State of the reflector."""

    @property
    def last_activity(self) -> float:
        """Monotonic second of the last event, page or accepted request."""


def stale_streams(streams: Iterable[Stream], now: float, settings: ReflectorSettings) -> list[str]:
    """Return the streams without an event for longer than their limit, at the monotonic second ``now``.

    A stream that waits for a kind or a permission does not count, because its status shows that.
    """
    limit = settings.silence_seconds + 2 * settings.backoff_cap_seconds
    return sorted(
        f"{stream.key} for {now - stream.last_activity:.0f} s"
        for stream in streams
        if stream.state not in QUIET_STATES and now - stream.last_activity > limit
    )
