"""Validation of the volumes of Pods: their names, their one source, and what containers mount."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_label, messages

Object = Mapping[str, Any]
# The sources in the order in which kube-apiserver looks at them; the others follow.
_FIRST = ("emptyDir", "hostPath", "secret", "nfs", "persistentVolumeClaim", "downwardAPI", "configMap", "projected")
_REQUIRED = {
    "hostPath": ("path",),
    "secret": ("secretName",),
    "nfs": ("server", "path"),
    "persistentVolumeClaim": ("claimName",),
    "configMap": ("name",),
}


def volume_causes(volumes: Any, path: str) -> list[Cause]:
    """Return the field errors of the volumes of a Pod."""
    causes: list[Cause] = []
    seen: set[str] = set()
    for position, volume in enumerate(volumes):
        where, name = f"{path}[{position}]", volume.get("name") or ""
        found = [*_sources(volume, where)]
        if not name:
            found.append(messages.required(f"{where}.name"))
        else:
            found += [messages.invalid(f"{where}.name", name, why) for why in is_dns1123_label(name)]
        if name in seen:
            found.append(messages.duplicate(f"{where}.name", name))
        seen.add(name)
        causes += found
    return causes


def _sources(volume: Object, path: str) -> Iterator[Cause]:
    present = {name for name, source in volume.items() if name != "name" and source is not None}
    known = [name for name in _FIRST if name in present]
    for position, name in enumerate([*known, *sorted(present.difference(known))]):
        if position:
            yield messages.forbidden(f"{path}.{name}", "may not specify more than 1 volume type")
            continue
        for field in _REQUIRED.get(name, ()):
            if not volume[name].get(field):
                yield messages.required(f"{path}.{name}.{field}")


def mount_causes(mounts: Any, volumes: AbstractSet[str], path: str) -> list[Cause]:
    """Return the field errors of what a container mounts, whose Pod has ``volumes``."""
    causes: list[Cause] = []
    seen: set[str] = set()
    for position, mount in enumerate(mounts):
        where, name, target = f"{path}[{position}]", mount.get("name") or "", mount.get("mountPath") or ""
        if not name:
            causes.append(messages.required(f"{where}.name"))
        if name not in volumes:
            causes.append(messages.not_found(f"{where}.name", name))
        if not target:
            causes.append(messages.required(f"{where}.mountPath"))
        if target in seen:
            causes.append(messages.invalid(f"{where}.mountPath", target, "must be unique"))
        seen.add(target)
    return causes
