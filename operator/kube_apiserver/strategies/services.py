"""Allocation of cluster IPs and node ports for Services."""

import random
from typing import Any

from kube_apiserver.cluster import Cluster

_NODE_PORTS = range(30000, 32768)
_NETWORK = "10.0"
_TRIES = 1000


def allocate(cluster: Cluster, service: dict[str, Any]) -> None:
    """Allocate the cluster IPs and node ports that the type of a Service requires."""
    spec = service.setdefault("spec", {})
    kind = spec.get("type", "ClusterIP")
    if kind == "ExternalName":
        return
    address = spec.get("clusterIP") or _free_address(cluster)
    spec["clusterIP"] = address
    spec.setdefault("clusterIPs", [address])
    if address == "None" and not spec.get("selector"):
        # A headless Service without a selector has manual endpoints, which may be of both IP families.
        spec.setdefault("ipFamilyPolicy", "RequireDualStack")
        spec.setdefault("ipFamilies", ["IPv4", "IPv6"])
    spec.setdefault("ipFamilies", ["IPv6" if ":" in address else "IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    if kind in {"NodePort", "LoadBalancer"}:
        for port in spec.get("ports") or ():
            if not port.get("nodePort"):
                port["nodePort"] = _free_port(cluster)


def _free_address(cluster: Cluster) -> str:
    taken = [item.raw for item in cluster.store.bucket("services").items.values()]
    for _ in range(_TRIES):
        address = f"{_NETWORK}.{random.randrange(256)}.{random.randrange(1, 255)}"  # noqa: S311 - not a secret
        if not any(f'"{address}"'.encode() in raw for raw in taken):
            return address
    raise RuntimeError(f"no free cluster IP in {_NETWORK}.0.0/16")


def _free_port(cluster: Cluster) -> int:
    taken = [item.raw for item in cluster.store.bucket("services").items.values()]
    for _ in range(_TRIES):
        port = random.choice(_NODE_PORTS)  # noqa: S311 - not a secret
        if not any(f'"nodePort":{port}'.encode() in raw for raw in taken):
            return port
    raise RuntimeError(f"no free node port from {_NODE_PORTS.start} to {_NODE_PORTS.stop - 1}")
