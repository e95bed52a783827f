"""What an update of a Service may not change, and the fields that it drops with the old type."""

from collections.abc import Iterator

from kube_apiserver.kinds.core.services.families import is_headless
from kube_apiserver.schema import Cause, is_qualified_name, messages
from kube_apiserver.strategies import Draft, Object
from kube_apiserver.validation.fixed_values import IMMUTABLE

_FIXED = "may not change once set"
_SINGLE = "must be set to 'SingleStack' when releasing the secondary {}"
_POLICY = "spec.ipFamilyPolicy"


def validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of clusterIPs, ipFamilies, loadBalancerClass and healthCheckNodePort."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    causes: list[Cause] = []
    if "ExternalName" not in (before.get("type"), after.get("type")):
        headless = [is_headless(each) for each in (before, after)]
        if headless != [True, True]:
            causes += _addresses(before, after)
        if headless == [False, False]:
            causes += _families(before, after)
    if before.get("type") == after.get("type") == "LoadBalancer":
        name = "loadBalancerClass"
        if before.get(name) != after.get(name):
            causes.append(messages.invalid(f"spec.{name}", after.get(name), _FIXED))
        causes += class_causes(after)
    elif before.get("type") != "":
        causes += class_causes(after)
    if needs_health_check(before) and needs_health_check(after):
        name = "healthCheckNodePort"
        if (before.get(name) or 0) != (after.get(name) or 0):
            causes.append(messages.forbidden(f"spec.{name}", IMMUTABLE))
    return causes


def class_causes(spec: Object) -> Iterator[Cause]:
    """Yield the field errors of the class of a load balancer."""
    value, path = spec.get("loadBalancerClass"), "spec.loadBalancerClass"
    if value is None:
        return
    if spec.get("type") == "LoadBalancer":
        yield from (messages.invalid(path, value, why) for why in is_qualified_name(value))
    else:
        yield messages.forbidden(path, "may only be used when `type` is 'LoadBalancer'")


def needs_health_check(spec: Object) -> bool:
    """Report whether a Service has a port at which the health of its endpoints is checked."""
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def is_external(spec: Object) -> bool:
    """Report whether a Service is accessible from outside of the cluster."""
    kind = spec.get("type")
    return kind in ("LoadBalancer", "NodePort") or (kind == "ClusterIP" and bool(spec.get("externalIPs")))


def _addresses(before: Object, after: Object) -> Iterator[Cause]:
    old, new = before.get("clusterIPs") or [], after.get("clusterIPs") or []
    path = "spec.clusterIPs"
    if len(old) == len(new):
        for position, text in enumerate(old):
            if text != new[position]:
                yield messages.invalid(f"{path}[{position}]", new, _FIXED)
        return
    if not new:
        yield messages.invalid(f"{path}[0]", None, "primary clusterIP can not be unset")
    elif old and new[0] != old[0]:
        yield messages.invalid(f"{path}[0]", new, _FIXED)
    if len(new) == 1 < len(old) and after.get("ipFamilyPolicy") != "SingleStack":
        yield messages.invalid(_POLICY, after.get("ipFamilyPolicy"), _SINGLE.format("clusterIP"))


def _families(before: Object, after: Object) -> Iterator[Cause]:
    old, new = before.get("ipFamilies") or [], after.get("ipFamilies") or []
    path, shown = "spec.ipFamilies[0]", after.get("clusterIPs") or None
    if len(old) == len(new):
        yield from (messages.invalid(path, new, _FIXED) for one, other in zip(old, new, strict=True) if one != other)
        return
    if len(old) > len(new) and not after.get("clusterIPs"):
        yield messages.invalid(path, new or None, "primary ipFamily can not be unset")
    if old and new and new[0] != old[0]:
        yield messages.invalid(path, shown, _FIXED)
    if len(new) == 1 < len(old) and after.get("ipFamilyPolicy") != "SingleStack":
        yield messages.invalid(_POLICY, after.get("ipFamilyPolicy"), _SINGLE.format("ipFamily"))


def drop_of_type(old: Object, new: Draft) -> None:
    """Drop the fields that a change of type makes useless, unless the update changes them as well."""
    before, spec = old.get("spec") or {}, new["spec"]
    was, kind = before.get("type"), spec.get("type")
    if was != "ExternalName" == kind:
        _drop_addresses(before, spec)
    if _has_node_ports(was) and not _has_node_ports(kind) and _node_ports(spec) <= _node_ports(before):
        for port in spec.get("ports") or ():
            port.pop("nodePort", None)
    if needs_health_check(before) and not needs_health_check(spec):
        _drop_same(before, spec, "healthCheckNodePort")
    if was == "LoadBalancer" != kind:
        _drop_same(before, spec, "allocateLoadBalancerNodePorts", "loadBalancerClass")
    if is_external(before) and not is_external(spec):
        _drop_same(before, spec, "externalTrafficPolicy")
    if kind != "LoadBalancer":
        new["status"] = {**(new.get("status") or {}), "loadBalancer": {}}


def _drop_addresses(before: Object, spec: Draft) -> None:
    if all(before.get(name) == spec.get(name) for name in ("clusterIP", "clusterIPs")):
        spec.pop("clusterIP", None)
        spec.pop("clusterIPs", None)
    _drop_same(before, spec, "ipFamilies", "ipFamilyPolicy")


def _drop_same(before: Object, spec: Draft, *names: str) -> None:
    for name in names:
        if before.get(name) == spec.get(name):
            spec.pop(name, None)


def _has_node_ports(kind: object) -> bool:
    return kind in ("NodePort", "LoadBalancer")


def _node_ports(spec: Object) -> set[int]:
    return {port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")}
