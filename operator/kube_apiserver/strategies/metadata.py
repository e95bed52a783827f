"""Validation of ``metadata`` for all kinds, following apimachinery's ``ValidateObjectMeta``."""

from collections.abc import Callable, Mapping
from typing import Any

from kube_apiserver.registry import ServedResource
from kube_apiserver.schema import (
    Cause,
    is_dns1035_label,
    is_dns1123_label,
    is_dns1123_subdomain,
    is_path_segment,
    is_qualified_name,
    messages,
)
from kube_apiserver.validation.label_selectors import label_causes
from kube_apiserver.validation.object_meta import annotation_causes, owner_causes

Object = Mapping[str, Any]
_STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})
_LABEL_NAMES = frozenset({"namespaces"})


def metadata_causes(resource: ServedResource, new: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of an object's metadata. ``old`` is the stored object, None on create."""
    metadata = new["metadata"]
    causes = _name_causes(resource, metadata) if old is None else []
    causes += label_causes(metadata.get("labels") or {}, "metadata.labels")
    causes += annotation_causes(metadata.get("annotations") or {}, "metadata")
    causes += owner_causes(metadata.get("ownerReferences") or (), "metadata")
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
