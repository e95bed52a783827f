"""Allocation of cluster IPs and node ports for Services."""

import random
import re
from collections.abc import Mapping
from typing import Any

from kube_apiserver.storage import Store
from kube_apiserver.wire.status_error import internal

_NODE_PORTS = range(30000, 32768)
_NETWORK = "10.0"
_WITH_NODE_PORTS = frozenset({"NodePort", "LoadBalancer"})
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
    if kind in _WITH_NODE_PORTS:
        unset = [port for port in spec.get("ports") or () if not port.get("nodePort")]
        for port, number in zip(unset, _free_ports(store, len(unset)), strict=True):
            port["nodePort"] = number


def keep_allocated(old: Mapping[str, Any], new: dict[str, Any]) -> None:
    """Restore the cluster IPs and their families, and node ports by the names of ports, that an update leaves out."""
    before, spec = old.get("spec") or {}, new.get("spec") or {}
    if "ExternalName" in (before.get("type"), spec.get("type")):
        return
    for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if before.get(name) and not spec.get(name):
            spec[name] = before[name]
    if any(each.get("type") not in _WITH_NODE_PORTS for each in (before, spec)):
        return
    known = {port.get("name", ""): port.get("nodePort") for port in before.get("ports") or ()}
    ports = spec.get("ports") or ()
    used = {port.get("nodePort") for port in ports} & set(known.values())
    for port in ports:
        number = known.get(port.get("name", ""))
        if not port.get("nodePort") and number and number not in used:
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
