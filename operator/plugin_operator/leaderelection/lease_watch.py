"""Hearing of the Lease's changes as they happen.

Owns the informer of that one object. It only reports: what is true is decided by the elector, which reads and writes
the Lease itself. A stream may be late. Without the right to watch, or with a stream that is cut, everything works at
the pace of the retry period.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from plugin_operator.cache import CachedObject, Informer, InformerKey
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.leaderelection.elector import LeaderElector
from plugin_operator.leaderelection.lease_record import LeaderRecord
from plugin_operator.leaderelection.lease_sighting import Sighting

_LEASE = GroupVersionKind("coordination.k8s.io", "v1", "Lease")


class Factory(Protocol):
    """The part of ``cache.InformerFactory`` that is needed."""

    def acquire(self, key: InformerKey) -> Any:
        """Return the informer, started."""

    async def release(self, informer: Any) -> None:
        """Give it back."""


class LeaseWatch:
    """A Runnable that reports changes of the Lease to the elector.

    A clean hand-over then takes no retry period, and a leader whose Lease was deleted or taken stops at once.
    """

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
        """Report a Lease that is gone."""
        del key
        self._elector.heard_deleted(old.uid)

    def _look(self, lease: CachedObject) -> None:
        holder = LeaderRecord.of(lease.decode()).holder_identity
        self._elector.heard(Sighting(holder, lease.resource_version))
