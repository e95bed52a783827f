"""Fields of cluster-level and storage kinds that an update cannot change."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, messages
from kube_apiserver.validation.kinds.volumes import SOURCES

Object = Mapping[str, Any]
_IMMUTABLE = "field is immutable"
_NETWORKS = 'node updates may not change podCIDR except from "" to valid'
_PROVIDER = 'node updates may not change providerID except from "" to valid'


def priority_class(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of an update of a PriorityClass."""
    causes = []
    if old.get("value") != new.get("value"):
        causes.append(messages.forbidden("value", "may not be changed in an update."))
    return [*causes, *_unchanged(old, new, "preemptionPolicy")]


def storage_class(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of an update of a StorageClass."""
    names = ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode")
    return [*_unchanged(old, new, *names)]


def _unchanged(old: Object, new: Object, *names: str) -> Iterator[Cause]:
    for name in names:
        if old.get(name) != new.get(name):
            yield messages.invalid(name, new.get(name), _IMMUTABLE)


def quota(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of an update of a ResourceQuota."""
    before, after = ((each.get("spec") or {}).get("scopes") or [] for each in (old, new))
    return [] if set(before) == set(after) else [messages.invalid("spec.scopes", after or None, _IMMUTABLE)]


def claim(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of an update of a PersistentVolumeClaim: only the size of a bound claim changes."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    # A volume and a class may be set once.
    may_change = {name for name in ("volumeName", "storageClassName") if not before.get(name)}
    is_bound = (new.get("status") or {}).get("phase") == "Bound"
    if is_bound:
        may_change |= {"volumeAttributesClassName", "resources"}
    causes = []
    if any(before.get(name) != after.get(name) for name in (before.keys() | after.keys()) - may_change):
        detail = (
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        )
        causes.append(messages.forbidden("spec", detail))
    if before.get("volumeMode") != after.get("volumeMode"):
        causes.append(messages.invalid("volumeMode", after.get("volumeMode"), _IMMUTABLE))
    return causes


def volume(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of an update of a PersistentVolume."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    causes = []
    if any(before.get(name) != after.get(name) for name in SOURCES):
        detail = "spec.persistentvolumesource is immutable after creation"
        causes.append(messages.forbidden("spec.persistentvolumesource", detail))
    if before.get("volumeMode") != after.get("volumeMode"):
        causes.append(messages.invalid("volumeMode", after.get("volumeMode"), _IMMUTABLE))
    return causes


def node(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of an update of a Node."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    causes = []
    networks, changed = before.get("podCIDRs") or [], after.get("podCIDRs") or []
    if networks and len(networks) != len(changed):
        causes.append(messages.forbidden("spec.podCIDRs", _NETWORKS))
    elif networks:
        differing = sum(one != other for one, other in zip(networks, changed, strict=True))
        causes += [messages.forbidden("spec.podCIDRs", _NETWORKS)] * differing
    if before.get("providerID") and before.get("providerID") != after.get("providerID"):
        causes.append(messages.forbidden("spec.providerID", _PROVIDER))
    return causes


_CHANGEABLE = frozenset({"activeDeadlineSeconds", "tolerations", "schedulingGates", "terminationGracePeriodSeconds"})
_CONTAINERS = ("containers", "initContainers")
_UPDATABLE = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
    "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
    "previously negative)"
)


def pod(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of an update of a Pod: little but images and deadlines changes."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    for name in _CONTAINERS:
        if len(before.get(name) or ()) != len(after.get(name) or ()):
            detail = "pod updates may not add or remove containers"
            return [messages.forbidden(f"spec.{name}", detail)]
    causes = []
    limit, earlier = after.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds")
    path = "spec.activeDeadlineSeconds"
    if limit is not None:
        if not 0 <= limit < 2**31:
            return [messages.invalid(path, limit, f"must be between 0 and {2**31 - 1}, inclusive")]
        if earlier is not None and earlier < limit:
            return [messages.invalid(path, limit, "must be less than or equal to previous value")]
    elif earlier is not None:
        causes.append(messages.invalid(path, None, "must not update from a positive integer to nil value"))
    if _fixed(before) != _fixed(after):
        causes.append(messages.forbidden("spec", f"pod updates may not change fields other than {_UPDATABLE}"))
    return causes


def _fixed(spec: Object) -> dict[str, Any]:
    """Return the fields of a Pod that no update changes."""
    fixed = {name: value for name, value in spec.items() if name not in _CHANGEABLE}
    for name in _CONTAINERS:
        fixed[name] = [{key: value for key, value in each.items() if key != "image"} for each in spec.get(name) or ()]
    return fixed
