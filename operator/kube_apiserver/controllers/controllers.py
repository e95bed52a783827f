"""All controllers of one server."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from kube_apiserver.cluster import Cluster
from kube_apiserver.controllers.api_services import ApiServiceController
from kube_apiserver.controllers.crds import CrdController, ServedDefinitions
from kube_apiserver.controllers.garbage import GarbageCollector
from kube_apiserver.controllers.namespace_objects import root_ca_publisher, service_accounts
from kube_apiserver.controllers.namespaces import NamespaceController
from kube_apiserver.controllers.roles import RoleAggregator
from kube_apiserver.storage import Change, Item

#: The controllers of kube-controller-manager, by its names for them.
_BY_NAME: Mapping[str, Callable[[Cluster, str], "_Controller | None"]] = {
    "garbage-collector-controller": lambda cluster, _: GarbageCollector(cluster),
    "namespace-controller": lambda cluster, _: NamespaceController(cluster),
    "clusterrole-aggregation-controller": lambda cluster, _: RoleAggregator(cluster),
    "serviceaccount-controller": lambda cluster, _: service_accounts(cluster),
    "root-ca-certificate-publisher-controller": lambda cluster, ca: root_ca_publisher(cluster, ca) if ca else None,
}


class _Controller(Protocol):
    def restore(self, bucket: str, item: Item) -> None:
        """Take up an object that is in the store at startup."""

    def observe(self, bucket: str, change: Change) -> None:
        """Take up a write."""

    def interrupt(self) -> None:
        """Begin the work in progress again."""

    def stop(self) -> None:
        """Stop."""


def enabled(wanted: Sequence[str]) -> list[str]:
    """Return the names of the controllers to run.

    Args:
        wanted: as in kube-controller-manager's ``--controllers``: ``*`` for all, ``name`` for one more, ``-name`` for
            one less. The first match decides.

    Raises:
        ValueError: there is no such controller.
    """
    unknown = sorted({name.removeprefix("-") for name in wanted} - {"*", *_BY_NAME})
    if unknown:
        raise ValueError(f"no controller is named {unknown[0]!r}; the controllers are {', '.join(_BY_NAME)}")
    return [name for name in _BY_NAME if f"-{name}" not in wanted and ("*" in wanted or name in wanted)]


class Controllers:
    """Runs the controllers. Create it on the event loop that serves requests.

    Args:
        cluster: the cluster that they control.
        ca_pem: the certificate of the server's CA, "" without TLS. Then it cannot be published.
        wanted: the controllers of kube-controller-manager to run, as in ``enabled``.

    Raises:
        ValueError: there is no such controller.
    """

    def __init__(self, cluster: Cluster, ca_pem: str, wanted: Sequence[str]) -> None:
        self._cluster = cluster
        api_services = ApiServiceController(cluster)
        chosen = [_BY_NAME[name](cluster, ca_pem) for name in enabled(wanted)]
        self._definitions = CrdController(cluster, api_services.add)
        # The CRD controller comes first: the other controllers look resources up in the registry.
        self._all: tuple[_Controller, ...] = (
            self._definitions,
            api_services,
            *(controller for controller in chosen if controller is not None),
        )

    def start(self) -> None:
        """Restore each controller's state from the store, then observe every write."""
        for controller in self._all:
            for bucket in self._cluster.store.buckets():
                for item in list(bucket.page("", "")):
                    controller.restore(bucket.name, item)
        for controller in self._all:
            self._cluster.store.observe(controller.observe)

    def interrupt(self) -> None:
        """Begin all work in progress again, because it would continue on a state that is about to be replaced."""
        for controller in self._all:
            controller.interrupt()

    def served(self) -> ServedDefinitions:
        """Return the definitions that are served now."""
        return self._definitions.served()

    def return_to(self, earlier: ServedDefinitions) -> None:
        """Serve the definitions of an earlier time, to whose objects the store has returned."""
        self._definitions.return_to(earlier)

    def stop(self) -> None:
        """Stop all controllers."""
        for controller in self._all:
            controller.stop()
