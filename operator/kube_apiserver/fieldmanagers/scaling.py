"""Ownership of the replicas, seen from an object and from its scale.

Follows apimachinery's ``managedfields.ScaleHandler``: whoever owns an object's replicas owns those of its scale, and
the other way round; an entry that a write of the scale made carries no time.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kube_apiserver.fieldmanagers.entries import Entry, decoded, with_entries
from kube_apiserver.fieldmanagers.fieldset import FieldSet, Path

SCALE_VERSION = "autoscaling/v1"
_REPLICAS = ("f:spec", "f:replicas")


def scale_entries(scale: Mapping[str, Any], parent: Mapping[str, Any], replicas: str) -> dict[str, Any]:
    """Return ``scale`` with the ``managedFields`` that follow from those of its parent.

    Args:
        scale: an object of kind Scale.
        parent: the object whose scale it is.
        replicas: where the parent keeps what it wants, such as ``.spec.replicas``.
    """
    owned = _only(_path(replicas))
    owners = [entry for entry in decoded(parent) or [] if entry.fields & owned]
    shown = [replace(entry, api_version=SCALE_VERSION, fields=_only(_REPLICAS)) for entry in owners]
    return with_entries(scale, shown)


def parent_entries(
    parent: Mapping[str, Any], scale: Mapping[str, Any], replicas: str, api_version: str
) -> dict[str, Any]:
    """Return ``parent`` with the ``managedFields`` that follow from those of a scale that was written.

    Args:
        parent: the object before, with its entries.
        scale: its scale after the write.
        replicas: as for ``scale_entries``.
        api_version: of the parent, as it was asked for.
    """
    owned = _only(_path(replicas))
    owners = [entry for entry in decoded(scale) or [] if entry.fields & _only(_REPLICAS)]
    kept: list[Entry] = []
    for entry in decoded(parent) or []:
        same = next((owner for owner in owners if owner.identity == entry.identity), None)
        if same is not None:
            owners.remove(same)
        loses = same is None and bool(entry.fields & owned)
        kept.append(entry.having(entry.fields - owned) if loses else entry)
    gained = [replace(owner, api_version=api_version, time="", fields=owned) for owner in owners]
    return with_entries(parent, [*kept, *gained])


def _path(dotted: str) -> Path:
    return tuple(f"f:{name}" for name in dotted.strip(".").split("."))


def _only(path: Path) -> FieldSet:
    result = FieldSet()
    result.insert(path)
    return result
