"""Services: their ports, addresses and policies."""

import ipaddress
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.kinds.core.service_allocation import allocate, keep_allocated
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell
from kube_apiserver.printer_columns.formats import NONE, UNKNOWN, labels
from kube_apiserver.schema import Cause, is_dns1035_label, is_dns1123_label, is_dns1123_subdomain, messages
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy, selectable
from kube_apiserver.validation.label_selectors import label_causes
from kube_apiserver.validation.ports import port_name_problems, port_number_problems

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_AFFINITIES = ("ClientIP", "None")
_POLICIES = ("Cluster", "Local")
_FAMILIES = ("IPv4", "IPv6")
_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_RANGES = "may only be used when `type` is 'LoadBalancer'"


def _default(obj: Draft) -> None:
    """Set type, sessionAffinity, traffic policies, and protocol and targetPort of ports."""
    spec = member(obj, "spec")
    spec["sessionAffinity"] = spec.get("sessionAffinity") or "None"
    if spec["sessionAffinity"] == "ClientIP":
        fill(member(member(spec, "sessionAffinityConfig"), "clientIP"), timeoutSeconds=10800)
    kind = spec["type"] = spec.get("type") or "ClusterIP"
    for port in spec.get("ports") or ():
        port["protocol"] = port.get("protocol") or "TCP"
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port", 0)
    if kind in ("NodePort", "LoadBalancer"):
        spec["externalTrafficPolicy"] = spec.get("externalTrafficPolicy") or "Cluster"
    if kind != "ExternalName":
        fill(spec, internalTrafficPolicy="Cluster")
    if kind == "LoadBalancer":
        fill(spec, allocateLoadBalancerNodePorts=True)


