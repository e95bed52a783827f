"""Whether the next list comes as a stream or in pages.

Owns how long pages are preferred after a stream was refused or broke. Listing itself is left to ``reflector``.
"""

import math

from plugin_operator.cache.reflector.states import State
from plugin_operator.clock import Clock


class ListChoice:
    """The way to list that promises more at the moment: a stream, unless pages are preferred.

    Args:
        clock: measures.
        prefer_pages_seconds: how long pages are preferred.
    """

    __slots__ = ("_clock", "_pages_until", "_prefer_pages_seconds")

    def __init__(self, clock: Clock, prefer_pages_seconds: float) -> None:
        self._clock = clock
        self._prefer_pages_seconds = prefer_pages_seconds
        self._pages_until = -math.inf

    def resolve(self, state: State, following: State) -> State:
        """Return ``following``, which comes after ``state``, with the better way to list in place of the other.

        Pages that fail until their time is over give way to a stream: they may expire before the last one, and the list
        in one piece that follows may be too large.
        """
        now = self._clock.monotonic()
        if following is State.STREAMING_LIST and now < self._pages_until:
            return State.PAGED_LIST
        if following is state is State.PAGED_LIST and -math.inf < self._pages_until <= now:
            return State.STREAMING_LIST
        return following

    def prefer_pages(self) -> None:
        """List by pages for some time.

        client-go falls back for one list only. Where each attempt costs the deadline for silence, that would make every
        list late; but a server may be upgraded, or have been broken just once, so it is not for ever either.
        """
        self._pages_until = self._clock.monotonic() + self._prefer_pages_seconds

    def prefer_streams(self) -> None:
        """List by streams again: one was complete."""
        self._pages_until = -math.inf
