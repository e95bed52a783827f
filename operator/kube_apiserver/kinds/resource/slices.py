"""ResourceSlices."""

from collections.abc import Iterator, Sequence

from kube_apiserver.kinds.resource.devices import counter_set_causes, device_causes
from kube_apiserver.kinds.resource.names import pool_causes
from kube_apiserver.schema import Cause, is_dns1123_subdomain, messages
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy
from kube_apiserver.validation.domain_names import driver_causes
from kube_apiserver.validation.fixed_values import IMMUTABLE
from kube_apiserver.validation.forms.node_selectors import node_selector_causes

_PLACES = ("nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection")
_ONE = f"exactly one of {', '.join(f'`{name}`' for name in _PLACES)} is required"
_MOST_DEVICES, _MOST_ADVANCED, _MOST_SETS = 128, 64, 8
# Of the feature DRAListTypeAttributes, which is off by default.
_LISTS = frozenset({"ints", "bools", "strings", "versions"})
# Of other features that are off by default.
_DISABLED = frozenset({"nodeAllocatableResources", "partitionTypeAttribute", "skipNodeOperations"})
_GROUPS = "compatibilityGroups"
_FIXED = (("pool", "name"), ("driver",), ("nodeName",))


def _as_kept(obj: Object, old: Object | None) -> Draft:
    """Drop what no feature allows: lists of values of attributes, unless a stored device has some, and others."""
    spec = obj.get("spec") or {}
    stored = ((old or {}).get("spec") or {}).get("devices") or ()
    spec = {name: value for name, value in spec.items() if name not in _DISABLED}
    if not spec.get("devices") or any(name in each for each in _attributes(stored) for name in _LISTS):
        return {**obj, "spec": spec}
    return {**obj, "spec": {**spec, "devices": [_without_lists(device) for device in spec["devices"]]}}


def _attributes(devices: Sequence[Object]) -> Iterator[Object]:
    return (each for device in devices for each in (device.get("attributes") or {}).values())


def _without_lists(device: Object) -> Object:
    device = {name: value for name, value in device.items() if name not in _DISABLED}
    if consumed := device.get("consumesCounters"):
        kept = [{name: value for name, value in each.items() if name != _GROUPS} for each in consumed]
        device = {**device, "consumesCounters": kept}
    attributes = device.get("attributes")
    if not attributes:
        return device
    scalars = {
        key: {name: value for name, value in attribute.items() if name not in _LISTS}
        for key, attribute in attributes.items()
    }
    return {**device, "attributes": scalars}


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of the driver, the pool, the nodes, the devices and the counters that they share."""
    spec = obj.get("spec") or {}
    pool = spec.get("pool") or {}
    causes = [*driver_causes(spec.get("driver") or "", "spec.driver"), *_pool(pool, "spec.pool")]
    if old is not None:
        causes += _fixed(old.get("spec") or {}, spec)
    causes += _nodes(spec)
    devices, counters = spec.get("devices"), spec.get("sharedCounters")
    if devices is not None and counters is not None:
        causes.append(messages.invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed"))
    causes += _devices(devices or (), per_device=bool(spec.get("perDeviceNodeSelection")))
    if len(counters or ()) > _MOST_SETS:
        causes.append(messages.declared(messages.too_many("spec.sharedCounters", len(counters or ()), _MOST_SETS)))
    for position, each in enumerate(counters or ()):
        causes += counter_set_causes(each, f"spec.sharedCounters[{position}]", "name")
    return causes


def _pool(pool: Object, path: str) -> Iterator[Cause]:
    yield from pool_causes(pool.get("name") or "", f"{path}.name")
    count, generation = pool.get("resourceSliceCount") or 0, pool.get("generation") or 0
    if count <= 0:
        yield messages.invalid(f"{path}.resourceSliceCount", count, "must be greater than zero")
    if generation < 0:
        yield messages.invalid(f"{path}.generation", generation, "must be greater than or equal to zero")


def _fixed(old: Object, new: Object) -> Iterator[Cause]:
    for path in _FIXED:
        before, after = old, new
        for name in path[:-1]:
            before, after = before.get(name) or {}, after.get(name) or {}
        # Texts that cannot be absent are shown as empty ones.
        absent = None if path == ("nodeName",) else ""
        values = [each.get(path[-1], absent) for each in (before, after)]
        if values[0] != values[1]:
            yield messages.invalid(f"spec.{'.'.join(path)}", values[1], IMMUTABLE)


def _selected(selector: Object, path: str) -> Iterator[Cause]:
    yield from node_selector_causes(selector, path)
    terms = selector.get("nodeSelectorTerms") or ()
    if len(terms) != 1:
        where = f"{path}.nodeSelectorTerms"
        yield messages.invalid(where, list(terms) or None, "must have exactly one node selector term")


def _nodes(spec: Object) -> Iterator[Cause]:
    given = []
    if (node := spec.get("nodeName")) is not None:
        if node:
            given.append("nodeName")
            yield from (messages.invalid("spec.nodeName", node, why) for why in is_dns1123_subdomain(node))
        else:
            why = "must be either unset or set to a non-empty string"
            yield messages.invalid("spec.nodeName", node, why)
    if (selector := spec.get("nodeSelector")) is not None:
        given.append("nodeSelector")
        yield from _selected(selector, "spec.nodeSelector")
    for name in ("allNodes", "perDeviceNodeSelection"):
        if (value := spec.get(name)) is not None:
            given += [name] if value else []
            if not value:
                yield messages.invalid(f"spec.{name}", value, "must be either unset or set to true")
    if not given:
        yield messages.required("spec", _ONE)
    elif len(given) > 1:
        listed = ", ".join(f"`{name}`" for name in given)
        yield messages.invalid("spec", f"{{{listed}}}", f"{_ONE}, but multiple fields are set")


def _devices(devices: Sequence[Object], *, per_device: bool) -> Iterator[Cause]:
    is_advanced = any(each.get("taints") or each.get("consumesCounters") for each in devices)
    most = _MOST_ADVANCED if is_advanced else _MOST_DEVICES
    if len(devices) > most:
        yield messages.too_many("spec.devices", len(devices), most)
        return
    for position, each in enumerate(devices):
        yield from device_causes(each, f"spec.devices[{position}]", per_device=per_device)
    names = [each.get("name") or "" for each in devices]
    for position, name in enumerate(names):
        if name in names[:position]:
            yield messages.duplicate(f"spec.devices[{position}]", name)


STRATEGIES = (
    Strategy(
        group="resource.k8s.io",
        kind="ResourceSlice",
        as_kept=_as_kept,
        counts_dropped=True,
        sees_empty=(("spec", "sharedCounters"), ("spec", "devices")),
        validate_with_old=_validate,
        deletion=Deletion(returns_object=True),
    ),
)
