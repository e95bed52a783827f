"""Cells of Services, Ingresses, NetworkPolicies and endpoints."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.formats import NONE, UNKNOWN, age, labels, selector

Object = Mapping[str, Any]


def _age(obj: Object, now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def service(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Service."""
    spec = obj.get("spec") or {}
    kind = spec.get("type") or ""
    inside = NONE if kind == "ExternalName" else spec.get("clusterIP") or NONE
    ports = ",".join(_port(port) for port in spec.get("ports") or ()) or NONE
    outside = _external(kind, spec, obj.get("status") or {})
    return [obj["metadata"]["name"], kind, inside, outside, ports, _age(obj, now), labels(spec.get("selector"))]


def _port(port: Object) -> str:
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


def ingress(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an Ingress."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    hosts = [rule.get("host") or "*" for rule in spec.get("rules") or ()]
    shown = ",".join(hosts[:3]) + (f" + {len(hosts) - 3} more..." if len(hosts) > 3 else "")
    found = (status.get("loadBalancer") or {}).get("ingress") or ()
    address = ",".join(one.get("ip") or one.get("hostname") or "" for one in found)
    ports = "80, 443" if spec.get("tls") else "80"
    kind = spec.get("ingressClassName") or NONE
    return [obj["metadata"]["name"], kind, shown or "*", address, ports, _age(obj, now)]


def ingress_class(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an IngressClass."""
    spec = obj.get("spec") or {}
    given = spec.get("parameters")
    shown = NONE
    if given:
        group = f"{given['apiGroup']}/" if given.get("apiGroup") else ""
        shown = f"{given.get('kind', '')}.{group}{given.get('name', '')}"
    return [obj["metadata"]["name"], spec.get("controller", ""), shown, _age(obj, now)]


def network_policy(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a NetworkPolicy."""
    return [obj["metadata"]["name"], selector((obj.get("spec") or {}).get("podSelector")), _age(obj, now)]


def endpoint_slice(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an EndpointSlice."""
    ports = [str(port.get("port", "*")) if port.get("port") else "*" for port in obj.get("ports") or ()]
    addresses = [address for endpoint in obj.get("endpoints") or () for address in endpoint.get("addresses") or ()]
    kind = obj.get("addressType", "")
    return [obj["metadata"]["name"], kind, _short(ports, "<unset>"), _short(addresses, "<unset>"), _age(obj, now)]


def endpoints(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an Endpoints object."""
    found = []
    for subset in obj.get("subsets") or ():
        for address in subset.get("addresses") or ():
            ports = subset.get("ports") or ()
            found += [f"{address.get('ip')}:{port.get('port')}" for port in ports] or [str(address.get("ip"))]
    return [obj["metadata"]["name"], _short(found, NONE), _age(obj, now)]


def _short(values: list[str], empty: str) -> str:
    more = f" + {len(values) - 3} more..." if len(values) > 3 else ""
    return ",".join(values[:3]) + more if values else empty
