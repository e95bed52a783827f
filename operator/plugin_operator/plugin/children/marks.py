"""The marks of a child: label, owner reference, or the uid of an owner that no reference reaches."""

import copy
from collections.abc import Collection

import msgspec

from plugin_operator.kube import GroupVersionKind, NamespacedName, Object, ObjectMeta
from plugin_operator.kube.metadata import misspelled_metadata
from plugin_operator.kube.ownership import CONTROLLER_LABEL, OWNER_ANNOTATION, OWNER_UID_LABEL, owner_annotation
from plugin_operator.plugin.context import owners
from plugin_operator.plugin.identity import ControllerIdentity

_OF_THE_SERVER = ("uid", "resourceVersion", "managedFields", "creationTimestamp", "generation", "deletionTimestamp")


class Owner(msgspec.Struct, frozen=True):
    """The owner of a set of children, as it was read.

    Attributes:
        document: the object.
        kind, key, uid: its identity.
        finalizers: names of its finalizers.
        is_deleted: whether its deletion has begun.
    """

    document: Object
    kind: GroupVersionKind
    key: NamespacedName
    uid: str
    finalizers: tuple[str, ...]
    is_deleted: bool

    @classmethod
    def of(cls, document: Object) -> "Owner":
        """Return the owner that a dict stands for.

        Raises:
            ValueError: it was not read from the API server.
        """
        metadata = document.get("metadata") or {}
        missing = [name for name in ("apiVersion", "kind") if not document.get(name)]
        missing += [f"metadata.{name}" for name in ("name", "uid") if not metadata.get(name)]
        if missing:
            raise ValueError(f"the owner has no {', no '.join(missing)}: pass it as it was read from the API server")
        return cls(
            document,
            GroupVersionKind.of(document),
            NamespacedName(metadata.get("namespace") or "", metadata["name"]),
            metadata["uid"],
            tuple(metadata.get("finalizers") or ()),
            bool(metadata.get("deletionTimestamp")),
        )


def marked(child: Object, owner: Owner, controller_id: str, finalizers: Collection[str], *, namespaced: bool) -> Object:
    """Return a copy of a child with its marks, and with the owner's namespace if it names none.

    Args:
        child: the object to apply.
        owner: the owner.
        controller_id: value of the label.
        finalizers: one of them must be on an owner whose children no owner reference reaches.
        namespaced: whether the child's kind has namespaces.

    Raises:
        ValueError: the child has no name, was read from the API server, has the mark of another controller, or no owner
            reference reaches it and the owner has no finalizer.
        AlreadyOwnedError: the child states another controlling owner.
    """
    document = copy.deepcopy(child)
    metadata = document["metadata"] = dict(document.get("metadata") or {})
    name = _checked_name(child, metadata)
    if namespaced and not metadata.get("namespace"):
        metadata["namespace"] = owner.key.namespace
    if namespaced and not metadata["namespace"]:
        raise ValueError(f"{name} needs metadata.namespace, because its owner has none")
    labels = metadata["labels"] = dict(metadata.get("labels") or {})
    if labels.setdefault(CONTROLLER_LABEL, controller_id) != controller_id:
        raise ValueError(f"{name} has the label {CONTROLLER_LABEL} of another controller: leave the label out")
    if _is_reached(owner, metadata.get("namespace") or "" if namespaced else ""):
        owners.set_owner(document, owner.document, controller=True, block_owner_deletion=None)
    elif not owner.is_deleted and not any(each in finalizers for each in owner.finalizers):
        raise ValueError(
            f"no owner reference of {owner.kind} {owner.key} reaches {name}, so the garbage collector would leave it "
            "behind: declare cleanup= with a function that takes (ctx, owner), and may be empty; the operator then "
            "keeps a finalizer on the owner, and deletes such children before it takes the finalizer off. In a "
            "test with fake_context, give the owner the finalizer ctx.finalizer"
        )
    else:
        labels[OWNER_UID_LABEL] = owner.uid
        annotations = metadata["annotations"] = dict(metadata.get("annotations") or {})
        annotations[OWNER_ANNOTATION] = owner_annotation(owner.kind, owner.key)
    return document


def owner_uid(metadata: ObjectMeta, ids: Collection[str]) -> str:
    """Return the uid of the owner that a controller marked on an object; empty for an object of another party.

    Args:
        metadata: of the object.
        ids: the current and former ids of the controller.
    """
    return marked_owner(metadata) if (metadata.labels or {}).get(CONTROLLER_LABEL) in ids else ""


def marked_owner(metadata: ObjectMeta) -> str:
    """Return the uid of the owner that any controller marked on an object; empty for one without such a mark."""
    labels = metadata.labels or {}
    if not labels.get(CONTROLLER_LABEL):
        return ""
    owner = metadata.controller_of()
    return labels.get(OWNER_UID_LABEL) or (owner.uid if owner is not None else "")


def is_ours(metadata: ObjectMeta, owner: Owner, identity: ControllerIdentity, applied_uid: str = "") -> bool:
    """Report whether an object belongs to this controller and owner.

    An object without the label counts if the owner controls it: someone has removed the label, or the controller made
    it before it used ``sync_children``. So does one without an owner that this process has applied: someone has removed
    the owner.

    Args:
        metadata: of the object.
        owner: the owner.
        identity: current and former ids of the controller.
        applied_uid: uid of the object that this process has applied under the name; empty if it has not.
    """
    labels = metadata.labels or {}
    if labels.get(CONTROLLER_LABEL, identity.id) not in identity.ids:
        return False
    controller = metadata.controller_of()
    if controller is None and applied_uid and metadata.uid == applied_uid:
        return True
    return owner.uid in {labels.get(OWNER_UID_LABEL), controller.uid if controller is not None else ""}


def party_of(metadata: ObjectMeta, identity: ControllerIdentity) -> str:
    """Return who an object belongs to, as far as its metadata shows, if that is not the asking owner."""
    labels = metadata.labels or {}
    label = labels.get(CONTROLLER_LABEL)
    if label and label not in identity.ids:
        return f"belongs to controller {label!r} (if this one replaces it, write renamed_from={label!r})"
    controller = metadata.controller_of()
    if controller is not None:
        return f"is controlled by {controller.kind} {controller.name}"
    if not label:
        return "has no mark of sync_children, as after ctx.client.apply or kubectl create"
    if labels.get(OWNER_UID_LABEL):
        owner = (metadata.annotations or {}).get(OWNER_ANNOTATION) or "another owner"
        return f"belongs to {owner} with the uid {labels[OWNER_UID_LABEL]}"
    return "has no owner any more, as after kubectl delete --cascade=orphan"


def _checked_name(document: Object, metadata: Object) -> str:
    kind = f"{document.get('apiVersion')}/{document.get('kind')}"
    if not metadata.get("name"):
        meant = misspelled_metadata(document) or ": a generated one would differ at each reconcile"
        raise ValueError(f"a child of kind {kind} needs metadata.name{meant}")
    name = f"{kind} {metadata['name']}"
    stated = [each for each in _OF_THE_SERVER if metadata.get(each)]
    if stated:
        raise ValueError(f"{name} has metadata.{stated[0]}, which the server sets: build the child, do not read it")
    return name


def _is_reached(owner: Owner, namespace: str) -> bool:
    return not owner.key.namespace or owner.key.namespace == namespace
