"""The triggers of one revision, to which its sources and contexts send.

Owns requests sent before the swap: they wait for it, or are dropped with a discarded revision. After the swap, requests
are forwarded to ``PluginTriggers``, which knows the active revision, as long as code of this one runs.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from plugin_operator.clock import Clock
from plugin_operator.controllers import Request
from plugin_operator.errors import NotEnqueued
from plugin_operator.hosting.triggers.pending_requests import MAX_PENDING, Parcel
from plugin_operator.metrics import Counter
from plugin_operator.metrics.declaration import counter
from plugin_operator.plugin import ControllerDeclaration, Refusal

SOURCE_REQUESTS = counter(
    "plugin_operator_source_requests_total",
    "Requests that sources sent, by what became of them: enqueued, standby, unconnected, gone, full",
    "plugin",
    "source",
    "result",
)


class Receiver(Protocol):
    """Receiver of the requests of a plugin; see ``PluginTriggers``."""

    def take(self, parcel: Parcel, due: float) -> Refusal | None:
        """Accept a request. Thread-safe."""


class RevisionTriggers:
    """The ``Outlet`` of the sources of one revision, and the receiver of ``ctx.enqueue``.

    Args:
        plugin: name of the plugin.
        declarations: declared controllers of the revision.
        clock: measures delays.
        counts: ``{plugin, source, result}``.
    """

    def __init__(
        self, plugin: str, declarations: tuple[ControllerDeclaration, ...], *, clock: Clock, counts: Counter
    ) -> None:
        self.declarations = declarations
        self._plugin = plugin
        self._clock = clock
        self._counts = counts
        self._lock = threading.RLock()  # a __del__ of a plugin may send while this thread holds it
        self._held: dict[Parcel, float] = {}
        self._receiver: Receiver | None = None
        self._is_given_up = False
        self._with_kind = {source.name for each in declarations if each.for_ is not None for source in each.sources}

    def connect(self) -> None:
        """Connect the sources of the revision."""
        for source in {source for each in self.declarations for source in each.sources}:
            for result in (_ENQUEUED, *Refusal):
                self._counts.inc(self._plugin, source.name, str(result), by=0)
            source.connect(self)

    def send(self, source: str, request: Request | None) -> Refusal | None:
        """See ``Outlet``."""
        if request is None and source in self._with_kind:
            raise TypeError(
                f"Source {source!r} has a controller that reconciles a kind: say which object, send(request)"
            )
        refusal = self._take(Parcel("", source, request), 0.0)
        self._count(source, refusal or _ENQUEUED)
        return refusal

    def refused(self, source: str, refusal: Refusal, count: int) -> None:
        """See ``Outlet``."""
        self._count(source, refusal, count)

    def enqueuer(self, controller: str) -> Callable[[Request, float], None]:
        """Return the function behind ``ctx.enqueue`` of a controller."""

        def enqueue(request: Request, after_seconds: float) -> None:
            due = self._clock.monotonic() + after_seconds if after_seconds > 0 else 0.0
            refusal = self._take(Parcel(controller, "", request), due)
            if refusal is not None:
                raise NotEnqueued(f"{request} was not enqueued: {_WHY.get(refusal, refusal)}")

        return enqueue

    def forward_to(self, receiver: Receiver) -> None:
        """Forward the held requests, and all later ones."""
        with self._lock:
            self._receiver = receiver
            held, self._held = self._held, {}
        for parcel, due in held.items():
            if (refusal := receiver.take(parcel, due)) is not None and parcel.source:
                self._count(parcel.source, refusal)

    def give_up(self) -> None:
        """Drop held requests, unless the revision was active before, so that its code may still send."""
        with self._lock:
            if self._receiver is not None:
                return
            self._is_given_up = True
            held, self._held = self._held, {}
        for parcel in held:
            if parcel.source:
                self._count(parcel.source, Refusal.GONE)

    def _take(self, parcel: Parcel, due: float) -> Refusal | None:
        with self._lock:
            receiver = self._receiver
            if receiver is None:
                if self._is_given_up:
                    return Refusal.GONE
                known = self._held.get(parcel)
                if known is None and len(self._held) >= MAX_PENDING:
                    return Refusal.FULL
                self._held[parcel] = due if known is None else min(due, known)
                return None
        return receiver.take(parcel, due)

    def _count(self, source: str, result: str, count: int = 1) -> None:
        labels = (self._plugin, source, str(result))
        with _COUNTING:
            if labels in self._counts.values:  # adding a label set here could race with a scrape
                self._counts.inc(*labels, by=count)


_ENQUEUED = "enqueued"
_COUNTING = threading.RLock()

_WHY = {
    Refusal.STANDBY: "this replica does not lead",
    Refusal.GONE: "the controller is gone",
    Refusal.FULL: "too many requests are on their way",
}
