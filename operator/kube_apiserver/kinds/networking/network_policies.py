"""NetworkPolicies."""

import ipaddress
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell
from kube_apiserver.printer_columns.formats import selector
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.addresses import cidr_causes, network
from kube_apiserver.validation.label_selectors import selector_causes
from kube_apiserver.validation.ports import port_name_problems, port_number_problems

_PROTOCOLS = ("TCP", "UDP", "SCTP")
_POLICY_TYPES = ("Ingress", "Egress")


def _default(obj: Draft) -> None:
    """Set policyTypes, and the protocol of ports."""
    spec = member(obj, "spec")
    for rule in [*(spec.get("ingress") or ()), *(spec.get("egress") or ())]:
        for port in rule.get("ports") or ():
            fill(port, protocol="TCP")
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of podSelector, ports, peers, blocks of addresses and policyTypes."""
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
                yield messages.invalid(f"{path}.endPort", end, "must be greater than or equal to `port`")
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
        yield messages.declared(messages.required(f"{path}.cidr"))
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


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a NetworkPolicy."""
    return [obj["metadata"]["name"], selector((obj.get("spec") or {}).get("podSelector")), age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group="networking.k8s.io",
        kind="NetworkPolicy",
        default=_default,
        validate=_validate,
        counts_empty=True,
        columns=columns("Name/name|Pod-Selector|Age", _cells),
    ),
)
