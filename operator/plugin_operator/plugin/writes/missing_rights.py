"""Permissions that the API server denied to the calls of a controller; the caches show their own.

Owns the currently missing permissions. Leaves reporting to ``hosting``.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.errors import ForbiddenError
from plugin_operator.plugin.writes.expectations import Target

#: Time after the last denial until it is dropped; retries are at most 1,000 s apart.
TOLD_SECONDS = 1200.0

_MAX_MISSING = 20
# Message of a denial by RBAC. Admission also responds with 403, but its messages have another form.
_NO_RIGHT = re.compile(
    r'User "[^"]*" cannot \S+ resource "[^"]*"(?: in API group "[^"]*")?'
    r'(?: in the namespace "[^"]*"| at the cluster scope)?'
)

_log = logs.get_logger(__name__)


class Attempt(NamedTuple):
    """One type of call about one kind in one namespace."""

    verb: str
    kind: str
    namespace: str

    @classmethod
    def on(cls, verb: str, target: Target | None) -> "Attempt":
        """Return the attempt of a write to ``target``; None stands for all typed models."""
        return cls(verb, str(target.kind), target.key.namespace) if target is not None else cls(verb, "", "")


class MissingRights:
    """The missing permissions of one controller in one revision.

    Args:
        plugin, revision, controller: fields of log lines.
        clock: measures the time since a denial.
    """

    __slots__ = ("_clock", "_missing", "_whose")

    def __init__(self, plugin: str, revision: str, controller: str, clock: Clock) -> None:
        self._whose = {"plugin": plugin, "revision": revision, "controller": controller}
        self._clock = clock
        self._missing: dict[Attempt, tuple[str, float]] = {}

    def __bool__(self) -> bool:
        return bool(self._missing)

    def denied(self, attempt: Attempt, error: ForbiddenError) -> None:
        """Record a 403 response, and log it once per permission."""
        found = _NO_RIGHT.search(str(error))
        if found is None or (attempt not in self._missing and len(self._missing) >= _MAX_MISSING):
            return
        if attempt not in self._missing:
            _log.warning("Controller lacks a permission", **self._whose, reason=found[0])
        self._missing[attempt] = found[0], self._clock.monotonic()

    def granted(self, attempt: Attempt) -> None:
        """Record that the API server allowed such a call."""
        self._missing.pop(attempt, None)

    def forget(self, reasons: Iterable[str]) -> None:
        """Drop denials by their messages, because the API server would allow such calls now."""
        gone = set(reasons)
        self._missing = {each: what for each, what in self._missing.items() if what[0] not in gone}

    def reasons(self) -> list[str]:
        """Return the missing permissions: the API server's messages without object names."""
        now = self._clock.monotonic()
        self._missing = {each: what for each, what in self._missing.items() if now - what[1] <= TOLD_SECONDS}
        return list(dict.fromkeys(reason for reason, _ in self._missing.values()))
