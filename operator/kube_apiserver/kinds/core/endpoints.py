"""Endpoints, which EndpointSlices replace."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell
from kube_apiserver.printer_columns.formats import NONE, shortened
from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, is_qualified_name, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.addresses import address_causes, endpoint_address_causes
from kube_apiserver.validation.ports import port_number_problems

_PROTOCOLS = ("SCTP", "TCP", "UDP")


def _default(obj: Draft) -> None:
    """Set the protocol of ports."""
    for subset in obj.get("subsets") or ():
        for port in subset.get("ports") or ():
            port["protocol"] = port.get("protocol") or "TCP"


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of the addresses and ports of subsets that are new or changed."""
    subsets = obj.get("subsets") or ()
    if old is not None and (old.get("subsets") or ()) == subsets:
        return []
    return [cause for at, subset in enumerate(subsets) for cause in _subset(subset, f"subsets[{at}]")]


def _subset(subset: Object, path: str) -> Iterator[Cause]:
    if not subset.get("addresses") and not subset.get("notReadyAddresses"):
        yield messages.required(path, "must specify `addresses` or `notReadyAddresses`")
    for name in ("addresses", "notReadyAddresses"):
        for at, address in enumerate(subset.get(name) or ()):
            yield from _address(address, f"{path}.{name}[{at}]")
    ports = subset.get("ports") or ()
    for at, port in enumerate(ports):
        yield from _port(port, f"{path}.ports[{at}]", is_alone=len(ports) == 1)


def _address(address: Object, path: str) -> Iterator[Cause]:
    text, host, node = (address.get(name) or "" for name in ("ip", "hostname", "nodeName"))
    yield from address_causes(text, f"{path}.ip")
    if host:
        yield from (messages.invalid(f"{path}.hostname", host, why) for why in is_dns1123_label(host))
    if address.get("nodeName") is not None:
        yield from (messages.invalid(f"{path}.nodeName", node, why) for why in is_dns1123_subdomain(node))
    yield from endpoint_address_causes(text, f"{path}.ip")


def _port(port: Object, path: str, *, is_alone: bool) -> Iterator[Cause]:
    name, number, protocol = port.get("name") or "", port.get("port") or 0, port.get("protocol") or ""
    if not name and not is_alone:
        yield messages.required(f"{path}.name")
    if name:
        yield from (messages.invalid(f"{path}.name", name, why) for why in is_dns1123_label(name))
    yield from (messages.invalid(f"{path}.port", number, why) for why in port_number_problems(number))
    if protocol and protocol not in _PROTOCOLS:
        yield messages.not_supported(f"{path}.protocol", protocol, _PROTOCOLS)
    if (application := port.get("appProtocol")) is not None:
        yield from (messages.invalid(f"{path}.appProtocol", application, why) for why in is_qualified_name(application))


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an Endpoints object."""
    found = []
    for subset in obj.get("subsets") or ():
        for address in subset.get("addresses") or ():
            ports = subset.get("ports") or ()
            found += [f"{address.get('ip')}:{port.get('port')}" for port in ports] or [str(address.get("ip"))]
    return [obj["metadata"]["name"], shortened(found, NONE), age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        kind="Endpoints",
        default=_default,
        validate_with_old=_validate,
        has_generation=False,
        created_by_update=True,
        columns=columns("Name/name|Endpoints|Age", _cells),
        deprecation="v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    ),
)
