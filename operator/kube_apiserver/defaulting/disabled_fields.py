"""Fields of Pod specs that Kubernetes has behind feature gates which are off by default. The server drops them."""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Object = dict[str, Any]
_FILES = ("secret", "configMap", "downwardAPI")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")
_WHOLE = ("schedulingGroup", "evictionResponders")
_USERS = ("serviceAccountToken", "clusterTrustBundle", "podCertificate")


def without_disabled(spec: Object) -> Object:
    """Return a Pod spec without the fields that are behind a gate; one that has none is returned as it is."""
    if next(_disabled(spec), None) is None:
        return spec
    spec = copy.deepcopy(spec)
    for holder, name in [*_disabled(spec)]:
        holder.pop(name, None)
    return spec


def kept_template(*path: str, beside: str = "") -> Callable[[Mapping[str, Any], Mapping[str, Any] | None], Object]:
    """Return a function that drops what is behind a gate from the Pod template at a path.

    ``beside`` names a field behind a gate that is beside the template.
    """

    def keep(obj: Mapping[str, Any], old: Mapping[str, Any] | None) -> Object:
        del old
        return _replaced(obj, (*path, "spec"), beside)

    keep.__doc__ = "Drop what is behind a feature gate that is off from the Pod template."
    return keep


def _replaced(obj: Mapping[str, Any], path: tuple[str, ...], beside: str) -> Object:
    """Return an object, a copy where it changes."""
    name, *rest = path
    inside = obj.get(name) or {}
    kept = _replaced(inside, tuple(rest), beside) if rest else without_disabled(inside)
    drops = bool(beside) and len(path) == 2 and beside in obj
    if kept is inside and not drops:
        return obj if isinstance(obj, dict) else {**obj}
    return {key: kept if key == name else value for key, value in obj.items() if key != beside or not drops}


def _disabled(spec: Object) -> Iterator[tuple[Object, str]]:
    """Yield the fields behind a gate that are set, each with the object that holds it."""
    return ((holder, name) for holder, name in _gated(spec) if name in holder)


def _gated(spec: Object) -> Iterator[tuple[Object, str]]:
    yield from ((spec, name) for name in _WHOLE)
    for volume in spec.get("volumes") or ():
        yield from _of_volume(volume)
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(kind) or ():
            yield from _of_container(container)


def _of_volume(volume: Object) -> Iterator[tuple[Object, str]]:
    yield volume.get("emptyDir") or {}, "mode"
    projected = volume.get("projected") or {}
    sources = projected.get("sources") or ()
    yield projected, "defaultUser"
    for holder in (volume, *sources):
        for source in filter(None, (holder.get(name) for name in _FILES)):
            yield source, "defaultUser"
            yield from ((item, "user") for item in source.get("items") or ())
    for source in sources:
        yield from ((source.get(name) or {}, "user") for name in _USERS)


def _of_container(container: Object) -> Iterator[tuple[Object, str]]:
    yield from ((mount, "bindMountOptions") for mount in container.get("volumeMounts") or ())
    lifecycle = container.get("lifecycle") or {}
    yield lifecycle, "stopSignal"
    yield from ((action, "protocol") for action in _http_actions(container, lifecycle))
    yield from (((container.get(name) or {}).get("grpc") or {}, "mode") for name in _PROBES)


def _http_actions(container: Object, lifecycle: Object) -> Iterator[Object]:
    for holder in (*(container.get(name) for name in _PROBES), *(lifecycle.get(name) for name in _HOOKS)):
        if holder and holder.get("httpGet"):
            yield holder["httpGet"]
