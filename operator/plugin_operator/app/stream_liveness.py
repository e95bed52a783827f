"""Whether the caches still hear the API server.

Owns the limit past which a stream counts as deaf. A silent stream is dropped and opened again by its reflector; only if
that fails as well, for as long as its longest pause, is this process out of touch, and says so.
"""

from collections.abc import Iterable
from typing import Protocol

from plugin_operator.cache import InformerKey
from plugin_operator.cache.environment import ReflectorSettings
from plugin_operator.cache.reflector.states import State

_QUIET_STATES = frozenset({State.WAITING, State.STOPPED})


class Stream(Protocol):
    """The part of ``cache.Informer`` that tells."""

    @property
    def key(self) -> InformerKey:
        """What it caches."""

    @property
    def state(self) -> State:
        """What its stream is doing."""

    @property
    def last_activity(self) -> float:
        """Monotonic second of the last event, page or accepted request."""


def stale_streams(streams: Iterable[Stream], now: float, settings: ReflectorSettings) -> list[str]:
    """Return the streams that brought nothing for longer than they may, at the monotonic second ``now``.

    One that waits for a kind or a permission is excused: it says so itself, and all others go on.
    """
    limit = settings.silence_seconds + 2 * settings.backoff_cap_seconds
    return sorted(
        f"{stream.key} for {now - stream.last_activity:.0f} s"
        for stream in streams
        if stream.state not in _QUIET_STATES and now - stream.last_activity > limit
    )
