"""Validation of Services: their ports, addresses and policies."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages
from kube_apiserver.validation.label_selectors import label_causes
from kube_apiserver.validation.ports import port_name_problems, port_number_problems

Object = Mapping[str, Any]
_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_AFFINITIES = ("ClientIP", "None")
_POLICIES = ("Cluster", "Local")
_FAMILIES = ("IPv4", "IPv6")
_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_RANGES = "may only be used when `type` is 'LoadBalancer'"


def service_causes(obj: Object) -> list[Cause]:
    """Return the field errors of a Service."""
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
