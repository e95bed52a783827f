"""All controllers of one server, fed from its store."""

from kube_apiserver.cluster import Cluster
from kube_apiserver.controllers.crds import CrdController
from kube_apiserver.controllers.garbage import GarbageCollector
from kube_apiserver.controllers.namespaces import NamespaceController
from kube_apiserver.controllers.roles import RoleAggregator


class Controllers:
    """Runs the controllers. Must be made on the event loop that serves requests."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        # Definitions first: the others look resources up.
        self._all = (
            CrdController(cluster),
            GarbageCollector(cluster),
            NamespaceController(cluster),
            RoleAggregator(cluster),
        )

    def start(self) -> None:
        """Learn what is stored, then follow every write."""
        for controller in self._all:
            for bucket in self._cluster.store.buckets():
                for item in list(bucket.page("", "")):
                    controller.restore(bucket.name, item)
        for controller in self._all:
            self._cluster.store.observe(controller.observe)

    def stop(self) -> None:
        """Act on nothing more."""
        for controller in self._all:
            controller.stop()
