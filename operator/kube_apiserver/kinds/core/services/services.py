"""Services: their ports, addresses and policies."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.kinds.core.services.allocation import allocate, keep_allocated
from kube_apiserver.kinds.core.services.changes import is_external, validate_update
from kube_apiserver.kinds.core.services.exposure import (
    balancer_causes,
    policy_causes,
    topology_causes,
    validate_status,
    warn,
)
from kube_apiserver.kinds.core.services.families import family_causes, is_headless
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell
from kube_apiserver.printer_columns.formats import NONE, UNKNOWN, labels
from kube_apiserver.schema import (
    Cause,
    is_dns1035_label,
    is_dns1123_label,
    is_dns1123_subdomain,
    is_qualified_name,
    messages,
)
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy, selectable
from kube_apiserver.validation.addresses import address, address_causes, endpoint_address_causes
from kube_apiserver.validation.label_selectors import label_causes
from kube_apiserver.validation.ports import port_name_problems, port_number_problems

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_AFFINITIES = ("ClientIP", "None")
_DAY = 86400


def _default(obj: Draft) -> None:
    """Set type, sessionAffinity, traffic policies, and protocol and targetPort of ports."""
    spec = member(obj, "spec")
    spec["sessionAffinity"] = spec.get("sessionAffinity") or "None"
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    elif spec["sessionAffinity"] == "ClientIP":
        fill(member(member(spec, "sessionAffinityConfig"), "clientIP"), timeoutSeconds=10800)
    kind = spec["type"] = spec.get("type") or "ClusterIP"
    for port in spec.get("ports") or ():
        port["protocol"] = port.get("protocol") or "TCP"
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port", 0)
    if is_external(spec):
        spec["externalTrafficPolicy"] = spec.get("externalTrafficPolicy") or "Cluster"
    if kind in ("NodePort", "LoadBalancer", "ClusterIP"):
        fill(spec, internalTrafficPolicy="Cluster")
    if kind == "LoadBalancer":
        fill(spec, allocateLoadBalancerNodePorts=True)
        for entry in ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ():
            if entry.get("ip"):
                fill(entry, ipMode="VIP")


def _name_problems(name: str) -> list[str]:
    rule = is_dns1123_label if name[0].isdigit() else is_dns1035_label
    return is_dns1123_subdomain(name) or rule(name)


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of ports, type, addresses, families, policies, selector and externalName."""
    spec, stored = obj.get("spec") or {}, (old or {}).get("spec") or {}
    kind, ports = spec.get("type"), spec.get("ports") or []
    causes = [*topology_causes(obj)]
    if not ports and kind != "ExternalName" and not is_headless(spec):
        causes.append(messages.required("spec.ports"))
    if kind in ("NodePort", "LoadBalancer") and is_headless(spec):
        causes.append(messages.invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services"))
    causes += _external_name(spec)
    causes += _ports(ports)
    causes += label_causes(spec.get("selector") or {}, "spec.selector")
    causes += _affinity(spec)
    causes += family_causes(spec, stored)
    for position, text in enumerate(spec.get("externalIPs") or ()):
        path, is_known = f"spec.externalIPs[{position}]", text in (stored.get("externalIPs") or ())
        causes += [] if is_known else address_causes(text, path)
        causes += [] if address(text) is None else endpoint_address_causes(text, path)
    if kind not in _TYPES:
        causes.append(messages.not_supported("spec.type", kind, _TYPES))
    causes += _unique_ports(kind, ports)
    causes += balancer_causes(obj, old)
    return [*causes, *policy_causes(spec)]


def _external_name(spec: Object) -> list[Cause]:
    if spec.get("type") != "ExternalName":
        return []
    detail = "may not be set for ExternalName services"
    names = ("clusterIPs", "ipFamilies", "ipFamilyPolicy")
    causes = [messages.forbidden(f"spec.{name}", detail) for name in names if spec.get(name)]
    name, path = (spec.get("externalName") or "").removesuffix("."), "spec.externalName"
    if not name:
        return [*causes, messages.required(path)]
    return causes + [messages.invalid(path, name, why) for why in is_dns1123_subdomain(name)]


def _affinity(spec: Object) -> Iterator[Cause]:
    affinity, path = spec.get("sessionAffinity") or "", "spec.sessionAffinityConfig"
    if affinity not in _AFFINITIES:
        yield messages.not_supported("spec.sessionAffinity", affinity, _AFFINITIES)
    elif affinity == "ClientIP":
        seconds = ((spec.get(path[5:]) or {}).get("clientIP") or {}).get("timeoutSeconds") or 0
        if not 0 < seconds <= _DAY:
            detail = f"must be greater than 0 and less than {_DAY}"
            yield messages.invalid(f"{path}.clientIP.timeoutSeconds", seconds, detail)
    elif spec.get(path[5:]) is not None:
        yield messages.forbidden(path, "must not be set when session affinity is None")


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


def _unique_ports(kind: object, ports: list[Object]) -> Iterator[Cause]:
    numbered = [(f"spec.ports[{at}]", port, port.get("nodePort") or 0) for at, port in enumerate(ports)]
    if kind == "ClusterIP":
        detail = "may not be used when `type` is 'ClusterIP'"
        yield from (messages.forbidden(f"{path}.nodePort", detail) for path, _, number in numbered if number)
    seen: set[tuple[str, int]] = set()
    for path, port, number in numbered:
        key = (port.get("protocol") or "", number)
        if number and key in seen:
            yield messages.duplicate(f"{path}.nodePort", number)
        seen.add(key)
    seen = set()
    for path, port, _ in numbered:
        key = (port.get("protocol") or "", port.get("port", 0))
        if key in seen:
            yield messages.duplicate(path, _key(*key))
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
    if (application := port.get("appProtocol")) is not None:
        yield from (messages.invalid(f"{path}.appProtocol", application, why) for why in is_qualified_name(application))


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
        validate_with_old=_validate,
        validate_update=validate_update,
        validate_status=validate_status,
        warn=warn,
        validates_change_first=True,
        has_generation=False,
        created_by_update=True,
        columns=columns("Name/name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector*1", _cells),
        selectable_fields=selectable("spec.clusterIP", "spec.type"),
        deletion=Deletion(returns_object=True),
    ),
)
