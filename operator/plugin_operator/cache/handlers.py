"""Who hears about changes, and how one who fails harms no other."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Protocol

from plugin_operator import logs
from plugin_operator.cache import time_slice
from plugin_operator.cache.objects import CachedObject
from plugin_operator.clock import Clock
from plugin_operator.kube import NamespacedName
from plugin_operator.metrics import Metrics

_log = logs.get_logger(__name__)


class EventHandler(Protocol):
    """Hears of changes in a cache, on the event loop, in order, after the cache shows them. Must be cheap."""

    def on_add(self, key: NamespacedName, new: CachedObject, is_initial: bool) -> None:
        """An object appeared; ``is_initial`` if it was there before anybody watched."""

    def on_update(self, key: NamespacedName, old: CachedObject, new: CachedObject) -> None:
        """An object changed."""

    def on_delete(self, key: NamespacedName, old: CachedObject) -> None:
        """An object is gone; ``old`` is its last known state."""


class Registration:
    """One handler's place; give it to ``remove_handler``.

    Attributes:
        handler: who hears.
        replayed: whether it has heard of everything that was there when it came.
    """

    __slots__ = ("active", "handler", "replayed")

    def __init__(self, handler: EventHandler) -> None:
        self.handler = handler
        self.active = True
        self.replayed = False


class Present(Protocol):
    """The objects that are there now: a store."""

    def __iter__(self) -> Iterator[CachedObject]:
        """Return all of them."""

    def get(self, namespace: str, name: str) -> CachedObject | None:
        """Return one of them."""


class Distributor:
    """Passes the changes of a store on to handlers: the store's ``ChangeSink``.

    Args:
        metrics: counts handlers that raise.
        clock: measures the slices of a long replay.
    """

    __slots__ = ("_clock", "_errors", "_registrations", "synced")

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._errors = metrics.handler_errors
        self._clock = clock
        self._registrations: tuple[Registration, ...] = ()
        self.synced = False

    def register(self, handler: EventHandler, present: Present) -> Registration:
        """Add a handler and tell it of everything that is there already.

        What takes more than a slice goes on while the event loop runs. A change in between is told at once, so an
        object whose turn has not come may be heard to change before it is heard to be there.
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
        """Tell the handler nothing more; harmless if it is not registered."""
        registration.active = False
        self._registrations = tuple(other for other in self._registrations if other is not registration)

    def added(self, new: CachedObject) -> None:
        """Pass on an addition: initial until the first list is complete."""
        self._call_add(self._registrations, new, is_initial=not self.synced)

    def updated(self, old: CachedObject, new: CachedObject) -> None:
        """Pass on a change."""
        key = new.key
        for registration in self._registrations:
            try:
                registration.handler.on_update(key, old, new)
            except BaseException:  # noqa: BLE001 - whatever one handler raises, the others must hear
                self._failed(key)

    def deleted(self, old: CachedObject) -> None:
        """Pass on a deletion."""
        key = old.key
        for registration in self._registrations:
            try:
                registration.handler.on_delete(key, old)
            except BaseException:  # noqa: BLE001 - whatever one handler raises, the others must hear
                self._failed(key)

    def _call_add(self, registrations: Iterable[Registration], new: CachedObject, *, is_initial: bool) -> None:
        key = new.key
        for registration in registrations:
            try:
                registration.handler.on_add(key, new, is_initial)
            except BaseException:  # noqa: BLE001 - whatever one handler raises, the others must hear
                self._failed(key)

    def _failed(self, key: NamespacedName) -> None:
        self._errors.inc("", "event handler")
        _log.exception("Event handler failed", namespace=key.namespace, name=key.name)
