"""Ownership of replicas across an object and its scale subresource.

The functions follow apimachinery's ``managedfields.ScaleHandler``. The owner of an object's replicas owns the replicas
of its scale, and the reverse. An entry from a write to the scale has no time.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from kube_apiserver.fieldmanagers.entries import Entry, decoded, with_entries
from kube_apiserver.fieldmanagers.fieldset import FieldSet, Path

SCALE_VERSION = "autoscaling/v1"
_REPLICAS = ("f:spec", "f:replicas")


def scale_entries(scale: Mapping[str, Any], parent: Mapping[str, Any], replicas: str) -> dict[str, Any]:
    """Return ``scale`` with ``managedFields`` derived from those of its parent.

    Args:
        scale: an object of kind Scale.
        parent: the object that the scale belongs to.
        replicas: the JSON path of the replicas in the parent, such as ``.spec.replicas``.
    """
    owned = _only(_path(replicas))
    owners = [entry for entry in decoded(parent) or [] if entry.fields & owned]
    shown = [replace(entry, api_version=SCALE_VERSION, fields=_only(_REPLICAS)) for entry in owners]
    return with_entries(scale, shown)


def parent_entries(
    parent: Mapping[str, Any], scale: Mapping[str, Any], replicas: str, api_version: str
) -> dict[str, Any]:
    """Return ``parent`` with ``managedFields`` derived from those of a written scale.

    Args:
        parent: the stored parent, with its entries.
        scale: its scale after the write.
        replicas: as for ``scale_entries``.
        api_version: the version of the parent in the request.
    """
    owned = _only(_path(replicas))
    owners = [entry for entry in decoded(scale) or [] if entry.fields & _only(_REPLICAS)]
    kept: list[Entry] = []
    for entry in decoded(parent) or []:
        same = next((owner for owner in owners if owner.identity == entry.identity), None)
        if same is not None:
            owners.remove(same)
        loses = same is None and bool(entry.fields & owned)
        kept.append(entry.with_fields(entry.fields - owned) if loses else entry)
    gained = [replace(owner, api_version=api_version, time="", fields=owned) for owner in owners]
    return with_entries(parent, [*kept, *gained])


def _path(dotted: str) -> Path:
    return tuple(f"f:{name}" for name in dotted.strip(".").split("."))


def _only(path: Path) -> FieldSet:
    result = FieldSet()
    result.insert(path)
    return result
