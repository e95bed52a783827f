"""How Services are reached from outside: load balancers, traffic policies, and the warnings about addresses."""

from collections.abc import Iterator

from kube_apiserver.kinds.core.services.changes import class_causes, is_external, needs_health_check
from kube_apiserver.kinds.core.services.families import is_headless
from kube_apiserver.schema import Cause, is_dns1123_subdomain, messages
from kube_apiserver.strategies import Object
from kube_apiserver.validation.addresses import (
    address,
    address_causes,
    address_warnings,
    cidr_causes,
    cidr_warnings,
)
from kube_apiserver.validation.ports import port_number_problems

_POLICIES = ("Cluster", "Local")
_DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
_MODES = ("Proxy", "VIP")
_BALANCER = "may only be used when `type` is 'LoadBalancer'"
_HINTS, _MODE = "service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"
_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"


def topology_causes(obj: Object) -> Iterator[Cause]:
    """Yield the field error of two annotations of one meaning that differ."""
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    if _HINTS in annotations and annotations.get(_MODE, annotations[_HINTS]) != annotations[_HINTS]:
        detail = f"must match annotations[{_HINTS}] when both are specified"
        yield messages.invalid(f"metadata.annotations[{_MODE}]", annotations[_MODE], detail)


def balancer_causes(obj: Object, old: Object | None) -> Iterator[Cause]:
    """Yield the field errors of what only load balancers have."""
    spec = obj.get("spec") or {}
    is_balancer = spec.get("type") == "LoadBalancer"
    yield from _ranges(obj, old)
    name = "allocateLoadBalancerNodePorts"
    if spec.get(name) is not None and not is_balancer:
        yield messages.forbidden(f"spec.{name}", _BALANCER)
    elif spec.get(name) is None and is_balancer:
        yield messages.required(name)
    yield from class_causes(spec)


def _ranges(obj: Object, old: Object | None) -> Iterator[Cause]:
    spec, name = obj.get("spec") or {}, "loadBalancerSourceRanges"
    annotations, before = (((each or {}).get("metadata") or {}).get("annotations") or {} for each in (obj, old))
    ranges, path = spec.get(name) or [], "spec.LoadBalancerSourceRanges"
    text = annotations.get(_RANGES)
    if not ranges and text is None:
        return
    if not ranges:
        path = f"metadata.annotations[{_RANGES}]"
    if spec.get("type") != "LoadBalancer":
        yield messages.forbidden(path, _BALANCER)
    known = [each.strip() for each in ((old or {}).get("spec") or {}).get(name) or ()]
    for position, each in enumerate(ranges):
        if each.strip() not in known:
            yield from cidr_causes(each.strip(), f"{path}[{position}]")
    if not ranges and text and text.strip() and text != before.get(_RANGES):
        for each in text.strip().split(","):
            yield from cidr_causes(each.strip(), path)


def policy_causes(spec: Object) -> Iterator[Cause]:
    """Yield the field errors of traffic policies, the port of the health check and trafficDistribution."""
    external, path = spec.get("externalTrafficPolicy") or "", "spec.externalTrafficPolicy"
    if not is_external(spec):
        if external:
            yield messages.invalid(path, external, "may only be set for externally-accessible services")
    elif not external:
        yield messages.required(path)
    elif external not in _POLICIES:
        yield messages.not_supported(path, external, _POLICIES)
    yield from _health(spec)
    internal = spec.get("internalTrafficPolicy")
    if internal is None and spec.get("type") in ("NodePort", "LoadBalancer", "ClusterIP"):
        yield messages.required("spec.internalTrafficPolicy")
    elif internal is not None and internal not in _POLICIES:
        yield messages.not_supported("spec.internalTrafficPolicy", internal, _POLICIES)
    distribution = spec.get("trafficDistribution")
    if distribution is not None and distribution not in _DISTRIBUTIONS:
        yield messages.not_supported("spec.trafficDistribution", distribution, _DISTRIBUTIONS)


