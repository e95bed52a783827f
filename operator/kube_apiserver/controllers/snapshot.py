"""Snapshots of a running server: its objects and served kinds at one time. Clients name theirs by number."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from kube_apiserver.cluster import Cluster
from kube_apiserver.controllers.controllers import Controllers
from kube_apiserver.controllers.crds import ServedDefinitions
from kube_apiserver.storage import Contents


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The state of one server at one time, from ``ApiServer.snapshot``. It may be restored any number of times.

    It shares its objects with the server, so it costs little time and memory.
    """

    cluster: Cluster = field(repr=False)
    contents: Contents = field(repr=False)
    definitions: ServedDefinitions = field(repr=False)


def take(cluster: Cluster, controllers: Controllers) -> Snapshot:
    """Return a snapshot of the present state."""
    return Snapshot(cluster, cluster.store.contents(), controllers.served())


async def restore(snapshot: Snapshot, cluster: Cluster, controllers: Controllers) -> None:
    """Return a cluster and its controllers to a snapshot, without an await, then wait until that is on disk.

    Raises:
        ValueError: the snapshot is of another server.
        JournalFailed: the data folder cannot be written. The state is as before.
    """
    if snapshot.cluster is not cluster:
        raise ValueError("the snapshot is of another server: restore it on the server that made it")
    store = cluster.store
    controllers.interrupt()
    store.return_to(snapshot.contents)
    controllers.return_to(snapshot.definitions)
    cluster.faults.reset()
    await store.durable(store.revision)


class NumberedSnapshots:
    """The snapshots of clients, which outlive a request.

    Args:
        cluster: the cluster.
        controllers: its controllers.
    """

    def __init__(self, cluster: Cluster, controllers: Controllers) -> None:
        self._cluster = cluster
        self._controllers = controllers
        self._kept: dict[int, Snapshot] = {}
        self._last = 0

    def __iter__(self) -> Iterator[int]:
        return iter(tuple(self._kept))

    def take(self) -> int:
        """Keep the present state, and return its number."""
        self._last += 1
        self._kept[self._last] = take(self._cluster, self._controllers)
        return self._last

    async def restore(self, number: int) -> int:
        """Return to a kept state, and return the revision after that.

        Raises:
            KeyError: there is no snapshot with this number.
            JournalFailed: the data folder cannot be written. The state is as before.
        """
        await restore(self._kept[number], self._cluster, self._controllers)
        return self._cluster.store.revision

    def drop(self, number: int | None = None) -> None:
        """Forget a snapshot, all of them without a number."""
        if number is None:
            self._kept.clear()
        else:
            self._kept.pop(number, None)
