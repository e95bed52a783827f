"""Validation of PersistentVolumeClaims, PersistentVolumes and StorageClasses."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_subdomain, is_qualified_name, messages
from kube_apiserver.validation.label_selectors import selector_causes
from kube_apiserver.validation.quantities import positive_causes

Object = Mapping[str, Any]
_ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_VOLUME_MODES = ("Block", "Filesystem")
_RECLAIM_POLICIES = ("Delete", "Recycle", "Retain")
_CLASS_RECLAIM_POLICIES = ("Delete", "Retain")
_BINDING_MODES = ("Immediate", "WaitForFirstConsumer")
_REQUIRED = {"hostPath": ("path",), "nfs": ("server", "path"), "csi": ("driver", "volumeHandle")}
#: The sources of a volume, in the order in which kube-apiserver looks at them.
SOURCES = (
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
)


def claim_causes(obj: Object) -> list[Cause]:
    """Return the field errors of a PersistentVolumeClaim."""
    spec = obj.get("spec") or {}
    causes: list[Cause] = []
    if not spec.get("accessModes"):
        causes.append(messages.required("spec.accessModes", "at least 1 access mode is required"))
    causes += selector_causes(spec.get("selector"), "spec.selector")
    causes += _access_modes(spec)
    requests = (spec.get("resources") or {}).get("requests") or {}
    if "storage" not in requests:
        causes.append(messages.required("spec.resources[storage]"))
    else:
        causes += positive_causes(requests["storage"], "spec.resources[storage]")
    causes += _class_name(spec)
    return [*causes, *_volume_mode(spec)]


def _access_modes(spec: Object) -> Iterator[Cause]:
    modes = spec.get("accessModes") or ()
    for mode in modes:
        if mode not in _ACCESS_MODES:
            yield messages.not_supported("spec.accessModes", mode, _ACCESS_MODES)
    known = {mode for mode in modes if mode in _ACCESS_MODES}
    if "ReadWriteOncePod" in known and len(known) > 1:
        yield messages.forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes")


def _class_name(spec: Object) -> Iterator[Cause]:
    if name := spec.get("storageClassName"):
        yield from (messages.invalid("spec.storageClassName", name, why) for why in is_dns1123_subdomain(name))


def _volume_mode(spec: Object) -> Iterator[Cause]:
    mode = spec.get("volumeMode")
    if mode is not None and mode not in _VOLUME_MODES:
        yield messages.not_supported("spec.volumeMode", mode, _VOLUME_MODES)


def volume_causes(obj: Object) -> list[Cause]:
    """Return the field errors of a PersistentVolume."""
    spec = obj.get("spec") or {}
    capacity = spec.get("capacity") or {}
    causes: list[Cause] = []
    if not spec.get("accessModes"):
        causes.append(messages.required("spec.accessModes"))
    causes += _access_modes(spec)
    if not capacity:
        causes.append(messages.required("spec.capacity"))
    if "storage" not in capacity or len(capacity) > 1:
        shown = dict(sorted(capacity.items())) if "capacity" in spec else None
        causes.append(messages.not_supported("spec.capacity", shown, ("storage",)))
    for name, quantity in capacity.items():
        causes += positive_causes(quantity, f"spec.capacity[{name}]")
    policy = spec.get("persistentVolumeReclaimPolicy")
    if policy and policy not in _RECLAIM_POLICIES:
        causes.append(messages.not_supported("spec.persistentVolumeReclaimPolicy", policy, _RECLAIM_POLICIES))
    causes += _sources(spec)
    if (spec.get("hostPath") or {}).get("path") == "/" and policy == "Recycle":
        detail = "may not be 'recycle' for a hostPath mount of '/'"
        causes.append(messages.forbidden("spec.persistentVolumeReclaimPolicy", detail))
    return [*causes, *_class_name(spec), *_volume_mode(spec)]


def _sources(spec: Object) -> Iterator[Cause]:
    present = [name for name in SOURCES if spec.get(name) is not None]
    if not present:
        yield messages.required("spec", "must specify a volume type")
        return
    first, *others = present
    yield from _source(first, spec[first], f"spec.{first}")
    yield from (messages.forbidden(f"spec.{name}", "may not specify more than 1 volume type") for name in others)


def _source(name: str, source: Object, path: str) -> Iterator[Cause]:
    for field in _REQUIRED.get(name, ()):
        if not source.get(field):
            yield messages.required(f"{path}.{field}")
    value = source.get("path") or ""
    if name == "hostPath" and ".." in value.split("/"):
        yield messages.invalid(f"{path}.path", value, "must not contain '..'")
    if name == "nfs" and not value.startswith("/"):
        yield messages.invalid(f"{path}.path", value, "must be an absolute path")


def class_causes(obj: Object) -> list[Cause]:
    """Return the field errors of a StorageClass."""
    provisioner = obj.get("provisioner") or ""
    causes = [] if provisioner else [messages.required("provisioner")]
    if provisioner:
        lower = provisioner.lower()
        causes += [messages.invalid("provisioner", lower, why) for why in is_qualified_name(lower)]
    if "" in (obj.get("parameters") or {}):
        causes.append(messages.invalid("parameters", "", "field can not be empty."))
    policy, mode = obj.get("reclaimPolicy"), obj.get("volumeBindingMode")
    if policy and policy not in _CLASS_RECLAIM_POLICIES:
        causes.append(messages.not_supported("reclaimPolicy", policy, _CLASS_RECLAIM_POLICIES))
    if not mode:
        causes.append(messages.required("volumeBindingMode"))
    elif mode not in _BINDING_MODES:
        causes.append(messages.not_supported("volumeBindingMode", mode, _BINDING_MODES))
    for at, term in enumerate(obj.get("allowedTopologies") or ()):
        for position, entry in enumerate(term.get("matchLabelExpressions") or ()):
            path = f"allowedTopologies[{at}].matchLabelExpressions[{position}]"
            if not entry.get("values"):
                causes.append(messages.required(f"{path}.values"))
            key = entry.get("key") or ""
            causes += [messages.invalid(f"{path}.key", key, why) for why in is_qualified_name(key)]
    return causes
