"""CSIDrivers, and the kinds of the group storage.k8s.io that attach volumes and give them attributes."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import NONE, listed
from kube_apiserver.schema import Cause, is_dns1123_subdomain, is_qualified_name, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy
from kube_apiserver.validation.fixed_values import IMMUTABLE, fixed_spec_causes, is_changed

_GROUP = "storage.k8s.io"
_RETURNED = Deletion(returns_object=True)
_GROUP_POLICIES = ("File", "None", "ReadWriteOnceWithFSType")
_LIFECYCLES = ("Persistent", "Ephemeral")
_PROTECTION = "kubernetes.io/vac-protection"
_TOKENS = (
    "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible "
    "logging of tokens in volume attributes"
)
_LONGEST_DRIVER = 63
_DRIVER = "Name/name|AttachRequired:boolean|PodInfoOnMount:boolean|StorageCapacity:boolean|TokenRequests"


def _default_driver(obj: Draft) -> None:
    """Set attachRequired, the other switches, fsGroupPolicy and volumeLifecycleModes."""
    spec = member(obj, "spec")
    fill(spec, attachRequired=True, fsGroupPolicy="ReadWriteOnceWithFSType")
    fill(spec, podInfoOnMount=False, storageCapacity=False, requiresRepublish=False, seLinuxMount=False)
    fill(spec, preventPodSchedulingIfMissing=False)
    spec["volumeLifecycleModes"] = spec.get("volumeLifecycleModes") or ["Persistent"]


def _count_driver(old: Object, new: Draft) -> None:
    """Count a change of the spec in the generation, which begins at 0."""
    if is_changed(old, new, "spec"):
        new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1


def _validate_driver(obj: Object) -> list[Cause]:
    """Return the field errors of fsGroupPolicy and volumeLifecycleModes."""
    spec = obj.get("spec") or {}
    causes = []
    if (policy := spec.get("fsGroupPolicy")) not in _GROUP_POLICIES:
        causes.append(messages.not_supported("spec.fsGroupPolicy", policy, _GROUP_POLICIES))
    modes = [mode for mode in spec.get("volumeLifecycleModes") or () if mode not in _LIFECYCLES]
    return causes + [messages.not_supported("spec.volumeLifecycleModes", mode, _LIFECYCLES) for mode in modes]


def _validate_driver_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of attachRequired or volumeLifecycleModes."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    names = (("attachRequired", "attachedRequired"), ("volumeLifecycleModes", "volumeLifecycleModes"))
    changed = [(name, shown) for name, shown in names if before.get(name) != after.get(name)]
    return [messages.invalid(f"spec.{shown}", after.get(name), IMMUTABLE) for name, shown in changed]


def _warn_driver(obj: Object, old: Object | None) -> list[str]:
    """Warn of tokens that may be logged."""
    spec = obj.get("spec") or {}
    is_unset = spec.get("tokenRequests") and spec.get("serviceAccountTokenInSecrets") is None
    return [_TOKENS] if is_unset and (old is None or is_changed(old, obj, "spec", "tokenRequests")) else []


def _protect_attributes(obj: Draft, store: Store) -> None:
    """Set the finalizer that protects a class."""
    del store
    finalizers = obj["metadata"].get("finalizers") or []
    obj["metadata"]["finalizers"] = [*(name for name in finalizers if name != _PROTECTION), _PROTECTION]


def _validate_attributes(obj: Object) -> list[Cause]:
    """Return the field errors of driverName and parameters."""
    driver, parameters = obj.get("driverName") or "", obj.get("parameters") or {}
    causes = [] if driver else [messages.required("driverName")]
    causes += [
        messages.invalid("driverName", driver.lower(), why) for why in is_qualified_name(driver.lower()) if driver
    ]
    if "" in parameters:
        causes.append(messages.invalid("parameters", "", "field can not be empty."))
    if not parameters:
        causes.append(messages.required("parameters", "must contain at least one key/value pair"))
    return causes


def _validate_attributes_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of driverName or parameters."""
    names = [name for name in ("driverName", "parameters") if (old.get(name) or "") != (new.get(name) or "")]
    return [messages.forbidden(name, f"updates to {name} are forbidden.") for name in names]


def _validate_attachment(obj: Object) -> list[Cause]:
    """Return the field errors of attacher, source and nodeName."""
    spec = obj.get("spec") or {}
    source, attacher = spec.get("source") or {}, spec.get("attacher") or ""
    volume, inline = source.get("persistentVolumeName"), source.get("inlineVolumeSpec")
    causes = [] if attacher else [messages.required("spec.attacher")]
    if len(attacher) > _LONGEST_DRIVER:
        message = f"Too long: may not be more than {_LONGEST_DRIVER} bytes"
        causes.append(Cause("spec.attacher", "FieldValueTooLong", message))
    if attacher:
        lower = attacher.lower()
        causes += [messages.invalid("spec.attacher", attacher, why) for why in is_dns1123_subdomain(lower)]
    detail = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
    if volume is None and inline is None:
        causes.append(messages.required("spec.source", detail))
    elif volume is not None and inline is not None:
        causes.append(messages.forbidden("spec.source", detail))
    elif volume == "":
        where = "spec.source.persistentVolumeName"
        causes.append(messages.required(where, "must specify non empty persistentVolumeName"))
    node = spec.get("nodeName") or ""
    causes += [messages.invalid("spec.nodeName", node, why) for why in is_dns1123_subdomain(node)]
    if volume is not None:
        where = "spec.source.persistentVolumeName"
        causes += [messages.invalid(where, volume, why) for why in is_dns1123_subdomain(volume)]
    return causes


def _attributes_cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a VolumeAttributesClass."""
    return [name_cell(obj), obj.get("driverName", ""), age_cell(obj, now)]


def _driver_cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a CSIDriver."""
    spec = obj.get("spec") or {}
    flags = [spec.get(field, default) for field, default in (("attachRequired", True), ("podInfoOnMount", False))]
    tokens = listed((one.get("audience", "") for one in spec.get("tokenRequests") or ()), "<unset>")
    modes = listed(spec.get("volumeLifecycleModes") or (), NONE)
    rest = [bool(spec.get("storageCapacity")), tokens, bool(spec.get("requiresRepublish")), modes]
    return [name_cell(obj), *flags, *rest, age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group=_GROUP,
        kind="CSIDriver",
        default=_default_driver,
        prepare_update=_count_driver,
        validate=_validate_driver,
        validate_update=_validate_driver_update,
        warn=_warn_driver,
        has_generation=False,
        unconditional_update=False,
        deletion=_RETURNED,
        columns=columns(f"{_DRIVER}|RequiresRepublish:boolean|Modes|Age", _driver_cells),
    ),
    Strategy(
        group=_GROUP,
        kind="VolumeAttributesClass",
        prepare_create=_protect_attributes,
        validate=_validate_attributes,
        validate_update=_validate_attributes_update,
        validates_change_first=True,
        has_generation=False,
        deletion=_RETURNED,
        columns=columns("Name/name|DriverName|Age", _attributes_cells),
    ),
    Strategy(
        group=_GROUP,
        kind="VolumeAttachment",
        validate=_validate_attachment,
        validate_update=fixed_spec_causes,
        reset_fields={"status": ("spec", "metadata")},
        has_generation=False,
        unconditional_update=False,
        deletion=_RETURNED,
    ),
)
