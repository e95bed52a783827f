"""Marks by which a controller finds its children: labels, and an annotation that names the owner.

An owner reference reaches neither another namespace nor, from a namespaced owner, a cluster-scoped object. Such a child
carries the uid and the name of its owner instead.
"""

from collections.abc import Mapping

from plugin_operator.kube.gvk import GroupVersionKind
from plugin_operator.kube.names import NamespacedName

#: Label of every child: the id of the controller that applies it.
CONTROLLER_LABEL = "plugin-operator/controller"
#: Label of a child that an owner reference does not reach: the uid of its owner.
OWNER_UID_LABEL = "plugin-operator/owner-uid"
#: Annotation of such a child: kind, namespace and name of its owner.
OWNER_ANNOTATION = "plugin-operator/owner"
#: Prefix of the finalizers that the operator puts on for ``cleanup=``; the id of the controller follows.
CLEANUP_PREFIX = "plugin-operator.cleanup/"

_PARTS = 3


def cleanup_finalizer(controller_id: str) -> str:
    """Return the finalizer of a controller with ``cleanup=``: ``plugin-operator.cleanup/website``."""
    return f"{CLEANUP_PREFIX}{controller_id}"


def owner_annotation(kind: GroupVersionKind, key: NamespacedName) -> str:
    """Return the value of ``OWNER_ANNOTATION``: ``Widget.example.com/default/a``; without the version."""
    return f"{_group_kind(kind)}/{key.namespace}/{key.name}"


def annotated_owner(annotations: Mapping[str, str] | None, kind: GroupVersionKind) -> NamespacedName | None:
    """Return the owner that an annotation names, if it is of this group and kind; else None."""
    parts = (annotations or {}).get(OWNER_ANNOTATION, "").split("/")
    if len(parts) != _PARTS or parts[0] != _group_kind(kind) or not parts[2]:
        return None
    return NamespacedName(parts[1], parts[2])


def _group_kind(kind: GroupVersionKind) -> str:
    return f"{kind.kind}.{kind.group}" if kind.group else kind.kind
