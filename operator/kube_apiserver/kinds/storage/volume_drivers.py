"""CSIDrivers, and the kinds of the group storage.k8s.io that attach volumes and give them attributes."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import NONE, listed
from kube_apiserver.schema import Cause, is_dns1123_subdomain, is_qualified_name, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy
from kube_apiserver.validation.domain_names import declared_driver_causes, driver_causes
from kube_apiserver.validation.fixed_values import IMMUTABLE, is_changed
from kube_apiserver.validation.volumes.specs import volume_spec_causes

_GROUP = "storage.k8s.io"
_RETURNED = Deletion(returns_object=True)
_GROUP_POLICIES = ("File", "None", "ReadWriteOnceWithFSType")
_LIFECYCLES = ("Persistent", "Ephemeral")
_PROTECTION = "kubernetes.io/vac-protection"
_TOKENS = (
    "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible "
    "logging of tokens in volume attributes"
)
_NO_TOKENS = "serviceAccountTokenInSecrets is set but no tokenRequests are specified"
_SHORTEST_TOKEN, _SHORTEST_PERIOD = 600, 10
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
    """Return the field errors of fsGroupPolicy, tokenRequests, volumeLifecycleModes and the period of updates."""
    spec = obj.get("spec") or {}
    causes = []
    if (policy := spec.get("fsGroupPolicy")) not in _GROUP_POLICIES:
        causes.append(messages.not_supported("spec.fsGroupPolicy", policy, _GROUP_POLICIES))
    causes += _token_causes(spec.get("tokenRequests") or (), "spec.tokenRequests")
    modes = [mode for mode in spec.get("volumeLifecycleModes") or () if mode not in _LIFECYCLES]
    causes += [messages.not_supported("spec.volumeLifecycleModes", mode, _LIFECYCLES) for mode in modes]
    period, path = spec.get("nodeAllocatableUpdatePeriodSeconds"), "spec.nodeAllocatableUpdatePeriodSeconds"
    if period is not None and period < _SHORTEST_PERIOD:
        causes.append(messages.invalid(path, period, "must be greater than or equal to 10 seconds"))
    secret = spec.get("serviceAccountTokenInSecrets")
    if secret is not None and not spec.get("tokenRequests"):
        causes.append(messages.invalid("spec.serviceAccountTokenInSecrets", secret, _NO_TOKENS))
    return causes


def _token_causes(requests: Sequence[Object], path: str) -> Iterator[Cause]:
    seen: set[str] = set()
    for position, request in enumerate(requests):
        audience, seconds = request.get("audience") or "", request.get("expirationSeconds")
        if audience in seen:
            yield messages.duplicate(f"{path}[{position}].audience", audience)
            continue
        seen.add(audience)
        where = f"{path}[{position}].expirationSeconds"
        if seconds is not None and seconds < _SHORTEST_TOKEN:
            yield messages.invalid(where, seconds, "may not specify a duration less than 10 minutes")
        if seconds is not None and seconds > 1 << 32:
            yield messages.invalid(where, seconds, "may not specify a duration larger than 2^32 seconds")


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


def _validate_attachment(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of attacher, source and nodeName. The spec stays."""
    spec = obj.get("spec") or {}
    source, attacher = spec.get("source") or {}, spec.get("attacher") or ""
    volume, inline = source.get("persistentVolumeName"), source.get("inlineVolumeSpec")
    has_changed = old is not None and is_changed(old, obj, "spec")
    # A changed spec is refused before its declared rules are looked at.
    if has_changed:
        causes = [*driver_causes(attacher, "spec.attacher")]
    else:
        causes = [messages.declared(cause) for cause in declared_driver_causes(attacher, "spec.attacher")]
    detail = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
    if volume is None and inline is None:
        causes.append(messages.required("spec.source", detail))
    elif volume is not None and inline is not None:
        causes.append(messages.forbidden("spec.source", detail))
    elif volume == "":
        where = "spec.source.persistentVolumeName"
        causes.append(messages.required(where, "must specify non empty persistentVolumeName"))
    elif inline is not None:
        causes += volume_spec_causes(inline, "spec.source.inlineVolumeSpec", inline=True)
    node = spec.get("nodeName") or ""
    causes += [messages.invalid("spec.nodeName", node, why) for why in is_dns1123_subdomain(node)]
    if volume is not None:
        where = "spec.source.persistentVolumeName"
        causes += [messages.invalid(where, volume, why) for why in is_dns1123_subdomain(volume)]
    if has_changed:
        causes.append(messages.declared(messages.invalid("spec", None, IMMUTABLE)))
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
        validate_with_old=_validate_attachment,
        reset_fields={"status": ("spec", "metadata")},
        has_generation=False,
        unconditional_update=False,
        deletion=_RETURNED,
    ),
)