def _health(spec: Object) -> Iterator[Cause]:
    number, path = spec.get("healthCheckNodePort") or 0, "spec.healthCheckNodePort"
    if needs_health_check(spec):
        if not number:
            yield messages.required(path)
        else:
            yield from (messages.invalid(path, number, why) for why in port_number_problems(number))
    elif number:
        detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        yield messages.invalid(path, number, detail)


def validate_status(new: Object, old: Object) -> list[Cause]:
    """Return the field errors of loadBalancer.ingress: addresses, modes and hostnames."""
    entries, known = (
        ((each.get("status") or {}).get("loadBalancer") or {}).get("ingress") or [] for each in (new, old)
    )
    path = "status.loadBalancer.ingress"
    if entries and (new.get("spec") or {}).get("type") != "LoadBalancer":
        return [messages.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
    texts = {each.get("ip") or "" for each in known}
    return [cause for at, each in enumerate(entries) for cause in _entry(each, f"{path}[{at}]", texts)]


def _entry(entry: Object, path: str, known: set[str]) -> Iterator[Cause]:
    text, mode, host = entry.get("ip") or "", entry.get("ipMode"), entry.get("hostname") or ""
    if text and text not in known:
        yield from address_causes(text, f"{path}.ip")
    if mode is None and text:
        yield messages.required(f"{path}.ipMode", "must be specified when `ip` is set")
    elif mode is not None and not text:
        yield messages.forbidden(f"{path}.ipMode", "may not be specified when `ip` is not set")
    elif mode is not None and mode not in _MODES:
        yield messages.not_supported(f"{path}.ipMode", mode, _MODES)
    if host:
        yield from (messages.invalid(f"{path}.hostname", host, why) for why in is_dns1123_subdomain(host))
        if address(host) is not None:
            yield messages.invalid(f"{path}.hostname", host, "must be a DNS name, not an IP address")


def warn(obj: Object, old: Object | None) -> list[str]:
    """Return the warnings about annotations, ignored fields, and addresses in an unusual form."""
    spec = obj.get("spec") or {}
    if old is not None and old.get("spec") is spec:
        entries = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        path = "status.loadBalancer.ingress"
        return [
            text for at, each in enumerate(entries) for text in address_warnings(each.get("ip") or "", f"{path}[{at}]")
        ]
    return [*_of_fields(obj, spec), *_of_balancer(spec)]


def _of_fields(obj: Object, spec: Object) -> Iterator[str]:
    if _HINTS in ((obj.get("metadata") or {}).get("annotations") or {}):
        yield f"annotation {_HINTS} is deprecated, please use {_MODE} instead"
    external = spec.get("externalIPs") or []
    is_headless_ip = spec.get("type") == "ClusterIP" and is_headless(spec)
    if not is_headless(spec):
        for position, text in enumerate(spec.get("clusterIPs") or ()):
            yield from address_warnings(text, f"spec.clusterIPs[{position}]")
    if is_headless_ip:
        if spec.get("loadBalancerIP"):
            yield "spec.loadBalancerIP is ignored for headless services"
        if external:
            yield "spec.externalIPs is ignored for headless services"
        if spec.get("sessionAffinity") != "None":
            yield "spec.SessionAffinity is ignored for headless services"
    for position, text in enumerate(external):
        yield from address_warnings(text, f"spec.externalIPs[{position}]")
    if external and not is_headless_ip and spec.get("type") != "ExternalName":
        yield "spec.externalIPs is deprecated and may no longer be implemented in some clusters"


def _of_balancer(spec: Object) -> Iterator[str]:
    if text := spec.get("loadBalancerIP"):
        yield from address_warnings(text, "spec.loadBalancerIP")
    for position, text in enumerate(spec.get("loadBalancerSourceRanges") or ()):
        yield from cidr_warnings(text, f"spec.loadBalancerSourceRanges[{position}]")
    is_name = spec.get("type") == "ExternalName"
    if is_name and spec.get("externalIPs"):
        yield 'spec.externalIPs is ignored when spec.type is "ExternalName"'
    if not is_name and spec.get("externalName"):
        yield 'spec.externalName is ignored when spec.type is not "ExternalName"'
    if spec.get("trafficDistribution") == "PreferClose":
        yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'
