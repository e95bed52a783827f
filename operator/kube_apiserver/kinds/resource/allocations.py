"""Validation of the status of a ResourceClaim: who reserved it, what is allocated, what drivers say of devices."""

import re
from collections.abc import Iterator

from kube_apiserver.kinds.resource.names import declared_all, label_causes, pool_causes
from kube_apiserver.kinds.resource.parameters import (
    binding_causes,
    configuration_causes,
    raw_causes,
    toleration_causes,
)
from kube_apiserver.kinds.resource.requests import Names, one_reference_causes, reference_causes, request_names
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Object
from kube_apiserver.validation.addresses import interface_address_causes
from kube_apiserver.validation.conditions import condition_causes
from kube_apiserver.validation.domain_names import declared_driver_causes, driver_causes
from kube_apiserver.validation.fixed_values import IMMUTABLE

_SOURCES = ("FromClaim", "FromClass")
_UNALLOCATED = "may not be specified when `allocated` is not set"
_FOREIGN = "must be an allocated device in the claim"
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LONGEST_DATA = 10 * 1024
_DEVICE = ("driver", "pool", "device", "shareID")


def validate_status(obj: Object, old: Object) -> list[Cause]:
    """Return the field errors of reservations, devices and the allocation, which stays."""
    status, before = obj.get("status") or {}, old.get("status") or {}
    allocation, names = status.get("allocation"), request_names((obj.get("spec") or {}).get("devices") or {})
    reserved, devices = status.get("reservedFor") or (), status.get("devices") or ()
    causes = []
    for position, each in enumerate(reserved):
        path = f"status.reservedFor[{position}]"
        causes += [messages.required(f"{path}.{name}") for name in ("resource", "name", "uid") if not each.get(name)]
        if any(other.get("uid") == each.get("uid") for other in reserved[:position]):
            causes.append(messages.declared(messages.duplicate(path, each)))
    allocated = {_identity(each) for each in ((allocation or {}).get("devices") or {}).get("results") or ()}
    seen: set[tuple[str, ...]] = set()
    for position, each in enumerate(devices):
        path = f"status.devices[{position}]"
        causes += _device(each, path, allocated)
        if _identity(each) in seen:
            causes.append(messages.declared(messages.duplicate(path, each)))
        seen.add(_identity(each))
    if reserved and allocation is None:
        causes.append(messages.forbidden("status.reservedFor", _UNALLOCATED))
    # Of two declared errors, that of the allocation comes first.
    shares = [cause for at, each in enumerate(devices) for cause in _share(each, f"status.devices[{at}]")]
    if allocation is None:
        return causes + shares
    if before.get("allocation") is None:
        return [*causes, *_allocation(allocation, "status.allocation", names), *shares]
    causes += shares
    if before["allocation"] != allocation:
        causes.append(messages.declared(messages.invalid("status.allocation", None, IMMUTABLE)))
    return causes


def _identity(device: Object) -> tuple[str, ...]:
    return tuple(device.get(name) or "" for name in _DEVICE)


def _device(device: Object, path: str, allocated: set[tuple[str, ...]]) -> Iterator[Cause]:
    driver, pool, name, _ = identity = _identity(device)
    yield from driver_causes(driver, f"{path}.driver")
    yield from pool_causes(pool, f"{path}.pool")
    yield from label_causes(name, f"{path}.device")
    if identity not in allocated:
        shown = {"Driver": driver, "Pool": pool, "Device": name, "ShareID": identity[3]}
        yield messages.invalid(path, shown, _FOREIGN)
    for cause in condition_causes(device):
        yield Cause(cause.field.replace("status", path, 1), cause.reason, cause.message)
    if device.get("data") is not None:
        yield from raw_causes(device["data"], f"{path}.data", _LONGEST_DATA)
    for at, address in enumerate((device.get("networkData") or {}).get("ips") or ()):
        yield from interface_address_causes(address, f"{path}.networkData.ips[{at}]")


def _share(device: Object, path: str) -> Iterator[Cause]:
    share = device.get("shareID")
    if share is not None and not _UUID.fullmatch(share):
        why = "must be a lowercase UUID in 8-4-4-4-12 format"
        yield messages.declared(messages.invalid(f"{path}.shareID", share, why))


def _allocation(allocation: Object, path: str, names: Names) -> Iterator[Cause]:
    devices = allocation.get("devices") or {}
    for position, each in enumerate(devices.get("results") or ()):
        where = f"{path}.devices.results[{position}]"
        yield from one_reference_causes(each.get("request") or "", f"{where}.request", names)
        yield from label_causes(each.get("device") or "", f"{where}.device")
        yield from binding_causes(each, where)
        yield from toleration_causes(each.get("tolerations") or (), f"{where}.tolerations")
        yield from declared_all(declared_driver_causes(each.get("driver") or "", f"{where}.driver"))
        yield from declared_all(pool_causes(each.get("pool") or "", f"{where}.pool"))
        yield from _share(each, where)
    for position, each in enumerate(devices.get("config") or ()):
        where, source = f"{path}.devices.config[{position}]", each.get("source") or ""
        if not source:
            yield messages.declared(messages.required(f"{where}.source"))
        elif source not in _SOURCES:
            yield messages.declared(messages.not_supported(f"{where}.source", source, _SOURCES))
        yield from reference_causes(each.get("requests") or (), f"{where}.requests", names)
        yield from configuration_causes(each, where)
    selector = allocation.get("nodeSelector")
    if selector is not None and not selector.get("nodeSelectorTerms"):
        where = f"{path}.nodeSelector.nodeSelectorTerms"
        yield messages.required(where, "must have at least one node selector term")
