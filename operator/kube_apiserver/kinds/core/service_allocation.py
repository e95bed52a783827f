"""Allocation of cluster IPs and node ports for Services."""

import random
import re
from typing import Any

from kube_apiserver.storage import Store
from kube_apiserver.wire.status_error import internal

_NODE_PORTS = range(30000, 32768)
_NETWORK = "10.0"
_TRIES = 1000
_NODE_PORT = re.compile(rb'"nodePort":(\d+)')
#: As kube-apiserver says it.
_FULL = "range is full"


def allocate(service: dict[str, Any], store: Store) -> None:
    """Set the cluster IPs and node ports that the type of a Service requires.

    Raises:
        StatusError: 500, as from kube-apiserver: none is free.
    """
    spec = service.setdefault("spec", {})
    kind = spec.get("type", "ClusterIP")
    if kind == "ExternalName":
        return
    address = spec.get("clusterIP") or _free_address(store)
    spec["clusterIP"] = address
    spec.setdefault("clusterIPs", [address])
    if address == "None" and not spec.get("selector"):
        # A headless Service without a selector has manual endpoints, which may be of both IP families.
        spec.setdefault("ipFamilyPolicy", "RequireDualStack")
        spec.setdefault("ipFamilies", ["IPv4", "IPv6"])
    spec.setdefault("ipFamilies", ["IPv6" if ":" in address else "IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    if kind in {"NodePort", "LoadBalancer"}:
        unset = [port for port in spec.get("ports") or () if not port.get("nodePort")]
        for port, number in zip(unset, _free_ports(store, len(unset)), strict=True):
            port["nodePort"] = number


def _free_address(store: Store) -> str:
    taken = [item.raw for item in store.bucket("services").items.values()]
    for _ in range(_TRIES):
        address = f"{_NETWORK}.{random.randrange(256)}.{random.randrange(1, 255)}"  # noqa: S311 - not a secret
        if not any(f'"{address}"'.encode() in raw for raw in taken):
            return address
    raise internal(f"failed to allocate a serviceIP: {_FULL}")


def _free_ports(store: Store, count: int) -> list[int]:
    if not count:
        return []
    services = store.bucket("services").items.values()
    taken = {int(port) for service in services for port in _NODE_PORT.findall(service.raw)}
    free = [port for port in _NODE_PORTS if port not in taken]
    if count > len(free):
        raise internal(f"failed to allocate a nodePort: {_FULL}")
    return random.sample(free, count)
