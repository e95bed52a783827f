"""Event handlers and their isolation from each other."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Protocol

from plugin_operator import logs
from plugin_operator.cache import time_slice
from plugin_operator.cache.objects import CachedObject
from plugin_operator.clock import Clock
from plugin_operator.kube import NamespacedName
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import counter

HANDLER_ERRORS = counter(
    "plugin_operator_handler_errors_total",
    "Predicates, map and index functions and event handlers that raised",
    "controller",
    "where",
)

_log = logs.get_logger(__name__)


class EventHandler(Protocol):
    """Receiver of cache events: called on the event loop, in order, after the cache shows the change. Must be fast."""

    def on_add(self, key: NamespacedName, new: CachedObject, is_initial: bool) -> None:
        """Handle a new object; ``is_initial`` is true for objects of the initial list."""

    def on_update(self, key: NamespacedName, old: CachedObject, new: CachedObject) -> None:
        """Handle a changed object."""

    def on_delete(self, key: NamespacedName, old: CachedObject) -> None:
        """Handle a deleted object; ``old`` is its last known state."""


class Registration:
    """Registration of one event handler, for ``remove_handler``.

    Attributes:
        handler: the event handler.
        replayed: whether the handler has received all objects that the cache held at its registration.
    """

    __slots__ = ("active", "handler", "replayed")

    def __init__(self, handler: EventHandler) -> None:
        self.handler = handler
        self.active = True
        self.replayed = False


class Present(Protocol):
    """Read access to the objects of a store."""

    def __iter__(self) -> Iterator[CachedObject]:
        """Iterate over all objects."""

    def get(self, namespace: str, name: str) -> CachedObject | None:
        """Return one object, or None."""


class Distributor:
    """The ``ChangeSink`` of a store: distributes its changes to the event handlers.

    Args:
        metrics: counts handlers that raise.
        clock: measures the time slices of a long replay.
    """

    __slots__ = ("_clock", "_errors", "_registrations", "synced")

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._errors = metrics.family(HANDLER_ERRORS)
        self._clock = clock
        self._registrations: tuple[Registration, ...] = ()
        self.synced = False

    def register(self, handler: EventHandler, present: Present) -> Registration:
        """Add a handler and replay the existing objects to it.

        A replay longer than one time slice continues while the event loop runs. Changes in between are delivered at
        once, so the handler may see an update of an object before its addition.
        """
        registration = Registration(handler)
        self._registrations = (*self._registrations, registration)
        self._replay(registration, iter(list(present)), present)
        return registration

    def _replay(
        self, registration: Registration, objects: Iterator[CachedObject], present: Present, every: int = 1
    ) -> None:
        began = self._clock.monotonic()
        for number, obj in enumerate(objects, 1):
            if not registration.active:
                return
            current = present.get(obj.namespace, obj.name)
            if current is not None:
                self._call_add((registration,), current, is_initial=True)
            if number % every:
                continue
            took = self._clock.monotonic() - began
            every = time_slice.look_every(took, number)
            if took >= time_slice.SLICE_SECONDS:
                asyncio.get_running_loop().call_soon(self._replay, registration, objects, present, every)
                return
        registration.replayed = True

    def unregister(self, registration: Registration) -> None:
        """Remove a handler; does nothing if it is not registered."""
        registration.active = False
        self._registrations = tuple(other for other in self._registrations if other is not registration)

    def added(self, new: CachedObject) -> None:
        """Distribute an addition, which is initial until the first list is complete."""
        self._call_add(self._registrations, new, is_initial=not self.synced)

    def updated(self, old: CachedObject, new: CachedObject) -> None:
        """Distribute a change."""
        key = new.key
        for registration in self._registrations:
            try:
                registration.handler.on_update(key, old, new)
            except BaseException:  # noqa: BLE001 - a handler must not stop delivery to the others
                self._failed(key)

    def deleted(self, old: CachedObject) -> None:
        """Distribute a deletion."""
        key = old.key
        for registration in self._registrations:
            try:
                registration.handler.on_delete(key, old)
            except BaseException:  # noqa: BLE001 - a handler must not stop delivery to the others
                self._failed(key)

    def _call_add(self, registrations: Iterable[Registration], new: CachedObject, *, is_initial: bool) -> None:
        key = new.key
        for registration in registrations:
            try:
                registration.handler.on_add(key, new, is_initial)
            except BaseException:  # noqa: BLE001 - a handler must not stop delivery to the others
                self._failed(key)

    def _failed(self, key: NamespacedName) -> None:
        self._errors.inc("", "event handler")
        _log.exception("Event handler failed", namespace=key.namespace, name=key.name)
