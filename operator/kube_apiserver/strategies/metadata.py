"""Validation of ``metadata`` for all kinds, following apimachinery's ``ValidateObjectMeta``."""

from collections.abc import Callable, Mapping
from typing import Any

from kube_apiserver.registry import ServedResource
from kube_apiserver.schema import (
    Cause,
    is_dns1035_label,
    is_dns1123_label,
    is_dns1123_subdomain,
    is_label_value,
    is_path_segment,
    is_qualified_name,
    messages,
)

Object = Mapping[str, Any]
_ANNOTATIONS_LIMIT_BYTES = 256 * 1024
_STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})
_LABEL_NAMES = frozenset({"namespaces"})


def metadata_causes(resource: ServedResource, new: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of an object's metadata. ``old`` is the stored object, None on create."""
    metadata = new["metadata"]
    causes = _name_causes(resource, metadata) if old is None else []
    causes += _label_causes(metadata.get("labels") or {})
    causes += _annotation_causes(metadata.get("annotations") or {})
    causes += _owner_causes(metadata.get("ownerReferences") or ())
    causes += _finalizer_causes(resource, metadata.get("finalizers") or ())
    if old is not None:
        causes += _late_finalizers(resource, old["metadata"], metadata)
    return causes


def _name_rule(resource: ServedResource) -> Callable[[str], list[str]]:
    if resource.group == "rbac.authorization.k8s.io":
        return is_path_segment
    if resource.bucket in _LABEL_NAMES:
        return is_dns1123_label
    return is_dns1123_subdomain


def _name_causes(resource: ServedResource, metadata: Object) -> list[Cause]:
    rule, causes = _name_rule(resource), []
    name, prefix = metadata.get("name", ""), metadata.get("generateName", "")
    if prefix:
        # A prefix may end with characters that a name cannot end with.
        causes += [
            messages.invalid("metadata.generateName", prefix, why) for why in rule(prefix.rstrip("-.") or prefix)
        ]
    if not name:
        message = "Required value: name or generateName is required"
        return [*causes, Cause("metadata.name", "FieldValueRequired", message)]
    if resource.bucket == "namespaces" and "." in name:
        return [*causes, messages.invalid("metadata.name", name, "must not contain dots")]
    if resource.bucket == "services" and not is_dns1123_subdomain(name):
        rule = is_dns1123_label if name[0].isdigit() else is_dns1035_label
    return causes + [messages.invalid("metadata.name", name, why) for why in rule(name)]


def _label_causes(labels: Mapping[str, str]) -> list[Cause]:
    causes = []
    for key, value in labels.items():
        causes += [messages.invalid("metadata.labels", key, why) for why in is_qualified_name(key)]
        causes += [messages.invalid("metadata.labels", value, why) for why in is_label_value(value)]
    return causes


def _annotation_causes(annotations: Mapping[str, str]) -> list[Cause]:
    causes, size = [], 0
    for key, value in annotations.items():
        size += len(key.encode()) + len(value.encode())
        causes += [messages.invalid("metadata.annotations", key, why) for why in is_qualified_name(key.lower())]
    if size > _ANNOTATIONS_LIMIT_BYTES:
        message = f"Too long: may not be more than {_ANNOTATIONS_LIMIT_BYTES} bytes"
        causes.append(Cause("metadata.annotations", "FieldValueTooLong", message))
    return causes


def _owner_causes(owners: Any) -> list[Cause]:
    causes, controller = [], None
    for owner in owners:
        for name, detail in (("apiVersion", "version must not be empty"), ("kind", "must not be empty")):
            if not owner.get(name):
                causes.append(messages.invalid(f"metadata.ownerReferences.{name}", "", detail))
        causes += [
            messages.invalid(f"metadata.ownerReferences.{name}", "", "must not be empty")
            for name in ("name", "uid")
            if not owner.get(name)
        ]
        if owner.get("controller"):
            if controller is not None:
                pair = " and ".join(f"{entry.get('kind')}/{entry.get('name')}" for entry in (controller, owner))
                detail = f'Only one reference can have Controller set to true. Found "true" in references for {pair}'
                causes.append(
                    messages.invalid("metadata.ownerReferences", [_in_order(entry) for entry in owners], detail)
                )
            controller = owner
    return causes


def _in_order(owner: Object) -> dict[str, Any]:
    """Return an owner reference with its members in Go's order, for messages."""
    names = ("apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion")
    return {name: owner[name] for name in names if name in owner}


def _finalizer_causes(resource: ServedResource, finalizers: Any) -> list[Cause]:
    causes = []
    for finalizer in finalizers:
        causes += [messages.invalid("metadata.finalizers", finalizer, why) for why in is_qualified_name(finalizer)]
    if resource.custom is not None:
        return causes
    unqualified = "name is neither a standard finalizer name nor is it fully qualified"
    return causes + [
        messages.invalid(f"metadata.finalizers[{index}]", finalizer, unqualified)
        for index, finalizer in enumerate(finalizers)
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS
    ]


def _late_finalizers(resource: ServedResource, old: Object, new: Object) -> list[Cause]:
    if not old.get("deletionTimestamp"):
        return []
    added = [name for name in new.get("finalizers") or () if name not in (old.get("finalizers") or ())]
    if not added:
        return []
    listed = ", ".join(f'"{name}"' for name in added)
    message = (
        "Forbidden: no new finalizers can be added if the object is being deleted, "
        f"found new finalizers []string{{{listed}}}"
    )
    cause = Cause("metadata.finalizers", "FieldValueForbidden", message)
    # For built-in kinds, both the strategy and the registry validate, and kube-apiserver reports both errors.
    return [cause] if resource.custom is not None else [cause, cause]
