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
REPORTED_SECONDS = 1200.0

_MAX_MISSING = 20
# Message of a denial by RBAC. Admission also responds with 403, but its messages have another form.
_NO_RIGHT = re.compile(
    r'(?P<name> "[^"]*" is forbidden: )?(?P<reason>User "[^"]*" cannot \S+ resource "[^"]*"(?: in API group "[^"]*")?'
    r'(?: in the namespace "[^"]*"| at the cluster scope)?)'
)

_log = logs.get_logger(__name__)


class _Denial(NamedTuple):
    """A denied permission: the message without the object's name, the first one with it, and the time of the last."""

    reason: str
    first: str
    at: float


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
        self._missing: dict[Attempt, _Denial] = {}

    def __bool__(self) -> bool:
        return bool(self._missing)

    def denied(self, attempt: Attempt, error: ForbiddenError) -> None:
        """Record a 403 response, and log it once per permission."""
        found = _NO_RIGHT.search(str(error))
        if found is None or (attempt not in self._missing and len(self._missing) >= _MAX_MISSING):
            return
        reason, now = found["reason"], self._clock.monotonic()
        known = self._missing.get(attempt)
        if known is None:
            _log.warning("Controller lacks a permission", **self._whose, reason=reason)
        first = known.first if known is not None and known.reason == reason else found[0]
        self._missing[attempt] = _Denial(reason, first, now)

    def granted(self, attempt: Attempt) -> None:
        """Record that the API server allowed such a call."""
        self._missing.pop(attempt, None)

    def forget(self, denials: Iterable[str]) -> None:
        """Drop some of ``denials()``, because the API server would allow such calls now."""
        gone = set(denials)
        self._missing = {each: what for each, what in self._missing.items() if what.first not in gone}

    def reasons(self) -> list[str]:
        """Return the missing permissions: the API server's messages without object names."""
        return list(dict.fromkeys(each.reason for each in self._current()))

    def denials(self) -> list[str]:
        """Return the same messages with the name of the first object that was denied, if they have one."""
        return list(dict.fromkeys(each.first for each in self._current()))

    def _current(self) -> Iterable[_Denial]:
        now = self._clock.monotonic()
        self._missing = {each: what for each, what in self._missing.items() if now - what.at <= REPORTED_SECONDS}
        return self._missing.values()
