"""Validation of the specs of PersistentVolumes, which VolumeAttachments have as well."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages
from kube_apiserver.schema.quantity import scaled_value
from kube_apiserver.validation.forms.members import choice_causes, problem_causes, required_causes
from kube_apiserver.validation.forms.node_selectors import node_selector_causes
from kube_apiserver.validation.forms.paths import no_backsteps_causes
from kube_apiserver.validation.quantities import positive_causes
from kube_apiserver.validation.volumes.claims import (
    VOLUME_MODES,
    access_mode_causes,
    class_name_causes,
)
from kube_apiserver.validation.volumes.sources import (
    CHECKED_AS,
    COMMON,
    Check,
    driver_causes,
    iscsi,
    source_causes,
    storage_os,
    with_secret,
)

Object = Mapping[str, Any]
_RECLAIM_POLICIES = ("Delete", "Recycle", "Retain")
_INLINE = "in the context of inline volumes"


def volume_spec_causes(spec: Object, path: str, *, inline: bool = False) -> Iterator[Cause]:
    """Yield the field errors of the spec of a volume; ``inline`` if it is in a VolumeAttachment."""
    if inline:
        yield from _not_inline(spec, path)
    if not spec.get("accessModes"):
        yield messages.required(f"{path}.accessModes")
    yield from access_mode_causes(spec, path)
    if not inline:
        yield from _capacity(spec, f"{path}.capacity")
    yield from _reclaim_policy(spec, f"{path}.persistentVolumeReclaimPolicy", inline=inline)
    affinity = spec.get("nodeAffinity")
    if affinity is not None:
        yield from _affinity(affinity, f"{path}.nodeAffinity", inline=inline)
    yield from source_causes(spec, SOURCES, path, CHECKED_AS, {"cephfs": "cephFS", "flexVolume": ""})
    first = next((name for name in SOURCES if spec.get(name) is not None), "")
    if first == "local" and (affinity is None or inline):
        yield messages.required(f"{path}.nodeAffinity", "Local volume requires node affinity")
    if spec.get("persistentVolumeReclaimPolicy") == "Recycle" and _is_root(spec.get("hostPath") or {}):
        detail = "may not be 'recycle' for a hostPath mount of '/'"
        yield messages.forbidden(f"{path}.persistentVolumeReclaimPolicy", detail)
    yield from _class(spec, path, inline=inline)
    yield from _mode(spec, path, inline=inline)
    yield from _attributes(spec, path)


def _not_inline(spec: Object, path: str) -> Iterator[Cause]:
    for name in ("claimRef", "capacity"):
        if spec.get(name) is not None:
            yield messages.forbidden(f"{path}.{name}", f"may not be specified {_INLINE}")
    if spec.get("csi") is None:
        yield messages.required(f"{path}.csi", f"has to be specified {_INLINE}")


def _is_root(source: Object) -> bool:
    path = source.get("path") or ""
    return path.startswith("/") and posixpath.normpath(path).strip("/") == ""


def _mode(spec: Object, path: str, *, inline: bool) -> Iterator[Cause]:
    if not inline:
        yield from choice_causes(spec, path, "volumeMode", VOLUME_MODES)
    elif spec.get("volumeMode") not in (None, "Filesystem"):
        yield messages.forbidden(f"{path}.volumeMode", f"may not specify volumeMode other than Filesystem {_INLINE}")


def _capacity(spec: Object, path: str) -> Iterator[Cause]:
    capacity = spec.get("capacity") or {}
    if not capacity:
        yield messages.required(path)
    if "storage" not in capacity or len(capacity) > 1:
        shown = dict(sorted(capacity.items())) if "capacity" in spec else None
        yield messages.not_supported(path, shown, ("storage",))
    for name, quantity in capacity.items():
        if (amount := scaled_value(quantity)) < 0:
            yield messages.invalid(f"{path}[{name}]", amount, "must be a valid resource quantity")
        yield from positive_causes(quantity, f"{path}[{name}]")


def _reclaim_policy(spec: Object, path: str, *, inline: bool) -> Iterator[Cause]:
    policy = spec.get("persistentVolumeReclaimPolicy")
    if policy and inline:
        if policy != "Retain":
            yield messages.forbidden(path, f"may only be Retain {_INLINE}")
    elif policy and policy not in _RECLAIM_POLICIES:
        yield messages.not_supported(path, policy, _RECLAIM_POLICIES)


def _class(spec: Object, path: str, *, inline: bool) -> Iterator[Cause]:
    if spec.get("storageClassName") and inline:
        yield messages.forbidden(f"{path}.storageClassName", f"may not be specified {_INLINE}")
    else:
        yield from class_name_causes(spec, path, "storageClassName")


def _affinity(affinity: Object, path: str, *, inline: bool) -> Iterator[Cause]:
    if inline:
        yield messages.forbidden(path, f"may not be specified {_INLINE}")
    elif (required := affinity.get("required")) is None:
        yield messages.required(f"{path}.required", "must specify required node constraints")
    else:
        yield from node_selector_causes(required, f"{path}.required")


def _attributes(spec: Object, path: str) -> Iterator[Cause]:
    name, where = spec.get("volumeAttributesClassName"), f"{path}.volumeAttributesClassName"
    if name is None:
        return
    if not name:
        yield messages.required(where, "an empty string is disallowed")
    yield from class_name_causes(spec, path, "volumeAttributesClassName")
    if spec.get("csi") is None:
        yield messages.required(f"{path}.csi", "has to be specified when using volumeAttributesClassName")


def _glusterfs(source: Object, path: str) -> Iterator[Cause]:
    yield from required_causes(source, path, "endpoints", "path")
    if (namespace := source.get("endpointsNamespace")) is not None:
        where = f"{path}.endpointsNamespace"
        if not namespace:
            detail = "if the endpointnamespace is set, it must be a valid namespace name"
            yield messages.invalid(where, namespace, detail)
        else:
            yield from problem_causes(where, namespace, is_dns1123_label(namespace))


def _azure_file(source: Object, path: str) -> Iterator[Cause]:
    yield from required_causes(source, path, "secretName", "shareName")
    if source.get("secretNamespace") == "":
        yield messages.required(f"{path}.secretNamespace")


def _local(source: Object, path: str) -> Iterator[Cause]:
    yield from required_causes(source, path, "path")
    yield from no_backsteps_causes(source.get("path") or "", f"{path}.path")


def _csi(source: Object, path: str) -> Iterator[Cause]:
    yield from driver_causes(source, path)
    yield from required_causes(source, path, "volumeHandle")
    for name in _SECRETS:
        if (secret := source.get(name)) is not None:
            for member_name, problems in (("name", is_dns1123_subdomain), ("namespace", is_dns1123_label)):
                where, value = f"{path}.{name}.{member_name}", secret.get(member_name) or ""
                if not value:
                    yield messages.required(where)
                else:
                    yield from problem_causes(where, value, problems(value))


#: The sources of a volume, in the order in which kube-apiserver looks at them.
SOURCES: Mapping[str, Check] = {
    **{name: COMMON[name] for name in ("hostPath", "gcePersistentDisk", "awsElasticBlockStore")},
    "glusterfs": _glusterfs,
    **{name: COMMON[name] for name in ("flocker", "nfs", "rbd", "quobyte", "cephfs")},
    "iscsi": lambda source, path: iscsi(source, path, is_volume=True),
    "cinder": with_secret(("volumeID",), "name", "namespace"),
    **{name: COMMON[name] for name in ("fc", "flexVolume")},
    "azureFile": _azure_file,
    **{name: COMMON[name] for name in ("vsphereVolume", "photonPersistentDisk", "portworxVolume")},
    **{name: COMMON[name] for name in ("azureDisk", "scaleIO")},
    "local": _local,
    "storageos": storage_os("name", "namespace"),
    "csi": _csi,
}
_SECRETS = ("controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef")
