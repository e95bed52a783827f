"""Hearing of the Lease's changes as they happen.

Owns the informer of that one object. It only hints: what is true is decided by the elector, which reads and writes the
Lease itself. Without the right to watch it, or with a stream that is late, everything works at the pace of the retry
period.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from plugin_operator.cache import CachedObject, Informer, InformerKey
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.leaderelection.elector import LeaderElector
from plugin_operator.leaderelection.record import LeaderRecord

_LEASE = GroupVersionKind("coordination.k8s.io", "v1", "Lease")


class Factory(Protocol):
    """The part of ``cache.InformerFactory`` that is needed."""

    def acquire(self, key: InformerKey) -> Any:
        """Return the informer, started."""

    async def release(self, informer: Any) -> None:
        """Give it back."""


class LeaseWatch:
    """A Runnable that hints the elector when the Lease becomes free: a clean hand-over takes no retry period."""

    name = "watch on the Lease"

    def __init__(self, elector: LeaderElector, factory: Factory) -> None:
        self._elector = elector
        self._factory = factory
        self._informer: Informer | None = None

    async def start(self) -> None:
        """Begin to watch; never waits for the server."""
        lock = self._elector.lock
        self._informer = self._factory.acquire(
            InformerKey(_LEASE, lock.namespace, field_selector=f"metadata.name={lock.name}")
        )
        self._informer.add_handler(self)

    async def stop(self, deadline_seconds: float) -> None:
        """Close the stream; the factory keeps to a deadline of its own."""
        del deadline_seconds
        if self._informer is not None:
            informer, self._informer = self._informer, None
            await self._factory.release(informer)

    def annotations(self) -> Mapping[str, str] | None:
        """Return the annotations of the Lease as last seen; None if it was not seen or is gone."""
        lock = self._elector.lock
        lease = self._informer.lister.raw((lock.namespace, lock.name)) if self._informer is not None else None
        return None if lease is None else lease.metadata().annotations or {}

    def on_add(self, key: NamespacedName, new: CachedObject, is_initial: bool) -> None:
        """Look at a Lease that appeared."""
        del key, is_initial
        self._look(new)

    def on_update(self, key: NamespacedName, old: CachedObject, new: CachedObject) -> None:
        """Look at a Lease that changed."""
        del key, old
        self._look(new)

    def on_delete(self, key: NamespacedName, old: CachedObject) -> None:
        """Hint: a Lease that is gone is free."""
        del key, old
        self._elector.hint()

    def _look(self, lease: CachedObject) -> None:
        if not LeaderRecord.of(lease.decode()).holder_identity:
            self._elector.hint()
