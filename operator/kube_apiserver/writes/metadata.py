"""Validation of ``metadata`` for all kinds, following apimachinery's ``ValidateObjectMeta``."""

from collections.abc import Mapping
from typing import Any

from kube_apiserver.registry import ServedResource
from kube_apiserver.schema import Cause, is_qualified_name, messages
from kube_apiserver.strategies import Strategy
from kube_apiserver.validation.label_selectors import label_causes
from kube_apiserver.validation.object_meta import annotation_causes, owner_causes

Object = Mapping[str, Any]
# The groups whose kinds have no declared rules.
_UNDECLARED = frozenset({"apiextensions.k8s.io", "apiregistration.k8s.io"})
_STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})


def metadata_causes(resource: ServedResource, new: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of an object's metadata. ``old`` is the stored object, None on create."""
    metadata = new["metadata"]
    causes = label_causes(metadata.get("labels") or {}, "metadata.labels")
    causes += annotation_causes(metadata.get("annotations") or {}, "metadata")
    causes += owner_causes(metadata.get("ownerReferences") or (), "metadata")
    finalizers = _finalizer_causes(resource, metadata.get("finalizers") or ())
    if old is None:
        return [*_name_causes(resource.strategy, metadata), *causes, *finalizers]
    # An update of a custom object is checked three times, and kube-apiserver reports each error as often.
    repeated = causes * 2 if resource.custom is not None else []
    return [*causes, *finalizers, *repeated, *_late_finalizers(resource, old["metadata"], metadata)]


def _name_causes(strategy: Strategy, metadata: Object) -> list[Cause]:
    causes = []
    name, prefix = metadata.get("name", ""), metadata.get("generateName", "")
    if prefix:
        # A prefix may end with characters that a name cannot end with.
        problems = strategy.prefix_problems(prefix.rstrip("-.") or prefix)
        causes += [messages.invalid("metadata.generateName", prefix, why) for why in problems]
    if not name:
        message = "Required value: name or generateName is required"
        return [*causes, Cause("metadata.name", "FieldValueRequired", message)]
    return causes + [messages.invalid("metadata.name", name, why) for why in strategy.name_problems(name)]


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


def as_reported(resource: ServedResource, cause: Cause) -> list[Cause]:
    """Return an error of a change of metadata as often as it is reported.

    In kube-apiserver both the strategy and the registry look. Only built-in kinds with declared rules drop the second.
    """
    return [cause, cause] if resource.custom is not None or resource.group in _UNDECLARED else [cause]


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
    return as_reported(resource, cause)
