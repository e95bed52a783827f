"""Validation of the parts of ``metadata`` that objects and embedded resources share: annotations and owners.

It follows apimachinery's ``ValidateObjectMeta``. Names and finalizers of objects are in ``writes.metadata``.
"""

from collections.abc import Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_qualified_name, messages

Object = Mapping[str, Any]
_ANNOTATIONS_LIMIT_BYTES = 256 * 1024


def annotation_causes(annotations: Mapping[str, str], path: str) -> list[Cause]:
    """Return the field errors of the annotations of the metadata at ``path``."""
    where = f"{path}.annotations"
    causes = [messages.invalid(where, key, why) for key in annotations for why in is_qualified_name(key.lower())]
    return [*causes, *annotation_size_causes(annotations, where)]


def annotation_size_causes(annotations: Mapping[str, str], path: str) -> list[Cause]:
    """Return the field error of annotations that are too long together."""
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    return [messages.too_long(path, _ANNOTATIONS_LIMIT_BYTES)] if size > _ANNOTATIONS_LIMIT_BYTES else []


def owner_causes(owners: Any, path: str) -> list[Cause]:
    """Return the field errors of the owner references of the metadata at ``path``."""
    causes, controller = [], None
    for position, owner in enumerate(owners):
        where = f"{path}.ownerReferences[{position}]"
        version = owner.get("apiVersion") or ""
        if version and (version.count("/") > 1 or version.endswith("/")):
            causes.append(messages.invalid(f"{where}.apiVersion", version, "must be <group>/<version> or <version>"))
        causes += [
            messages.required(f"{where}.{name}", "must not be empty")
            for name in ("apiVersion", "kind", "name", "uid")
            if not owner.get(name)
        ]
        if owner.get("controller"):
            if controller is not None:
                pair = " and ".join(f"{entry.get('kind')}/{entry.get('name')}" for entry in (controller, owner))
                detail = f'Only one reference can have Controller set to true. Found "true" in references for {pair}'
                causes.append(
                    messages.invalid(f"{path}.ownerReferences", [_in_order(entry) for entry in owners], detail)
                )
            controller = owner
    return causes


def _in_order(owner: Object) -> dict[str, Any]:
    """Return an owner reference with its members in Go's order, for messages."""
    names = ("apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion")
    return {name: owner[name] for name in names if name in owner}
