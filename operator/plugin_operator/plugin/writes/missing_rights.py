"""Rights to write that the API server denied to a controller: reads that are denied show in its caches, writes nowhere.

Owns what is missing now. What to say of it is ``hosting``'s business.
"""

import re
from typing import NamedTuple

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.errors import ForbiddenError
from plugin_operator.plugin.writes.expectations import Target

#: A right that nobody has asked for again for so long is no longer told; retries are at most 1,000 s apart.
TOLD_SECONDS = 1200.0

_MAX_MISSING = 20
# Admission answers 403 as well; what it says has another form, and concerns the object and not a right.
_NO_RIGHT = re.compile(
    r'User "[^"]*" cannot \S+ resource "[^"]*"(?: in API group "[^"]*")?'
    r'(?: in the namespace "[^"]*"| at the cluster scope)?'
)

_log = logs.get_logger(__name__)


class Attempt(NamedTuple):
    """One kind of write, to one kind, in one namespace."""

    verb: str
    kind: str
    namespace: str

    @classmethod
    def on(cls, verb: str, target: Target | None) -> "Attempt":
        """Return the attempt at a write to ``target``; None stands for all typed models."""
        return cls(verb, str(target.kind), target.key.namespace) if target is not None else cls(verb, "", "")


class MissingRights:
    """What one controller of one revision may not write.

    Args:
        plugin, revision, controller: whose, for the log.
        clock: measures how long ago it was denied.
    """

    __slots__ = ("_clock", "_missing", "_whose")

    def __init__(self, plugin: str, revision: str, controller: str, clock: Clock) -> None:
        self._whose = {"plugin": plugin, "revision": revision, "controller": controller}
        self._clock = clock
        self._missing: dict[Attempt, tuple[str, float]] = {}

    def __bool__(self) -> bool:
        return bool(self._missing)

    def denied(self, attempt: Attempt, error: ForbiddenError) -> None:
        """Note that the API server answered 403; one log line for each right."""
        found = _NO_RIGHT.search(str(error))
        if found is None or (attempt not in self._missing and len(self._missing) >= _MAX_MISSING):
            return
        if attempt not in self._missing:
            _log.warning("Controller lacks a right", **self._whose, reason=found[0])
        self._missing[attempt] = found[0], self._clock.monotonic()

    def granted(self, attempt: Attempt) -> None:
        """Note that such a write was answered."""
        self._missing.pop(attempt, None)

    def reasons(self) -> list[str]:
        """Return what is missing, in the API server's words without the object's name."""
        now = self._clock.monotonic()
        self._missing = {each: what for each, what in self._missing.items() if now - what[1] <= TOLD_SECONDS}
        return list(dict.fromkeys(reason for reason, _ in self._missing.values()))
