"""What can go wrong between the operator and the API server, and what the operator makes of it.

Each row is a test and a line of the table in docs/api-server-failures.md. Rows here are declared: the fault is
planned in the server while the operator works; the same changes are then made on the server, and the same things
asserted. Rows that need more than that are in ``scripts``.
"""

from dataclasses import dataclass
from typing import Any

from kube_apiserver.faults import Action, Fault

OPERATOR = "plugin-operator/"
RESUMES = "resumes where it was"
LISTS_AGAIN = "lists again"
BACKS_OFF = "backs off with growing, jittered pauses of its own, resumes where it was"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line.

    Attributes:
        when: the fault.
        then: what happens to the controller concerned.
        plan: the faults, planned in this order.
        restarts: the reason under which ``plugin_operator_watch_restarts_total`` counts it; empty if it is no restart.
        state: what ``/status`` shows while it lasts; empty if it does not last.
        reason: a part of the reason shown.
    """

    when: str
    then: str
    plan: tuple[Fault, ...]
    restarts: str = ""
    state: str = ""
    reason: str = ""

    @property
    def name(self) -> str:
        """An id for the test."""
        return self.when.replace(" ", "_").replace("`", "")


def fault(action: Action, *, lasting: bool = False, **fields: Any) -> Fault:
    """Return a fault that meets only the operator's ConfigMaps."""
    return Fault(action=action, agent=OPERATOR, resource="configmaps", count=None if lasting else 1, **fields)


def watch(action: Action, **fields: Any) -> Fault:
    """Return a fault inside, or at the opening of, the watch."""
    return fault(action, verb="watch", **fields)


BREAK = watch(Action.BREAK)
EXPIRE = watch(Action.ERROR_EVENT, code=410)
NO_STREAMING = watch(Action.REFUSE, query="sendInitialEvents", code=400, lasting=True)

IN_THE_WATCH = (
    Row(when="the watch's connection is cut", then=RESUMES, plan=(BREAK,), restarts="broken"),
    Row(when="the watch ends before its time", then=RESUMES, plan=(watch(Action.END),), restarts="broken"),
    Row(
        when="the watch is cut short inside an event",
        then="drops the half event, " + RESUMES,
        plan=(watch(Action.TRUNCATE),),
        restarts="broken",
    ),
    Row(
        when="the watch falls silent, its connection stays open",
        then="drops it at the deadline for silence, " + RESUMES,
        plan=(watch(Action.SILENCE),),
        restarts="broken",
    ),
    Row(
        when="the watch brings events late",
        then="handles them late",
        plan=(watch(Action.LAG, seconds=0.3),),
    ),
    Row(
        when="the watch arrives in pieces of a few bytes",
        then="puts them together",
        plan=(watch(Action.SPLIT, lasting=True),),
    ),
    Row(when="an event comes twice", then="ignores the second", plan=(watch(Action.DUPLICATE),)),
    Row(
        when="an old event comes again",
        then="does not trust the history any more, " + LISTS_AGAIN,
        plan=(watch(Action.STALE),),
        restarts="history rewritten",
    ),
    Row(
        when="two events come in the wrong order",
        then="does not trust the history any more, " + LISTS_AGAIN,
        plan=(watch(Action.REORDER),),
        restarts="history rewritten",
    ),
    Row(when="an ERROR event says 410", then=LISTS_AGAIN, plan=(EXPIRE,), restarts="expired"),
    Row(
        when="an ERROR event says 500",
        then=RESUMES,
        plan=(watch(Action.ERROR_EVENT, code=500),),
        restarts="server failed",
    ),
    Row(
        when="an ERROR event says 429",
        then=RESUMES,
        plan=(watch(Action.ERROR_EVENT, code=429),),
        restarts="throttled",
    ),
    Row(
        when="an ERROR event says 403",
        then="waits, tries again every few seconds",
        plan=(watch(Action.ERROR_EVENT, code=403),),
        restarts="forbidden",
    ),
    Row(
        when="an ERROR event says that the conversion webhook is away",
        then="waits, tries again every few seconds",
        plan=(watch(Action.ERROR_EVENT, code=500, message="conversion webhook for v1, Kind=ConfigMap failed: EOF"),),
        restarts="conversion failing",
    ),
    Row(
        when="a line of the watch is no JSON",
        then="has it sent again, " + RESUMES,
        plan=(watch(Action.GARBAGE, body="}{ nonsense"),),
        restarts="broken",
    ),
    Row(
        when="a line of the watch is not UTF-8",
        then="has it sent again, " + RESUMES,
        plan=(watch(Action.GARBAGE, body='{"type":"ADDED","object":{"metadata":{"name":"\xff"}}}'),),
        restarts="broken",
    ),
    Row(
        when="an event nests 10,000 levels deep and is no object",
        then="has it sent again, " + RESUMES,
        plan=(watch(Action.GARBAGE, body='{"type":"ADDED","object":' + '{"a":' * 10_000 + "1" + "}" * 10_001),),
        restarts="broken",
    ),
    Row(
        when="an event has an unknown type",
        then="has it sent again, " + RESUMES,
        plan=(watch(Action.GARBAGE, body='{"type":"DANCED","object":{"metadata":{"name":"x"}}}'),),
        restarts="broken",
    ),
    Row(
        when="an event's object has no name",
        then="has it sent again, " + RESUMES,
        plan=(watch(Action.GARBAGE, body='{"type":"ADDED","object":{"metadata":{}}}'),),
        restarts="broken",
    ),
    Row(when="blank lines come in the watch", then="ignores them", plan=(watch(Action.GARBAGE, body=""),)),
)


