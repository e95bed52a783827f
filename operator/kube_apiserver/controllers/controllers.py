"""All controllers of one server."""

from kube_apiserver.cluster import Cluster
from kube_apiserver.controllers.crds import CrdController
from kube_apiserver.controllers.garbage import GarbageCollector
from kube_apiserver.controllers.namespaces import NamespaceController
from kube_apiserver.controllers.roles import RoleAggregator


class Controllers:
    """Runs the controllers. Create it on the event loop that serves requests."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        # The CRD controller comes first: the other controllers look resources up in the registry.
        self._all = (
            CrdController(cluster),
            GarbageCollector(cluster),
            NamespaceController(cluster),
            RoleAggregator(cluster),
        )

    def start(self) -> None:
        """Restore each controller's state from the store, then observe every write."""
        for controller in self._all:
            for bucket in self._cluster.store.buckets():
                for item in list(bucket.page("", "")):
                    controller.restore(bucket.name, item)
        for controller in self._all:
            self._cluster.store.observe(controller.observe)

    def stop(self) -> None:
        """Stop all controllers."""
        for controller in self._all:
            controller.stop()
