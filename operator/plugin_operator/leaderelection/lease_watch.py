"""Watch on the Lease.

Owns the informer of that one object and only reports its events, which may be late. The elector decides by requests of
its own. Without the permission to watch, or while the stream is broken, it works with the retry period alone.
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
    """The methods of ``cache.InformerFactory`` that ``LeaseWatch`` uses."""

    def acquire(self, key: InformerKey) -> Any:
        """Return the started informer."""

    async def release(self, informer: Any) -> None:
        """Release the informer."""


class LeaseWatch:
    """Runnable that reports changes of the Lease to the elector.

    A standby then acquires a released Lease without waiting for the retry period. A leader whose Lease was deleted
    or acquired by another stops at once.
    """

    name = "watch on the Lease"

    def __init__(self, elector: LeaderElector, factory: Factory) -> None:
        self._elector = elector
        self._factory = factory
        self._informer: Informer | None = None

    async def start(self) -> None:
        """Start the watch without waiting for the server."""
        lock = self._elector.lock
        self._informer = self._factory.acquire(
            InformerKey(_LEASE, lock.namespace, field_selector=f"metadata.name={lock.name}")
        )
        self._informer.add_handler(self)

    async def stop(self, deadline_seconds: float) -> None:
        """Close the stream, within the factory's own deadline."""
        del deadline_seconds
        if self._informer is not None:
            informer, self._informer = self._informer, None
            await self._factory.release(informer)

    def annotations(self) -> Mapping[str, str] | None:
        """Return the annotations of the Lease as last observed; None if the cache does not contain it."""
        lock = self._elector.lock
        lease = self._informer.lister.cached((lock.namespace, lock.name)) if self._informer is not None else None
        return None if lease is None else lease.metadata().annotations or {}

    def on_add(self, key: NamespacedName, new: CachedObject, is_initial: bool) -> None:
        """Report a new Lease to the elector."""
        del key, is_initial
        self._look(new)

    def on_update(self, key: NamespacedName, old: CachedObject, new: CachedObject) -> None:
        """Report a changed Lease to the elector."""
        del key, old
        self._look(new)

    def on_delete(self, key: NamespacedName, old: CachedObject) -> None:
        """Report a deleted Lease to the elector."""
        del key
        self._elector.heard_deleted(old.uid)

    def _look(self, lease: CachedObject) -> None:
        record = LeaderRecord.of(lease.decode())
        self._elector.heard(Sighting(record.holder_identity, lease.resource_version, record.lease_duration_seconds))
