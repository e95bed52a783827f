"""Validation of the volumes of Pods: their names and their one source."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages
from kube_apiserver.validation.forms.members import choice_causes, problem_causes, required_causes
from kube_apiserver.validation.forms.paths import relative_causes
from kube_apiserver.validation.label_selectors import label_causes
from kube_apiserver.validation.object_meta import annotation_causes
from kube_apiserver.validation.pods.projections import FILE_MODE, items_causes, mode_causes, pod_file_causes, projected
from kube_apiserver.validation.volumes.claims import claim_spec_causes
from kube_apiserver.validation.volumes.sources import (
    CHECKED_AS,
    COMMON,
    Check,
    driver_causes,
    iscsi,
    requires,
    source_causes,
    storage_os,
    with_secret,
)

Object = Mapping[str, Any]
_LONGEST_TARGET = 64
_TOO_LONG = (
    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters "
    "if iscsi.initiatorName is specified."
)
_CREATED = "must not reference a PVC that gets created for an ephemeral volume"
_TEMPLATE_METADATA = ("labels", "annotations")


def volume_causes(volumes: Iterable[Object], path: str, pod_name: str = "") -> tuple[dict[str, Object], list[Cause]]:
    """Return the valid volumes of a Pod by their names, and the field errors of the others.

    ``pod_name`` is that of a Pod, whose ephemeral volumes get claims; a template has none.
    """
    created = {f"{pod_name}-{each.get('name')}" for each in volumes if pod_name and each.get("ephemeral") is not None}
    valid: dict[str, Object] = {}
    causes: list[Cause] = []
    for position, volume in enumerate(volumes):
        where, name = f"{path}[{position}]", volume.get("name") or ""
        found = [*_source(volume, where, pod_name)]
        if not name:
            found.append(messages.required(f"{where}.name"))
        else:
            found += problem_causes(f"{where}.name", name, is_dns1123_label(name))
        if name in valid:
            found.append(messages.duplicate(f"{where}.name", name))
        if not found:
            valid[name] = volume
        causes += found
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName") or ""
        if claim in created:
            causes.append(messages.invalid(f"{where}.persistentVolumeClaim.claimName", claim, _CREATED))
    return valid, causes


def _source(volume: Object, path: str, pod_name: str) -> Iterator[Cause]:
    yield from source_causes(volume, _CHECKS, path, CHECKED_AS, {"cephfs": "cephFS", "downwardAPI": "downwarAPI"})
    name, target = volume.get("name") or "", volume.get("iscsi") or {}
    portal = target.get("targetPortal") or ""
    if target.get("initiatorName") is not None and len(f"{name}:{portal}".encode()) > _LONGEST_TARGET:
        yield messages.invalid(f"{path}.name", name, _TOO_LONG)
    if volume.get("ephemeral") is not None and pod_name and name:
        claim = f"{pod_name}-{name}"
        problems = (f'PVC name "{claim}": {why}' for why in is_dns1123_subdomain(claim))
        yield from problem_causes(f"{path}.name", name, problems)


def _empty_dir(source: Object, path: str) -> Iterator[Cause]:
    limit = source.get("sizeLimit")
    if limit is not None and str(limit).startswith("-"):
        yield messages.forbidden(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")


def _git_repo(source: Object, path: str) -> Iterator[Cause]:
    yield from required_causes(source, path, "repository")
    yield from relative_causes(source.get("directory") or "", f"{path}.directory")


def _files(name: str) -> Check:
    def check(source: Object, path: str) -> Iterator[Cause]:
        yield from required_causes(source, path, name)
        yield from mode_causes(source, path, "defaultMode", FILE_MODE)
        yield from items_causes(source.get("items") or (), f"{path}.items")

    return check


def _downward(source: Object, path: str) -> Iterator[Cause]:
    yield from mode_causes(source, path, "defaultMode", FILE_MODE)
    for file in source.get("items") or ():
        yield from pod_file_causes(file, path)


def _csi(source: Object, path: str) -> Iterator[Cause]:
    yield from driver_causes(source, path)
    if (secret := source.get("nodePublishSecretRef")) is not None:
        name = secret.get("name") or ""
        if not name:
            yield messages.required(f"{path}.nodePublishSecretRef.name")
        else:
            yield from problem_causes(f"{path}.name", name, is_dns1123_subdomain(name))


def _ephemeral(source: Object, path: str) -> Iterator[Cause]:
    template, where = source.get("volumeClaimTemplate"), f"{path}.volumeClaimTemplate"
    if template is None:
        yield messages.required(where)
        return
    metadata = template.get("metadata") or {}
    yield from annotation_causes(metadata.get("annotations") or {}, f"{where}.metadata")
    yield from label_causes(metadata.get("labels") or {}, f"{where}.metadata.labels")
    for name, value in metadata.items():
        if value and name not in _TEMPLATE_METADATA:
            yield messages.forbidden(f"{where}.metadata.{name}", "cannot be set")
    yield from claim_spec_causes(template.get("spec") or {}, f"{where}.spec")


def _image(source: Object, path: str) -> Iterator[Cause]:
    yield from required_causes(source, path, "reference")
    yield from choice_causes(source, path, "pullPolicy", ("Always", "IfNotPresent", "Never"))


_CHECKS: Final[Mapping[str, Check]] = {
    "emptyDir": _empty_dir,
    "hostPath": COMMON["hostPath"],
    "gitRepo": _git_repo,
    "gcePersistentDisk": COMMON["gcePersistentDisk"],
    "awsElasticBlockStore": COMMON["awsElasticBlockStore"],
    "secret": _files("secretName"),
    "nfs": COMMON["nfs"],
    "iscsi": iscsi,
    "glusterfs": requires("endpoints", "path"),
    "flocker": COMMON["flocker"],
    "persistentVolumeClaim": requires("claimName"),
    "rbd": COMMON["rbd"],
    "cinder": with_secret(("volumeID",), "name"),
    "cephfs": COMMON["cephfs"],
    "quobyte": COMMON["quobyte"],
    "downwardAPI": _downward,
    "fc": COMMON["fc"],
    "flexVolume": COMMON["flexVolume"],
    "configMap": _files("name"),
    "azureFile": requires("secretName", "shareName"),
    "vsphereVolume": COMMON["vsphereVolume"],
    "photonPersistentDisk": COMMON["photonPersistentDisk"],
    "portworxVolume": COMMON["portworxVolume"],
    "azureDisk": COMMON["azureDisk"],
    "storageos": storage_os("name"),
    "projected": projected,
    "scaleIO": COMMON["scaleIO"],
    "csi": _csi,
    "ephemeral": _ephemeral,
    "image": _image,
}
