"""What can go wrong, and with which requests."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Action(StrEnum):
    """What a fault does."""

    DROP = "drop"
    STALL = "stall"
    DELAY = "delay"
    REFUSE = "refuse"
    REPLACE = "replace"

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
"""What happens inside a watch; all others happen instead of the answer, or before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of misbehaviour and the requests it meets.

    Instead of an answer: ``drop`` cuts the connection, ``stall`` never answers, ``delay`` answers after ``seconds``,
    ``refuse`` answers with the status ``code``, ``replace`` with the ``body`` given.

    Inside a watch, those that are open included: ``break`` cuts the connection, ``end`` ends the stream in order,
    ``truncate`` in the middle of a line, ``silence`` lets nothing through any more, ``lag`` holds each piece back for
    ``seconds``, ``error-event`` sends an ERROR event with ``code`` and ends, ``garbage`` sends ``body`` as a line,
    ``duplicate`` sends the last event again, ``stale`` the one before it, ``reorder`` swaps the next two, ``split``
    sends everything in pieces of a few bytes.

    Attributes:
        action: what happens.
        verb: of the API (get, list, watch, create, ...); empty for any.
        resource: plural, with ``/`` and the subresource if there is one; empty for any.
        path: how the path begins; empty for any.
        query: a part of the query, as it was sent; empty for any.
        agent: a part of the client's User-Agent; empty for any.
        count: how many requests or watches it meets; None for all until it is removed.
        code: the HTTP status of ``refuse`` and ``error-event``.
        message: what ``refuse`` and ``error-event`` say, "a planned fault" unless given.
        retry_after_seconds: sent along with ``refuse``.
        seconds: of ``delay`` and ``lag``.
        body: of ``replace`` and ``garbage``, one character for each byte (Latin-1).
    """

    action: Action
    verb: str = ""
    resource: str = ""
    path: str = ""
    query: str = ""
    agent: str = ""
    count: int | None = 1
    code: int = 500
    message: str = ""
    retry_after_seconds: int | None = None
    seconds: float = 0.0
    body: str = ""

    def __post_init__(self) -> None:
        if self.count is not None and self.count < 1:
            raise ValueError("count must be at least 1, or null for no end")
        if not 300 <= self.code <= 599:
            raise ValueError("code must be a status from 300 to 599")
        if self.seconds < 0:
            raise ValueError("seconds must not be negative")

    @property
    def raw_body(self) -> bytes:
        """The bytes that ``body`` stands for."""
        return self.body.encode("latin-1")

    def meets(self, subject: "Subject") -> bool:
        """Tell whether a request is one of those meant."""
        return (
            self.verb in {"", subject.verb}
            and self.resource in {"", subject.resource}
            and subject.path.startswith(self.path)
            and self.query in subject.query
            and self.agent in subject.agent
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """What faults look at in a request."""

    verb: str
    resource: str
    path: str
    query: str
    agent: str