def _opening(code: int, then: str, restarts: str, *, seconds: int | None = None) -> Row:
    refusal = watch(Action.REFUSE, code=code, retry_after_seconds=seconds)
    after = f" and Retry-After: {seconds}" if seconds is not None else ""
    return Row(when=f"a watch is refused with {code}{after}", then=then, plan=(refusal, BREAK), restarts=restarts)


def _lasting(code: int, then: str, restarts: str, state: str) -> Row:
    refusal = watch(Action.REFUSE, code=code, lasting=True)
    return Row(
        when=f"watches are refused with {code} until further notice",
        then=then,
        plan=(refusal, BREAK),
        restarts=restarts,
        state=state,
        reason="a planned fault" if code != 404 else "no longer serves",
    )


OPENING_A_WATCH = (
    _opening(400, "waits, tries again every few seconds", "refused"),
    _opening(401, "renews its credentials and tries again at once", ""),
    _opening(403, "waits, tries again every few seconds", "forbidden"),
    _opening(404, "waits, keeps what it has, looks again twice a second", "kind missing"),
    _opening(410, LISTS_AGAIN, "expired"),
    _opening(429, "waits as long as Retry-After says", "throttled", seconds=1),
    _opening(429, BACKS_OFF, "throttled"),
    _opening(500, BACKS_OFF, "server failed"),
    _opening(503, "waits as long as Retry-After says", "server failed", seconds=1),
    _opening(504, BACKS_OFF, "server failed"),
    _opening(302, "follows no redirect, backs off, " + RESUMES, "server failed"),
    _lasting(401, BACKS_OFF, "server failed", "BACKING_OFF"),
    _lasting(403, "waits until it is allowed", "forbidden", "WAITING"),
    _lasting(404, "waits until the kind is back, keeps what it has", "kind missing", "WAITING"),
    _lasting(429, BACKS_OFF, "throttled", "BACKING_OFF"),
    _lasting(500, BACKS_OFF, "server failed", "BACKING_OFF"),
    _lasting(503, BACKS_OFF, "server failed", "BACKING_OFF"),
    Row(
        when="connections are cut before a watch is answered",
        then=BACKS_OFF,
        plan=(watch(Action.DROP, lasting=True), BREAK),
        restarts="broken",
        state="BACKING_OFF",
    ),
    Row(
        when="a watch is never answered",
        then="gives up at the deadline for silence, " + RESUMES,
        plan=(watch(Action.STALL), BREAK),
        restarts="broken",
    ),
    Row(
        when="a watch is answered late",
        then="waits for it",
        plan=(watch(Action.DELAY, seconds=0.4), BREAK),
        restarts="broken",
    ),
    Row(
        when="a watch is answered with a page of HTML",
        then=RESUMES,
        plan=(watch(Action.REPLACE, body="<html>sign in</html>\n"), BREAK),
        restarts="broken",
    ),
    Row(
        when="a watch is answered with nothing",
        then=RESUMES,
        plan=(watch(Action.REPLACE, body=""), BREAK),
        restarts="broken",
    ),
)


