"""The faults that the server can inject, and the requests that they match."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec


class Action(StrEnum):
    """The kind of a fault."""

    DROP = "drop"
    STALL = "stall"
    DELAY = "delay"
    REFUSE = "refuse"
    REPLACE = "replace"
    LOSE = "lose"

    BREAK = "break"
    END = "end"
    TRUNCATE = "truncate"
    SILENCE = "silence"
    LAG = "lag"
    ERROR_EVENT = "error-event"
    GARBAGE = "garbage"
    DUPLICATE = "duplicate"
    STALE = "stale"
    REORDER = "reorder"
    SPLIT = "split"


IN_WATCH: Final = frozenset(
    {
        *(Action.BREAK, Action.END, Action.TRUNCATE, Action.SILENCE, Action.LAG, Action.ERROR_EVENT),
        *(Action.GARBAGE, Action.DUPLICATE, Action.STALE, Action.REORDER, Action.SPLIT),
    }
)
"""The actions inside an open watch. All others replace or delay a response."""

WRITE: Final = "write"
_WRITES: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault and the requests it applies to.

    These actions replace or delay a response:

    - ``drop`` cuts the connection; ``stall`` never answers; ``delay`` answers after ``seconds``.
    - ``refuse`` answers with the status ``code``; ``replace`` answers with ``body``.
    - ``lose`` carries the request out and cuts the connection in place of the answer.

    These actions affect watches, also those that are open already:

    - ``break`` cuts the connection; ``end`` ends the stream cleanly; ``truncate`` ends it in the middle of a line.
    - ``silence`` discards all further output; ``lag`` delays each chunk by ``seconds``.
    - ``error-event`` sends an ERROR event with ``code`` and ends the stream; ``garbage`` sends ``body`` as a line.
    - ``duplicate`` repeats the last event; ``stale`` repeats the one before it; ``reorder`` swaps the next two chunks.
    - ``split`` sends all further output in pieces of a few bytes.

    Attributes:
        action: the kind of the fault.
        verb: API verb (get, list, watch, create, ...), or ``write`` for create, update, patch and the deletions; empty
            matches any.
        resource: plural name, followed by ``/`` and a subresource if there is one; empty matches any.
        path: prefix of the request path; empty matches any.
        query: substring of the raw query; empty matches any.
        agent: substring of the client's User-Agent; empty matches any.
        count: how many requests or watches the fault hits; None for all until it is removed.
        skip: how many matching requests pass before the first hit.
        alternating: hit the first, the third and so on of the requests with one verb and path, so that a retry passes.
        code: the HTTP status of ``refuse`` and ``error-event``.
        message: the message of ``refuse`` and ``error-event``, "a planned fault" by default.
        retry_after_seconds: the Retry-After header of ``refuse``.
        seconds: the delay of ``delay`` and ``lag``.
        body: the content of ``replace`` and ``garbage``, one character per byte (Latin-1).
    """

    action: Action
    verb: str = ""
    resource: str = ""
    path: str = ""
    query: str = ""
    agent: str = ""
    count: int | None = 1
    skip: int = 0
    alternating: bool = False
    code: int = 500
    message: str = ""
    retry_after_seconds: int | None = None
    seconds: float = 0.0
    body: str = ""

    def __post_init__(self) -> None:
        # Tests may write the value in place of the member. A misspelled one would plan a fault that does nothing.
        if self.action not in tuple(Action):
            raise ValueError(f"action {self.action!r} does not exist: choose from {', '.join(Action)}")
        object.__setattr__(self, "action", Action(self.action))
        if self.count is not None and self.count < 1:
            raise ValueError("count must be at least 1, or null for no limit")
        if self.skip < 0:
            raise ValueError("skip must not be negative")
        if not 300 <= self.code <= 599:
            raise ValueError("code must be a status from 300 to 599")
        if self.seconds < 0:
            raise ValueError("seconds must not be negative")

    @property
    def raw_body(self) -> bytes:
        """Return ``body`` as bytes."""
        return self.body.encode("latin-1")

    def matches(self, subject: "Subject") -> bool:
        """Report whether the fault matches a request."""
        return (
            (self.verb in {"", subject.verb} or (self.verb == WRITE and subject.verb in _WRITES))
            and self.resource in {"", subject.resource}
            and subject.path.startswith(self.path)
            and self.query in subject.query
            and self.agent in subject.agent
        )


class Subject(msgspec.Struct, frozen=True):
    """The properties of a request that faults match."""

    verb: str
    resource: str
    path: str
    query: str
    agent: str
