"""The state machine of a reflector.

Owns the states, the outcomes and the transition table. Leaves the work in a state to ``reflector``, and the mapping of
exceptions to outcomes to ``outcomes``.

A healthy reflector goes through ``RESOLVING → STREAMING_LIST → WATCHING`` and stays there. The server ends a watch
every few minutes, and the next one resumes from the last resource version. If the server does not support streaming
lists, the reflector lists in ``PAGED_LIST``. It tries a streaming list again some minutes later, at the next list or
when pages keep failing. Failures lead to these states:

- In a cache of shards, **ranges** were gained or lost: ``EXTENDING`` lists the gained ones alone, and a watch of all
  ranges opens from the older version. If that fails, the reflector relists.
- The stream **broke**, was silent, was cut short, carried garbage or ended early: backoff, then ``COMPARING``. One
  cheap request compares the server's history with the reflector's position. If the history is the same, the watch
  resumes without loss. If it went back (a restored backup, lost data), the reflector relists. It also relists if the
  request fails: after an outage the server may have another history that has reached the same version.
- The position **expired** (410 as response to a page or a watch, or as an event): relist.
- The history was **rewritten** (an event or bookmark is older than the position, or ``COMPARING`` found it): relist.
- The kind is **missing**, access is **forbidden**, its **conversion** fails, or the server **refuses** the request:
  ``WAITING``. The reflector polls about twice a second for a kind and every ten seconds for the others. The store keeps
  its objects: a 404 from a starting server must not look like a deletion.
- The server is **throttling** (429): the reflector obeys ``Retry-After``. It **fails** (5xx, 401, unusable responses):
  backoff. After a failed streaming list the reflector lists in pages, because kube-apiserver reports the reason of a
  failed conversion in a page only.

Each reflector has a backoff of its own with jitter, which resets once a watch is healthy. A list is applied object by
object as it arrives; objects that it did not contain are deleted at its end. So the next complete list and the events
after it repair any earlier difference between store and server.
"""

from enum import Enum
from typing import Final

import msgspec


class State(Enum):
    """State of a reflector."""

    RESOLVING = "resolving"
    STREAMING_LIST = "streaming list"
    PAGED_LIST = "paged list"
    WATCHING = "watching"
    COMPARING = "comparing"
    EXTENDING = "listing gained shards"
    PARKED = "without shards"
    BACKING_OFF = "backing off"
    WAITING = "waiting"
    STOPPED = "stopped"


QUIET_STATES: Final = frozenset({State.WAITING, State.PARKED, State.STOPPED})
"""States in which a stream receives nothing and its status says so."""


class Outcome(Enum):
    """Result of the work in a state."""

    RESOLVED = "resolved"
    LISTED = "listed"
    UNSUPPORTED = "streaming list not supported"
    ENDED = "ended"
    RESHARDED = "shards gained or lost"
    SAME = "same history"
    UNPROVEN = "history not proven"
    BROKEN = "broken"
    EXPIRED = "expired"
    REWRITTEN = "history rewritten"
    MISSING = "kind missing"
    FORBIDDEN = "forbidden"
    REFUSED = "refused"
    UNCONVERTED = "conversion failing"
    THROTTLED = "throttled"
    FAILED = "server failed"


class Pause(Enum):
    """Kind of wait before the next state."""

    NONE = "none"
    BACKOFF = "backoff"
    POLL_KIND = "poll for the kind"
    POLL_ACCESS = "poll for access"


class Step(msgspec.Struct, frozen=True):
    """One transition: the next state and the pause before it."""

    state: State
    pause: Pause = Pause.NONE


_BLOCKED: Final = {
    Outcome.MISSING: Step(State.RESOLVING, Pause.POLL_KIND),
    Outcome.FORBIDDEN: Step(State.RESOLVING, Pause.POLL_ACCESS),
    Outcome.REFUSED: Step(State.RESOLVING, Pause.POLL_ACCESS),
    Outcome.UNCONVERTED: Step(State.RESOLVING, Pause.POLL_ACCESS),
}


def _again(state: State) -> dict[Outcome, Step]:
    step = Step(state, Pause.BACKOFF)
    return _BLOCKED | {Outcome.BROKEN: step, Outcome.FAILED: step, Outcome.THROTTLED: step}


TRANSITIONS: Final[dict[State, dict[Outcome, Step]]] = {
    State.RESOLVING: _again(State.RESOLVING) | {Outcome.RESOLVED: Step(State.STREAMING_LIST)},
    State.STREAMING_LIST: _again(State.STREAMING_LIST)
    | {
        Outcome.LISTED: Step(State.WATCHING),
        Outcome.UNSUPPORTED: Step(State.PAGED_LIST),
        Outcome.FAILED: Step(State.PAGED_LIST, Pause.BACKOFF),
        Outcome.EXPIRED: Step(State.PAGED_LIST, Pause.BACKOFF),
    },
    State.PAGED_LIST: _again(State.PAGED_LIST)
    | {
        Outcome.LISTED: Step(State.WATCHING),
        Outcome.EXPIRED: Step(State.PAGED_LIST, Pause.BACKOFF),
    },
    State.WATCHING: _again(State.COMPARING)
    | {
        Outcome.ENDED: Step(State.WATCHING),
        Outcome.RESHARDED: Step(State.EXTENDING),
        Outcome.EXPIRED: Step(State.STREAMING_LIST, Pause.BACKOFF),
        Outcome.REWRITTEN: Step(State.STREAMING_LIST, Pause.BACKOFF),
    },
    State.EXTENDING: _again(State.STREAMING_LIST)
    | {
        Outcome.LISTED: Step(State.WATCHING),
        Outcome.UNPROVEN: Step(State.STREAMING_LIST),
        Outcome.EXPIRED: Step(State.STREAMING_LIST, Pause.BACKOFF),
        Outcome.THROTTLED: Step(State.EXTENDING, Pause.BACKOFF),
    },
    State.COMPARING: _again(State.COMPARING)
    | {
        Outcome.SAME: Step(State.WATCHING),
        Outcome.UNPROVEN: Step(State.STREAMING_LIST),
        Outcome.BROKEN: Step(State.STREAMING_LIST, Pause.BACKOFF),
        Outcome.FAILED: Step(State.STREAMING_LIST, Pause.BACKOFF),
        Outcome.EXPIRED: Step(State.STREAMING_LIST, Pause.BACKOFF),
        Outcome.REWRITTEN: Step(State.STREAMING_LIST),
    },
}


def next_step(state: State, outcome: Outcome) -> Step:
    """Return the transition for ``outcome`` in ``state``; a pair that the table lacks leads to RESOLVING."""
    return TRANSITIONS[state].get(outcome) or Step(State.RESOLVING, Pause.BACKOFF)