def _streamed(what: str, then: str, restarts: str, action: Action, **fields: Any) -> Row:
    return Row(
        when=f"a streaming list {what}",
        then=then,
        plan=(EXPIRE, watch(action, query="sendInitialEvents", **fields)),
        restarts=restarts,
    )


STREAMING_LISTS = (
    _streamed(
        "is not supported (400)", "asks for pages for ten minutes", "expired", Action.REFUSE, code=400, lasting=True
    ),
    _streamed(
        "is not supported (422)", "asks for pages for ten minutes", "expired", Action.REFUSE, code=422, lasting=True
    ),
    _streamed("is refused with 403", "waits, tries again every few seconds", "forbidden", Action.REFUSE, code=403),
    _streamed("is refused with 429", "backs off, lists again", "throttled", Action.REFUSE, code=429),
    _streamed("is refused with 500", "backs off, lists again", "server failed", Action.REFUSE, code=500),
    _streamed("is refused with 410", "asks for pages", "expired", Action.REFUSE, code=410),
    _streamed("is never answered", "gives up at its deadline, lists again", "broken", Action.STALL),
    _streamed("is cut in the middle", "asks for pages for ten minutes", "broken", Action.BREAK),
    _streamed("ends before it is complete", "asks for pages for ten minutes", "broken", Action.END),
    _streamed("falls silent before it is complete", "asks for pages for ten minutes", "broken", Action.SILENCE),
    _streamed("is cut short inside an object", "asks for pages for ten minutes", "broken", Action.TRUNCATE),
    _streamed("has an ERROR event 410", "asks for pages for ten minutes", "expired", Action.ERROR_EVENT, code=410),
)


def _paged(
    what: str,
    then: str,
    restarts: str,
    action: Action,
    *,
    lasting: bool = False,
    reason: str = "a planned fault",
    **fields: Any,
) -> Row:
    page = fault(action, verb="list", lasting=lasting, **fields)
    return Row(
        when=f"a page of a list {what}",
        then=then,
        plan=(NO_STREAMING, page, EXPIRE),
        restarts=restarts,
        state="BACKING_OFF" if lasting else "",
        reason=reason if lasting else "",
    )


PAGED_LISTS = (
    _paged("is refused with 410 (expired)", "lists in one piece", "", Action.REFUSE, code=410),
    _paged(
        "is refused with 429 and Retry-After",
        "waits as long as Retry-After says",
        "",
        Action.REFUSE,
        code=429,
        retry_after_seconds=0,
    ),
    _paged("is refused with 500", "backs off, lists again", "server failed", Action.REFUSE, code=500),
    _paged("is refused with 500 each time", "backs off", "server failed", Action.REFUSE, code=500, lasting=True),
    _paged("is refused with 403", "waits, tries again every few seconds", "forbidden", Action.REFUSE, code=403),
    _paged("is refused with 401", "renews its credentials, tries again at once", "", Action.REFUSE, code=401),
    _paged("is cut off", "tries again at once on another connection", "", Action.DROP),
    _paged("is cut off each time", "backs off", "broken", Action.DROP, lasting=True, reason="closed the connection"),
    _paged("never comes", "gives up at its deadline, lists again", "broken", Action.STALL),
    _paged("is no JSON", "backs off, lists again", "broken", Action.REPLACE, body='{"items": [{'),
    _paged("is a page of HTML", "backs off, lists again", "broken", Action.REPLACE, body="<html>sign in</html>"),
    _paged("is empty", "backs off, lists again", "broken", Action.REPLACE, body=""),
    _paged(
        "nests 10,000 levels deep without an object",
        "backs off, lists again",
        "broken",
        Action.REPLACE,
        body='{"items":[' + '{"a":' * 10_000 + "1" + "}" * 10_000 + "]}",
    ),
)

ROWS = (*IN_THE_WATCH, *OPENING_A_WATCH, *STREAMING_LISTS, *PAGED_LISTS)
