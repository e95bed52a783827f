"""Snapshots of a running server: its objects and served kinds at one time."""

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
