"""EndpointSlices."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill
from kube_apiserver.kinds.discovery.addresses import address_causes
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell
from kube_apiserver.printer_columns.formats import shortened
from kube_apiserver.schema import (
    Cause,
    is_dns1123_label,
    is_dns1123_subdomain,
    is_label_value,
    is_qualified_name,
    messages,
)
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.fixed_values import IMMUTABLE

_KINDS, _PROTOCOLS = ("FQDN", "IPv4", "IPv6"), ("SCTP", "TCP", "UDP")
_MOST_PORTS, _MOST_ENDPOINTS, _MOST_ADDRESSES = 20000, 1000, 100
_MOST_HINTS = 8
_TOPOLOGY = "deprecatedTopology"


def _as_kept(obj: Object, old: Object | None) -> Draft:
    """Drop deprecatedTopology, which only the version v1beta1 sets."""
    del old
    endpoints = obj.get("endpoints")
    if not endpoints:
        return {**obj}
    return {
        **obj,
        "endpoints": [{name: value for name, value in each.items() if name != _TOPOLOGY} for each in endpoints],
    }


def _default(obj: Draft) -> None:
    """Set ports[*]: name and protocol."""
    for port in obj.get("ports") or ():
        fill(port, name="", protocol="TCP")


def _prepare_create(obj: Draft, store: Store) -> None:
    """Set empty ports to null."""
    del store
    _set_empty_ports(obj)


def _prepare_update(old: Object, new: Draft) -> None:
    """Set empty ports to null."""
    del old
    _set_empty_ports(new)


def _set_empty_ports(obj: Draft) -> None:
    """Set empty ports to null, as kube-apiserver converts them."""
    obj["ports"] = obj.get("ports") or None


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of addressType, which stays, ports and endpoints."""
    kind, endpoints = obj.get("addressType") or "", obj.get("endpoints") or ()
    is_changed = old is not None and old.get("addressType") != kind
    causes: list[Cause] = []
    if not kind or kind not in _KINDS:
        wrong = messages.not_supported("addressType", kind, _KINDS) if kind else messages.required("addressType")
        # A changed type is refused before its declared rules are looked at.
        causes.append(wrong if is_changed else messages.declared(wrong))
    causes += _port_causes(obj.get("ports") or ())
    if old is None or (old.get("endpoints") or ()) != endpoints:
        causes += _endpoint_causes(endpoints, kind)
    return [*causes, messages.declared(messages.invalid("addressType", None, IMMUTABLE))] if is_changed else causes


def _port_causes(ports: Sequence[Object]) -> Iterator[Cause]:
    if len(ports) > _MOST_PORTS:
        yield messages.too_many("ports", len(ports), _MOST_PORTS)
        return
    names: set[str] = set()
    for position, port in enumerate(ports):
        path, name, protocol = f"ports[{position}]", port.get("name") or "", port.get("protocol")
        if name:
            yield from (messages.invalid(f"{path}.name", name, why) for why in is_dns1123_label(name))
        if name in names:
            yield messages.duplicate(f"{path}.name", name)
        names.add(name)
        if protocol is None:
            yield messages.required(f"{path}.protocol")
        elif protocol not in _PROTOCOLS:
            yield messages.not_supported(f"{path}.protocol", protocol, _PROTOCOLS)
        if (application := port.get("appProtocol")) is not None:
            yield from (
                messages.invalid(f"{path}.appProtocol", application, why) for why in is_qualified_name(application)
            )


def _endpoint_causes(endpoints: Sequence[Object], kind: str) -> Iterator[Cause]:
    if len(endpoints) > _MOST_ENDPOINTS:
        yield messages.too_many("endpoints", len(endpoints), _MOST_ENDPOINTS)
        return
    for position, endpoint in enumerate(endpoints):
        path, addresses = f"endpoints[{position}]", endpoint.get("addresses") or ()
        if not addresses:
            yield messages.declared(messages.required(f"{path}.addresses"))
        elif len(addresses) > _MOST_ADDRESSES:
            yield messages.declared(messages.too_many(f"{path}.addresses", len(addresses), _MOST_ADDRESSES))
        for at, address in enumerate(addresses):
            yield from address_causes(address, kind, f"{path}.addresses", at)
        if (node := endpoint.get("nodeName")) is not None:
            yield from (messages.invalid(f"{path}.nodeName", node, why) for why in is_dns1123_subdomain(node))
        if (host := endpoint.get("hostname")) is not None:
            yield from (messages.invalid(f"{path}.hostname", host, why) for why in is_dns1123_label(host))
        yield from _hint_causes(endpoint.get("hints") or {}, f"{path}.hints")


def _hint_causes(hints: Object, path: str) -> Iterator[Cause]:
    for field, problems in (("forZones", is_label_value), ("forNodes", is_dns1123_subdomain)):
        given, seen = hints.get(field) or (), set[str]()
        if len(given) > _MOST_HINTS:
            yield messages.too_many(f"{path}.{field}", len(given), _MOST_HINTS)
            return
        for position, each in enumerate(given):
            where, name = f"{path}.{field}[{position}].name", each.get("name") or ""
            if name in seen:
                yield messages.duplicate(where, name)
            seen.add(name)
            yield from (messages.invalid(where, name, why) for why in problems(name))


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an EndpointSlice."""
    ports = [str(port.get("port", "*")) if port.get("port") else "*" for port in obj.get("ports") or ()]
    addresses = [address for endpoint in obj.get("endpoints") or () for address in endpoint.get("addresses") or ()]
    kind = obj.get("addressType", "")
    return [
        obj["metadata"]["name"],
        kind,
        shortened(ports, "<unset>"),
        shortened(addresses, "<unset>"),
        age_cell(obj, now),
    ]


STRATEGIES = (
    Strategy(
        group="discovery.k8s.io",
        kind="EndpointSlice",
        default=_default,
        as_kept=_as_kept,
        counts_dropped=True,
        stored_null=(("endpoints",),),
        prepare_create=_prepare_create,
        prepare_update=_prepare_update,
        validate_with_old=_validate,
        counts_labels=True,
        columns=columns("Name/name|AddressType|Ports|Endpoints|Age", _cells),
    ),
)
