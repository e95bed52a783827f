"""CSINodes and CSIStorageCapacities."""

from collections.abc import Iterator, Sequence

from kube_apiserver.printer_columns.common_cells import CREATED
from kube_apiserver.schema import Cause, is_dns1123_subdomain, is_qualified_name, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy
from kube_apiserver.validation.domain_names import driver_causes
from kube_apiserver.validation.fixed_values import IMMUTABLE
from kube_apiserver.validation.label_selectors import selector_causes
from kube_apiserver.validation.quantities import not_negative_causes

_GROUP = "storage.k8s.io"
_LONGEST_ID = 256


def _drivers(obj: Object) -> Sequence[Object]:
    return (obj.get("spec") or {}).get("drivers") or ()


def _prepare_create(obj: Draft, store: Store) -> None:
    """Set empty drivers and topologyKeys to null."""
    del store
    _set_empty(obj)


def _prepare_update(old: Object, new: Draft) -> None:
    """Set empty drivers and topologyKeys to null."""
    del old
    _set_empty(new)


def _set_empty(obj: Draft) -> None:
    """Set empty lists to null, as kube-apiserver reads them back from its storage."""
    drivers = [{**driver, "topologyKeys": driver.get("topologyKeys") or None} for driver in _drivers(obj)]
    obj["spec"] = {**(obj.get("spec") or {}), "drivers": drivers or None}


def _validate_node(obj: Object) -> list[Cause]:
    """Return the field errors of drivers: names, IDs, counts, topology keys."""
    causes, names = [], set[str]()
    for position, driver in enumerate(_drivers(obj)):
        path, name = f"spec.drivers[{position}]", driver.get("name") or ""
        causes += [*driver_causes(name, f"{path}.name"), *_id_causes(driver.get("nodeID") or "", f"{path}.nodeID")]
        if (count := (driver.get("allocatable") or {}).get("count") or 0) < 0:
            why = "must be greater than or equal to 0"
            causes.append(messages.invalid(f"{path}.allocatable.count", count, why))
        if name in names:
            causes.append(messages.duplicate(f"{path}.name", name))
        names.add(name)
        causes += _key_causes(driver.get("topologyKeys") or (), path)
    return causes


def _id_causes(identity: str, path: str) -> Iterator[Cause]:
    if not identity:
        yield messages.required(path)
    if len(identity.encode()) > _LONGEST_ID:
        yield messages.invalid(path, identity, f"must be {_LONGEST_ID} characters or less")


def _key_causes(keys: Sequence[str], path: str) -> Iterator[Cause]:
    for at, key in enumerate(keys):
        if not key:
            yield messages.required(path)
        if key in keys[:at]:
            yield messages.duplicate(path, key)
        yield from (messages.invalid(path, key, why) for why in is_qualified_name(key))


def _validate_node_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of drivers that change but for what can be allocated."""
    before = {driver.get("name"): driver for driver in _drivers(old)}
    return [
        messages.invalid("spec.drivers", _without_count(driver), IMMUTABLE)
        for driver in _drivers(new)
        if driver.get("name") in before and _without_count(before[driver["name"]]) != _without_count(driver)
    ]


def _without_count(driver: Object) -> Object:
    return {name: value for name, value in driver.items() if name != "allocatable"}


def _validate_capacity(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of nodeTopology, storageClassName and capacity; the first two stay."""
    topology, name = obj.get("nodeTopology"), obj.get("storageClassName") or ""
    causes = selector_causes(topology, "nodeTopology")
    causes += [messages.invalid("storageClassName", name, why) for why in is_dns1123_subdomain(name)]
    if (capacity := obj.get("capacity")) is not None:
        causes += not_negative_causes(capacity, "capacity")
    if old is None:
        return causes
    if old.get("nodeTopology") != topology:
        causes.append(messages.invalid("nodeTopology", topology, IMMUTABLE))
    if old.get("storageClassName") != name:
        causes.append(messages.invalid("storageClassName", name, IMMUTABLE))
    return causes


STRATEGIES = (
    Strategy(
        group=_GROUP,
        kind="CSINode",
        prepare_create=_prepare_create,
        prepare_update=_prepare_update,
        validate=_validate_node,
        validate_update=_validate_node_update,
        reset_fields={"status": ("spec", "metadata")},
        has_generation=False,
        unconditional_update=False,
        deletion=Deletion(returns_object=True),
    ),
    Strategy(
        group=_GROUP,
        kind="CSIStorageCapacity",
        validate_with_old=_validate_capacity,
        has_generation=False,
        unconditional_update=False,
        columns=CREATED,
    ),
)
