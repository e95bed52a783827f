"""Ingresses and IngressClasses."""

import ipaddress
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell
from kube_apiserver.printer_columns.formats import NONE
from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, is_path_segment, messages, names
from kube_apiserver.strategies import Object, Strategy
from kube_apiserver.validation.ports import port_name_problems, port_number_problems

_GROUP = "networking.k8s.io"
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_SEQUENCES, _SUFFIXES = ("//", "/./", "/../", "%2f", "%2F"), ("/..", "/.")


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of defaultBackend, rules, paths and backends, tls and ingressClassName."""
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


def _validate_status(obj: Object, old: Object) -> list[Cause]:
    """Return the field errors of the addresses of load balancers."""
    known = {each.get("ip") for each in _balancers(old)}
    causes = []
    for position, each in enumerate(_balancers(obj)):
        path, address, host = f"status.loadBalancer.ingress[{position}]", each.get("ip") or "", each.get("hostname")
        if address and address not in known and not _is_address(address):
            causes.append(messages.invalid(f"{path}.ip", address, _ADDRESS))
        if host:
            causes += [messages.invalid(f"{path}.hostname", host, why) for why in is_dns1123_subdomain(host)]
            if _is_address(host):
                causes.append(messages.invalid(f"{path}.hostname", host, "must be a DNS name, not an IP address"))
    return causes


def _balancers(obj: Object) -> Sequence[Object]:
    return ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()


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
        if (group := resource.get("apiGroup")) is not None:
            yield from (
                messages.invalid(f"{path}.resource.apiGroup", group, why) for why in is_dns1123_subdomain(group)
            )
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


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an Ingress."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    hosts = [rule.get("host") or "*" for rule in spec.get("rules") or ()]
    shown = ",".join(hosts[:3]) + (f" + {len(hosts) - 3} more..." if len(hosts) > 3 else "")
    found = (status.get("loadBalancer") or {}).get("ingress") or ()
    address = ",".join(one.get("ip") or one.get("hostname") or "" for one in found)
    ports = "80, 443" if spec.get("tls") else "80"
    kind = spec.get("ingressClassName") or NONE
    return [obj["metadata"]["name"], kind, shown or "*", address, ports, age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group=_GROUP,
        kind="Ingress",
        validate=_validate,
        validate_status=_validate_status,
        columns=columns("Name/name|Class|Hosts|Address|Ports|Age", _cells),
    ),
)
