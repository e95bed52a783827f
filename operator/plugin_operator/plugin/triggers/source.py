"""``Source``: lets plugins enqueue requests for events outside of the API server.

Owns the handle in the plugin's module. The host routes its requests over revisions, behind ``Outlet``.
"""

import re
import sys
import threading
from enum import StrEnum
from typing import Any, Literal, Protocol

from plugin_operator.controllers import Request, value_checks
from plugin_operator.errors import NotEnqueued
from plugin_operator.plugin.triggers.requests import AnyRequest, request_from

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9_])?\Z")
_HINT = "use up to 63 letters, digits, '_', '-' and '.'"


class Refusal(StrEnum):
    """Reason why a request is not enqueued; the value is a metric label."""

    UNCONNECTED = "unconnected"
    STANDBY = "standby"
    GONE = "gone"
    FULL = "full"


_WHY = {
    Refusal.UNCONNECTED: "no controller of a loaded revision has it: send from start(ctx) or later, not at import",
    Refusal.STANDBY: "this replica does not lead: the leader's is the one to send to",
    Refusal.GONE: "the revision that works has no controller with it",
    Refusal.FULL: "too many of its requests wait to be reconciled: send it again later",
}


class Outlet(Protocol):
    """Receiver of the requests of a source."""

    def send(self, source: str, request: Request | None) -> Refusal | None:
        """Accept a request; None means the only request of a controller without ``for_``. Thread-safe.

        Raises:
            TypeError: ``request`` is None, but a controller of the source has ``for_``.
        """

    def refused(self, source: str, refusal: Refusal, count: int) -> None:
        """Count requests that were refused earlier. Thread-safe."""


class Source:
    """Enqueues requests without an event of the API server: for webhooks, message queues and timers.

    Create it at module level and pass it to a controller: ``@controller(..., sources=[source])``. Its name is unique in
    the plugin. After a reload, a source of the old revision sends to the new revision's controllers that have a source
    of the same name. So remaining tasks of the old revision still work.

    Args:
        name: unique in the plugin; up to 63 letters, digits, ``_``, ``-`` and ``.``.
        on_standby: behavior of ``send`` on a standby and during the import of the plugin: ``"drop"`` the request and
            return False, or ``"raise"`` NotEnqueued.

    Attributes:
        name: name of the source.
        on_standby: behavior of ``send`` on a standby.

    Raises:
        TypeError: the name is not a text.
        ValueError: the name has other characters, or ``on_standby`` is neither of the two.
    """

    __slots__ = ("_early", "_lock", "_outlet", "line", "module", "name", "on_standby")

    def __init__(self, name: str, *, on_standby: Literal["drop", "raise"] = "drop") -> None:
        plain = value_checks.text("the name of a Source", name, most=63)
        if not _NAME.match(plain):
            raise ValueError(f"the name of a Source is {plain!r}: {_HINT}")
        given: object = on_standby
        if type(given) is not str or given not in {"drop", "raise"}:
            raise ValueError(f"on_standby is {value_checks.shown(given)}: it takes 'drop' or 'raise'")
        self.name = plain
        self.on_standby = on_standby
        self._outlet: Outlet | None = None
        self._early = 0
        self._lock = threading.RLock()  # a __del__ of a plugin may send while this thread holds it
        # The location of its creation, for messages.
        caller: Any = sys._getframe(1)  # noqa: SLF001
        self.line: int = caller.f_lineno
        self.module = str(caller.f_globals.get("__name__", ""))

    def __repr__(self) -> str:
        return f"Source({self.name!r})"

    def send(self, request: AnyRequest | None = None) -> bool:
        """Enqueue a request for every controller with this source. Never blocks; thread-safe.

        A queued request is not queued twice.

        Args:
            request: a ``Request``, a pair of namespace and name, ``"namespace/name"``, or an object: a dict with
                metadata, or a typed model. None means the only request of a controller without ``for_``.

        Returns:
            Whether the request was enqueued; False if ``on_standby="drop"`` has dropped it.

        Raises:
            NotEnqueued: this replica is a standby, with ``on_standby="raise"``; or 100,000 requests of the source wait.
            TypeError: ``request`` has another type, or is None although a controller has ``for_``.
            ValueError: the name is empty, or the text has more than one slash.
        """
        key = None if request is None else request_from(request, "send() got")
        outlet = self._outlet
        if outlet is None:
            with self._lock:
                self._early += 1
            refusal: Refusal | None = Refusal.UNCONNECTED
        else:
            refusal = outlet.send(self.name, key)
        if refusal is None:
            return True
        if refusal is Refusal.FULL or self.on_standby == "raise":
            raise NotEnqueued(f"Source {self.name!r} took no request: {_WHY[refusal]}")
        return False

    def connect(self, outlet: Outlet) -> None:
        """Send requests to ``outlet`` from now on; the operator calls it."""
        self._outlet = outlet
        with self._lock:
            early, self._early = self._early, 0
        if early:
            outlet.refused(self.name, Refusal.UNCONNECTED, early)
