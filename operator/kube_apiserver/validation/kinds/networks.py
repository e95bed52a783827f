"""Validation of NetworkPolicies and Ingresses."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, is_path_segment, messages, names
from kube_apiserver.validation.addresses import cidr_causes, network
from kube_apiserver.validation.label_selectors import selector_causes
from kube_apiserver.validation.ports import port_name_problems, port_number_problems

Object = Mapping[str, Any]
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_POLICY_TYPES = ("Ingress", "Egress")
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_SEQUENCES, _SUFFIXES = ("//", "/./", "/../", "%2f", "%2F"), ("/..", "/.")


def network_policy_causes(obj: Object) -> list[Cause]:
    """Return the field errors of a NetworkPolicy."""
    spec = obj.get("spec") or {}
    causes = selector_causes(spec.get("podSelector"), "spec.podSelector")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for at, rule in enumerate(spec.get(direction) or ()):
            path = f"spec.{direction}[{at}]"
            for position, port in enumerate(rule.get("ports") or ()):
                causes += _policy_port(port, f"{path}.ports[{position}]")
            for position, peer in enumerate(rule.get(peers) or ()):
                causes += _peer(peer, f"{path}.{peers}[{position}]")
    types = spec.get("policyTypes") or []
    if len(types) > len(_POLICY_TYPES):
        return [*causes, messages.invalid("spec.policyTypes", types, "may not specify more than two policyTypes")]
    for position, name in enumerate(types):
        if name not in _POLICY_TYPES:
            causes.append(messages.not_supported(f"spec.policyTypes[{position}]", name, _POLICY_TYPES))
    return causes


def _policy_port(port: Object, path: str) -> Iterator[Cause]:
    protocol, number, end = port.get("protocol"), port.get("port"), port.get("endPort")
    if protocol is not None and protocol not in _PROTOCOLS:
        yield messages.not_supported(f"{path}.protocol", protocol, _PROTOCOLS)
    if number is None:
        if end is not None:
            yield messages.invalid(f"{path}.endPort", end, "may not be specified when `port` is not specified")
    elif isinstance(number, int):
        yield from (messages.invalid(f"{path}.port", number, why) for why in port_number_problems(number))
        if end is not None:
            if end < number:
                yield messages.invalid(f"{path}.endPort", number, "must be greater than or equal to `port`")
            yield from (messages.invalid(f"{path}.endPort", end, why) for why in port_number_problems(end))
    else:
        if end is not None:
            yield messages.invalid(f"{path}.endPort", end, "may not be specified when `port` is non-numeric")
        yield from (messages.invalid(f"{path}.port", number, why) for why in port_name_problems(number))


def _peer(peer: Object, path: str) -> Iterator[Cause]:
    present = [name for name in ("podSelector", "namespaceSelector", "ipBlock") if peer.get(name) is not None]
    for name in present:
        if name == "ipBlock":
            yield from _block(peer[name], f"{path}.{name}")
        else:
            yield from selector_causes(peer[name], f"{path}.{name}")
    if not present:
        yield messages.required(path, "must specify a peer")
    elif len(present) > 1 and "ipBlock" in present:
        yield messages.forbidden(path, "may not specify both ipBlock and another peer")


def _block(block: Object, path: str) -> Iterator[Cause]:
    cidr = block.get("cidr") or ""
    if not cidr:
        yield messages.required(f"{path}.cidr")
        return
    yield from cidr_causes(cidr, f"{path}.cidr")
    whole = network(cidr)
    for position, text in enumerate(block.get("except") or () if whole else ()):
        where = f"{path}.except[{position}]"
        yield from cidr_causes(text, where)
        part = network(text)
        if part and whole and not _is_strict_part(part, whole):
            yield messages.invalid(where, text, "must be a strict subset of `cidr`")


def _is_strict_part(
    part: ipaddress.IPv4Network | ipaddress.IPv6Network, whole: ipaddress.IPv4Network | ipaddress.IPv6Network
) -> bool:
    return part.network_address in whole and whole.prefixlen < part.prefixlen


def ingress_causes(obj: Object) -> list[Cause]:
    """Return the field errors of an Ingress."""
    spec = obj.get("spec") or {}
    rules, default = spec.get("rules") or [], spec.get("defaultBackend")
    causes: list[Cause] = []
    if not rules and default is None:
        detail = "either `defaultBackend` or `rules` must be specified"
        causes.append(messages.invalid("spec", spec.get("rules"), detail))
    if default is not None:
        causes += _backend(default, "spec.defaultBackend")
    for position, rule in enumerate(rules):
        causes += _rule(rule, f"spec.rules[{position}]")
    for position, entry in enumerate(spec.get("tls") or ()):
        causes += _tls(entry, f"spec.tls[{position}]")
    if (name := spec.get("ingressClassName")) is not None:
        causes += [messages.invalid("spec.ingressClassName", name, why) for why in is_dns1123_subdomain(name)]
    return causes


def _host(host: str, path: str) -> list[Cause]:
    rule = names.is_wildcard_subdomain if "*" in host else is_dns1123_subdomain
    return [messages.invalid(path, host, why) for why in rule(host)]


def _rule(rule: Object, path: str) -> Iterator[Cause]:
    host, http = rule.get("host") or "", rule.get("http")
    if host:
        if _is_address(host):
            yield messages.invalid(f"{path}.host", host, "must be a DNS name, not an IP address")
        yield from _host(host, f"{path}.host")
    if http is None:
        return
    if not http.get("paths"):
        yield messages.required(f"{path}.http.paths")
    for position, entry in enumerate(http.get("paths") or ()):
        yield from _path(entry, f"{path}.http.paths[{position}]")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _path(entry: Object, path: str) -> Iterator[Cause]:
    kind, value = entry.get("pathType"), entry.get("path") or ""
    if kind is None:
        yield messages.required(f"{path}.pathType", "pathType must be specified")
        return
    if kind not in _PATH_TYPES:
        yield messages.not_supported(f"{path}.pathType", kind, _PATH_TYPES)
    elif not value.startswith("/") and (value or kind != "ImplementationSpecific"):
        yield messages.invalid(f"{path}.path", value, "must be an absolute path")
    if kind in ("Exact", "Prefix"):
        for part in _SEQUENCES:
            if part in value:
                yield messages.invalid(f"{path}.path", value, f"must not contain '{part}'")
        for part in _SUFFIXES:
            if value.endswith(part):
                yield messages.invalid(f"{path}.path", value, f"cannot end with '{part}'")
    yield from _backend(entry.get("backend") or {}, f"{path}.backend")


def _backend(backend: Object, path: str) -> Iterator[Cause]:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        yield messages.invalid(path, "", "cannot set both resource and service backends")
    elif resource is not None:
        for name in ("kind", "name"):
            value = resource.get(name) or ""
            if not value:
                yield messages.required(f"{path}.resource.{name}")
            yield from (messages.invalid(f"{path}.resource.{name}", value, why) for why in is_path_segment(value))
    elif service is not None:
        yield from _service_backend(service, path)
    else:
        yield messages.invalid(path, "", "resource or service backend is required")


def _service_backend(service: Object, path: str) -> Iterator[Cause]:
    name, port = service.get("name") or "", service.get("port") or {}
    if not name:
        yield messages.required(f"{path}.service.name")
    else:
        yield from (messages.invalid(f"{path}.service.name", name, why) for why in is_dns1123_label(name))
    port_name, number = port.get("name"), port.get("number")
    where = f"{path}.service.port"
    if port_name and number:
        yield messages.invalid(path, "", "cannot set both port name & port number")
    elif port_name:
        yield from (messages.invalid(f"{where}.name", port_name, why) for why in port_name_problems(port_name))
    elif number:
        yield from (messages.invalid(f"{where}.number", number, why) for why in port_number_problems(number))
    else:
        yield messages.required(path, "port name or number is required")


def _tls(entry: Object, path: str) -> Iterator[Cause]:
    for position, host in enumerate(entry.get("hosts") or ()):
        yield from _host(host, f"{path}.hosts[{position}]")
    if secret := entry.get("secretName"):
        yield from (messages.invalid(f"{path}.secretName", secret, why) for why in is_dns1123_subdomain(secret))
