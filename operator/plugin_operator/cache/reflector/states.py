"""The life of one reflector as a state machine.

Owns the names of the states, of what can happen in them, and the table that says what comes next. What is done in a
state is ``reflector``'s business; how an exception reads as an outcome is ``outcomes``'.

The way of a healthy reflector is ``RESOLVING → STREAMING_LIST → WATCHING``, and it stays there: the server ends a watch
every few minutes, and the next goes on from the last resource version. A server without streaming lists goes through
``PAGED_LIST``, and is asked for a streaming list again when some minutes later another list is due, or when pages have
failed for as long. Everything else leads back:

- The stream **broke**, was silent past its deadline, was cut short, carried garbage or ended before its time: pause,
  then ``COMPARING``. One cheap request tells whether the server's history still reaches as far as ours and is that of
  the same cluster. If so, the watch resumes and nothing was missed; if it went back (a backup was restored, a server
  lost its data), only a new list can be true. So it is if that request fails as well: a server that was really away
  may come back with another history, and have caught up with our version before we see it again.
- The position **expired** (410 as the answer to a list's page, to the watch, or as an event inside it): list again.
- The history was **rewritten** (an event or bookmark older than our position, or what ``COMPARING`` found): list again.
- The kind is **missing**, access is **forbidden**, its **conversion** fails, or the server **refuses** the request as
  such: ``WAITING``. Nothing is wrong with us, and polling goes on until it is healed: about twice a second for a kind,
  every ten seconds for the others. The store keeps what it had: a 404 of a server that is just starting must not look
  like the deletion of everything.
- The server is **throttling** (429): its own wait is obeyed. It **fails** (5xx, 401, unusable answers): pause. What a
  streaming list fails at goes on in pages: where a conversion fails, kube-apiserver names the reason in a page only.

Pauses grow per reflector, with jitter, and start over once a watch has proved healthy. A list is applied to the store
object by object as it arrives; what it did not mention is deleted at its end. So whatever happens in between, after the
next complete list and the events that follow it the store equals the server.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class State(Enum):
    """What a reflector is doing."""

    RESOLVING = "resolving"
    STREAMING_LIST = "streaming list"
    PAGED_LIST = "paged list"
    WATCHING = "watching"
    COMPARING = "comparing"
    BACKING_OFF = "backing off"
    WAITING = "waiting"
    STOPPED = "stopped"


class Outcome(Enum):
    """How what was done in a state ended."""

    RESOLVED = "resolved"
    LISTED = "listed"
    UNSUPPORTED = "streaming list not supported"
    ENDED = "ended"
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
    """How long to wait before the next state."""

    NONE = "none"
    BACKOFF = "backoff"
    POLL_KIND = "poll for the kind"
    POLL_ACCESS = "poll for access"


@dataclass(frozen=True, slots=True)
class Step:
    """Where to go and after which pause."""

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
        Outcome.EXPIRED: Step(State.STREAMING_LIST, Pause.BACKOFF),
        Outcome.REWRITTEN: Step(State.STREAMING_LIST, Pause.BACKOFF),
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
    """Return what follows ``outcome`` in ``state``; what the table does not foresee starts from the beginning."""
    return TRANSITIONS[state].get(outcome) or Step(State.RESOLVING, Pause.BACKOFF)
