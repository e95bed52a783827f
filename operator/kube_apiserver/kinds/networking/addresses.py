"""IPAddresses and ServiceCIDRs, which this server stores only: it gives out addresses of one fixed range."""

import ipaddress

from kube_apiserver.schema import Cause, is_dns1123_subdomain, is_path_segment, messages
from kube_apiserver.strategies import Object, Strategy
from kube_apiserver.validation.addresses import cidr_causes, network
from kube_apiserver.validation.fixed_values import IMMUTABLE, is_changed

_GROUP = "networking.k8s.io"
_MOST_CIDRS = 2
_FAMILIES = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"


def _name_problems(name: str) -> list[str]:
    try:
        canonical = str(ipaddress.ip_address(name))
    except ValueError:
        return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
    return [] if canonical == name else [f'must be in canonical form ("{canonical}")']


def _validate_address(obj: Object) -> list[Cause]:
    """Return the field errors of parentRef."""
    parent, path = (obj.get("spec") or {}).get("parentRef"), "spec.parentRef"
    if parent is None:
        return [messages.required(path)]
    group = parent.get("group") or ""
    causes = [messages.invalid(f"{path}.group", group, why) for why in is_dns1123_subdomain(group) if group]
    for name in ("resource", "name", "namespace"):
        value = parent.get(name) or ""
        if not value and name != "namespace":
            causes.append(messages.required(f"{path}.{name}"))
        causes += [messages.invalid(f"{path}.{name}", value, why) for why in is_path_segment(value)]
    return causes


def _validate_address_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of parentRef."""
    if not is_changed(old, new, "spec", "parentRef"):
        return []
    return [messages.invalid("spec.parentRef", (new.get("spec") or {}).get("parentRef"), IMMUTABLE)]


def _cidr_causes(cidrs: list[str]) -> list[Cause]:
    causes: list[Cause] = []
    families = []
    for position, text in enumerate(cidrs):
        causes += cidr_causes(text, f"spec.cidrs[{position}]")
        if (found := network(text)) is not None:
            families.append(found.version)
    if len(families) == _MOST_CIDRS and len(set(families)) == 1:
        causes.append(messages.invalid("spec.cidrs", cidrs, _FAMILIES))
    return causes


def _validate_range(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of cidrs, and of an update that changes one of them."""
    cidrs = (obj.get("spec") or {}).get("cidrs") or []
    if old is not None:
        return _changed_range((old.get("spec") or {}).get("cidrs") or [], cidrs)
    if not cidrs:
        return [messages.required("spec.cidrs", "at least one CIDR required")]
    if len(cidrs) > _MOST_CIDRS:
        return [messages.invalid("spec.cidrs", {"CIDRs": cidrs}, "may only hold up to 2 values")]
    return _cidr_causes(cidrs)


def _changed_range(before: list[str], after: list[str]) -> list[Cause]:
    if len(before) == len(after):
        changed = [position for position, cidr in enumerate(before) if cidr != after[position]]
        return [messages.invalid(f"spec.cidrs[{position}]", after[position], IMMUTABLE) for position in changed]
    if (len(before), len(after)) != (1, _MOST_CIDRS):
        return [messages.invalid("spec.cidrs", after or None, IMMUTABLE)]
    first = [] if after[0] == before[0] else [messages.invalid("spec.cidrs[0]", after[0], IMMUTABLE)]
    return first + _cidr_causes(after)


STRATEGIES = (
    Strategy(
        group=_GROUP,
        kind="IPAddress",
        name_problems=_name_problems,
        validate=_validate_address,
        validate_update=_validate_address_update,
        has_generation=False,
    ),
    Strategy(
        group=_GROUP,
        kind="ServiceCIDR",
        validate_with_old=_validate_range,
        has_generation=False,
        reset_fields={"status": ("spec", "metadata")},
    ),
)
