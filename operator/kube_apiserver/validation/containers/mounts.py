"""Validation of what a container mounts: volumes at paths, and volumes as block devices."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, messages
from kube_apiserver.validation.forms.paths import no_backsteps_causes, relative_causes

Object = Mapping[str, Any]
_PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
_RECURSIVE = ("Disabled", "Enabled", "IfPossible")
_UNIQUE = "must be unique"
_BLOCK = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"


def mount_causes(container: Object, volumes: Mapping[str, Object], path: str) -> Iterator[Cause]:
    """Yield the field errors of ``volumeMounts`` and ``volumeDevices`` of a container, whose Pod has ``volumes``."""
    mounts, devices = container.get("volumeMounts") or (), container.get("volumeDevices") or ()
    mounted = {mount.get("name") or "": mount.get("mountPath") or "" for mount in mounts}
    attached = {device.get("name") or "": device.get("devicePath") or "" for device in devices}
    yield from _mounts(mounts, attached, volumes, container, f"{path}.volumeMounts")
    yield from _devices(devices, mounted, volumes, f"{path}.volumeDevices")


def _mounts(
    mounts: Any, attached: Mapping[str, str], volumes: Mapping[str, Object], container: Object, path: str
) -> Iterator[Cause]:
    seen: set[str] = set()
    for position, mount in enumerate(mounts):
        where, name, target = f"{path}[{position}]", mount.get("name") or "", mount.get("mountPath") or ""
        if not name:
            yield messages.required(f"{where}.name")
        if name not in volumes:
            yield messages.not_found(f"{where}.name", name)
        if not target:
            yield messages.required(f"{where}.mountPath")
        if target in seen:
            yield messages.invalid(f"{where}.mountPath", target, _UNIQUE)
        seen.add(target)
        if name in attached:
            yield messages.invalid(f"{where}.name", name, "must not already exist in volumeDevices")
        if target in attached.values():
            detail = "must not already exist as a path in volumeDevices"
            yield messages.invalid(f"{where}.mountPath", target, detail)
        # kube-apiserver names the list, and not its item, from here on.
        yield from _sub_paths(mount, path, where)
        yield from _propagation(mount.get("mountPropagation"), container, f"{path}.mountPropagation")
        yield from _recursive(mount, f"{path}.recursiveReadOnly")


def _sub_paths(mount: Object, path: str, where: str) -> Iterator[Cause]:
    fixed, expanded = mount.get("subPath") or "", mount.get("subPathExpr") or ""
    yield from relative_causes(fixed, f"{path}.subPath")
    if fixed and expanded:
        detail = "subPathExpr and subPath are mutually exclusive"
        yield messages.invalid(f"{where}.subPathExpr", expanded, detail)
    yield from relative_causes(expanded, f"{path}.subPathExpr")


def _propagation(kind: str | None, container: Object, path: str) -> Iterator[Cause]:
    if kind is None:
        return
    if kind not in _PROPAGATIONS:
        yield messages.not_supported(path, kind, _PROPAGATIONS)
    if kind == "Bidirectional" and not (container.get("securityContext") or {}).get("privileged"):
        detail = "Bidirectional mount propagation is available only to privileged containers"
        yield messages.forbidden(path, detail)


def _recursive(mount: Object, path: str) -> Iterator[Cause]:
    kind = mount.get("recursiveReadOnly")
    if kind is None or kind == "Disabled":
        return
    if kind not in _RECURSIVE:
        yield messages.not_supported(path, kind, _RECURSIVE)
        return
    if not mount.get("readOnly"):
        yield messages.forbidden(path, "may only be specified when readOnly is true")
    if mount.get("mountPropagation") not in (None, "None"):
        yield messages.forbidden(path, "may only be specified when mountPropagation is None or not specified")


def _devices(devices: Any, mounted: Mapping[str, str], volumes: Mapping[str, Object], path: str) -> Iterator[Cause]:
    names: set[str] = set()
    targets: set[str] = set()
    for position, device in enumerate(devices):
        where, name, target = f"{path}[{position}]", device.get("name") or "", device.get("devicePath") or ""
        source = volumes.get(name)
        yield from _device_name(name, names, source, f"{where}.name")
        if not target:
            yield messages.required(f"{where}.devicePath")
        if target in targets:
            yield messages.invalid(f"{where}.devicePath", target, _UNIQUE)
        if any(no_backsteps_causes(target, path)):
            yield messages.invalid(f"{where}.devicePath", target, "can not contain backsteps ('..')")
        else:
            targets.add(target)
        if name in mounted:
            yield messages.invalid(f"{where}.name", name, "must not already exist in volumeMounts")
        if target in mounted.values():
            detail = "must not already exist as a path in volumeMounts"
            yield messages.invalid(f"{where}.devicePath", target, detail)
        names.update({name} - {""})


def _device_name(name: str, seen: set[str], source: Object | None, path: str) -> Iterator[Cause]:
    if not name:
        yield messages.required(path)
    if name in seen:
        yield messages.invalid(path, name, _UNIQUE)
    if source is None:
        yield messages.not_found(path, name)
    elif source.get("persistentVolumeClaim") is None and source.get("ephemeral") is None:
        yield messages.invalid(path, name, _BLOCK)