def _name_problems(name: str) -> list[str]:
    rule = is_dns1123_label if name[0].isdigit() else is_dns1035_label
    return is_dns1123_subdomain(name) or rule(name)


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of ports, type, addresses, families, policies, selector and externalName."""
    spec = obj.get("spec") or {}
    kind, ports = spec.get("type"), spec.get("ports") or []
    causes = []
    if not ports and kind != "ExternalName" and spec.get("clusterIP") != "None":
        causes.append(messages.required("spec.ports"))
    if kind == "NodePort" and spec.get("clusterIP") == "None":
        causes.append(messages.invalid("spec.clusterIPs[0]", "None", "may not be set to 'None' for NodePort services"))
    causes += _external_name(spec)
    causes += _ports(ports)
    causes += label_causes(spec.get("selector") or {}, "spec.selector")
    causes += _choices(spec)
    causes += _addresses(spec.get("externalIPs") or (), "spec.externalIPs")
    if kind and kind not in _TYPES:
        causes.append(messages.not_supported("spec.type", kind, _TYPES))
    if kind != "LoadBalancer" and spec.get("loadBalancerSourceRanges"):
        causes.append(messages.forbidden("spec.LoadBalancerSourceRanges", _RANGES))
    if kind != "ExternalName":
        causes += _families(spec.get("ipFamilies") or ())
        causes += _addresses([each for each in spec.get("clusterIPs") or () if each != "None"], "spec.clusterIPs")
    return causes


def _external_name(spec: Object) -> list[Cause]:
    if spec.get("type") != "ExternalName":
        return []
    name, path = spec.get("externalName") or "", "spec.externalName"
    if not name:
        return [messages.required(path)]
    return [messages.invalid(path, name, why) for why in is_dns1123_subdomain(name.removesuffix("."))]


def _choices(spec: Object) -> Iterator[Cause]:
    for name, supported in (("sessionAffinity", _AFFINITIES), ("internalTrafficPolicy", _POLICIES)):
        if (value := spec.get(name)) and value not in supported:
            yield messages.not_supported(f"spec.{name}", value, supported)


def _families(families: Any) -> Iterator[Cause]:
    for position, family in enumerate(families):
        if family not in _FAMILIES:
            yield messages.not_supported(f"spec.ipFamilies[{position}]", family, _FAMILIES)


def _addresses(addresses: Any, path: str) -> Iterator[Cause]:
    for position, text in enumerate(addresses):
        try:
            ipaddress.ip_address(text)
        except ValueError:
            yield messages.invalid(f"{path}[{position}]", text, _ADDRESS)


def _ports(ports: list[Object]) -> Iterator[Cause]:
    names: set[str] = set()
    for position, port in enumerate(ports):
        path, name = f"spec.ports[{position}]", port.get("name") or ""
        if not name and len(ports) > 1:
            yield messages.required(f"{path}.name")
        elif name:
            yield from (messages.invalid(f"{path}.name", name, why) for why in is_dns1123_label(name))
            if name in names:
                yield messages.duplicate(f"{path}.name", name)
            names.add(name)
        yield from _port(port, path)
    seen = set()
    for position, port in enumerate(ports):
        key = (port.get("protocol") or "", port.get("port", 0))
        if key in seen:
            yield messages.duplicate(f"spec.ports[{position}]", _key(*key))
        seen.add(key)


def _key(protocol: str, number: int) -> dict[str, Any]:
    """Return a port as Go shows its internal form, which has but these two."""
    shown = {"Name": "", "Protocol": protocol, "AppProtocol": None, "Port": number}
    return {**shown, "TargetPort": 0, "NodePort": 0}


def _port(port: Object, path: str) -> Iterator[Cause]:
    number, target = port.get("port", 0), port.get("targetPort")
    yield from (messages.invalid(f"{path}.port", number, why) for why in port_number_problems(number))
    if port.get("protocol") and port["protocol"] not in _PROTOCOLS:
        yield messages.not_supported(f"{path}.protocol", port["protocol"], _PROTOCOLS)
    if isinstance(target, int):
        yield from (messages.invalid(f"{path}.targetPort", target, why) for why in port_number_problems(target))
    elif isinstance(target, str):
        yield from (messages.invalid(f"{path}.targetPort", target, why) for why in port_name_problems(target))


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of clusterIP."""
    before, after = (old.get("spec") or {}).get("clusterIP"), (new.get("spec") or {}).get("clusterIP")
    if not before or before == after or (new.get("spec") or {}).get("type") == "ExternalName":
        return []
    return [messages.invalid("spec.clusterIPs[0]", [after or ""], "may not change once set")]


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Service."""
    spec = obj.get("spec") or {}
    kind = spec.get("type") or ""
    inside = NONE if kind == "ExternalName" else spec.get("clusterIP") or NONE
    ports = ",".join(_shown_port(port) for port in spec.get("ports") or ()) or NONE
    outside = _external(kind, spec, obj.get("status") or {})
    return [obj["metadata"]["name"], kind, inside, outside, ports, age_cell(obj, now), labels(spec.get("selector"))]


def _shown_port(port: Object) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}"


def _external(kind: str, spec: Object, status: Object) -> str:
    if kind == "ExternalName":
        return str(spec.get("externalName", ""))
    fixed = list(spec.get("externalIPs") or ())
    if kind == "LoadBalancer":
        given = (status.get("loadBalancer") or {}).get("ingress") or ()
        found = [one.get("ip") or one.get("hostname") or "" for one in given]
        return ",".join([*found, *fixed]) or "<pending>"
    return (",".join(fixed) or NONE) if kind else UNKNOWN


STRATEGIES = (
    Strategy(
        kind="Service",
        default=_default,
        prepare_create=allocate,
        prepare_update=keep_allocated,
        name_problems=_name_problems,
        validate=_validate,
        validate_update=_validate_update,
        validates_change_first=True,
        has_generation=False,
        created_by_update=True,
        columns=columns("Name/name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector*1", _cells),
        selectable_fields=selectable("spec.clusterIP", "spec.type"),
        deletion=Deletion(returns_object=True),
    ),
)
