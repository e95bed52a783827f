"""Allocation of cluster IPs and node ports for Services."""

import random
import re
from collections.abc import Mapping
from typing import Any

from kube_apiserver.kinds.core.services.changes import drop_of_type, needs_health_check
from kube_apiserver.kinds.core.services.families import configured_causes, family_causes
from kube_apiserver.storage import Store
from kube_apiserver.wire.status_error import internal, invalid

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
        StatusError: 422, the families are invalid; 500, as from kube-apiserver: none is free.
    """
    spec = service.setdefault("spec", {})
    kind = spec.get("type", "ClusterIP")
    if kind == "ExternalName":
        return
    if spec.get("clusterIP") and not spec.get("clusterIPs"):
        spec["clusterIPs"] = [spec["clusterIP"]]
    _init_families(service, {})
    if not spec.get("clusterIPs"):
        spec["clusterIP"] = _free_address(store)
        spec["clusterIPs"] = [spec["clusterIP"]]
    if kind in _WITH_NODE_PORTS:
        wants = kind == "NodePort" or spec.get("allocateLoadBalancerNodePorts", True)
        unset = [port for port in spec.get("ports") or () if wants and not port.get("nodePort")]
        for port, number in zip(unset, _free_ports(store, len(unset)), strict=True):
            port["nodePort"] = number
    if needs_health_check(spec) and not spec.get("healthCheckNodePort"):
        [spec["healthCheckNodePort"]] = _free_ports(store, 1)


def _init_families(service: dict[str, Any], stored: Mapping[str, Any]) -> None:
    """Set the IP families and their policy.

    Raises:
        StatusError: 422, with the field errors of families and addresses, before any others.
    """
    spec = service["spec"]
    if spec.get("ipFamilyPolicy") is None:
        # A headless Service without a selector has manual endpoints, which may be of both IP families.
        is_manual = spec.get("clusterIP") == "None" and not spec.get("selector")
        spec["ipFamilyPolicy"] = stored.get("ipFamilyPolicy") or ("RequireDualStack" if is_manual else "SingleStack")
    causes = family_causes(spec, stored) or configured_causes(spec, stored or None)
    if causes:
        raise invalid("Service", "", service["metadata"].get("name", ""), causes)
    if not spec.get("ipFamilies"):
        spec["ipFamilies"] = ["IPv4"]
    is_manual = spec.get("clusterIP") == "None" and not spec.get("selector")
    if is_manual and len(spec["ipFamilies"]) == 1 and spec["ipFamilyPolicy"] != "SingleStack":
        spec["ipFamilies"] = [*spec["ipFamilies"], "IPv6" if spec["ipFamilies"] == ["IPv4"] else "IPv4"]


def keep_allocated(old: Mapping[str, Any], new: dict[str, Any]) -> None:
    """Restore the cluster IPs and their families, and node ports by the names of ports, that an update leaves out."""
    before, spec = old.get("spec") or {}, new.get("spec") or {}
    if spec is before:
        return  # a write of the status
    if "ExternalName" not in (before.get("type"), spec.get("type")):
        for name in ("clusterIP", "clusterIPs"):
            if before.get(name) and not spec.get(name):
                spec[name] = before[name]
    _keep_node_ports(before, spec)
    if needs_health_check(before) and needs_health_check(spec) and not spec.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = before.get("healthCheckNodePort", 0)
    if before.get("clusterIP") != spec.get("clusterIP") and before.get("clusterIPs") == spec.get("clusterIPs"):
        spec["clusterIPs"] = [spec["clusterIP"]] if spec.get("clusterIP") else []
    if spec.get("type") != "ExternalName":
        _init_families(new, before)
    drop_of_type(old, new)


def _keep_node_ports(before: Mapping[str, Any], spec: dict[str, Any]) -> None:
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
