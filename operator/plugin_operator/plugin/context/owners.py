"""Owner references, by the rules of controller-runtime's ``controllerutil`` and the API server.

Owns the validation of references. Sends no requests.
"""

from typing import Any

import msgspec

from plugin_operator.client.models import is_model, to_dict, to_model
from plugin_operator.errors import PluginOperatorError
from plugin_operator.kube import OwnerReference
from plugin_operator.kube.objects import ApiObject
from plugin_operator.plugin.context.typed_objects import metadata_of


class AlreadyOwnedError(PluginOperatorError):
    """Raised by ``ctx.set_owner``: the child already has another controller.

    Args:
        child: kind and name of the child, for the message.
        owner: the existing owner reference, as a dict; also an attribute.
    """

    def __init__(self, child: str, owner: dict[str, Any]) -> None:
        self.owner = owner
        super().__init__(
            f"{child} is controlled by {owner.get('kind')} {owner.get('name')} already, and an object has one "
            "controller at most: take another name for the child, or pass controller=False"
        )


def set_owner(child: Any, owner: Any, *, controller: bool, block_owner_deletion: bool | None) -> bool:
    """Set ``owner`` in the owner references of ``child`` and return whether they changed.

    Raises:
        AlreadyOwnedError: ``controller`` is set, and another object is the controller.
        ValueError: the owner was not read from a server, is the child itself, or cannot own an object in the
            child's namespace.
        TypeError: an argument is neither a dict with metadata nor a model.
    """
    wanted = _reference_to(owner, controller, block_owner_deletion)
    _check_namespaces(child, owner)
    if _is_same(_identity(child), wanted):
        raise ValueError(f"{_described(child)} cannot own itself: pass the object that it belongs to")
    references = _references_of(child)
    other = next((each for each in references if each.get("controller") and not _is_same(each, wanted)), None)
    if controller and other is not None:
        raise AlreadyOwnedError(_described(child), other)
    if any(_is_same(each, wanted) for each in references):
        merged = [wanted if _is_same(each, wanted) else each for each in references]
    else:
        merged = [*references, wanted]
    if merged == references:
        return False
    if isinstance(child, ApiObject):
        child.metadata.owner_references = msgspec.convert(merged, list[OwnerReference])
    elif is_model(child):
        child.metadata.owner_references = [to_model(msgspec.json.encode(each), "V1OwnerReference") for each in merged]
    else:
        child["metadata"]["ownerReferences"] = merged
    return True


def _reference_to(owner: Any, controller: bool, block_owner_deletion: bool | None) -> dict[str, Any]:
    metadata = metadata_of(owner)
    document = to_dict(owner)
    reference = {
        "apiVersion": document.get("apiVersion"),
        "kind": document.get("kind"),
        "name": metadata.name,
        "uid": metadata.uid,
    }
    missing = [name for name, value in reference.items() if not value]
    if missing:
        raise ValueError(f"the owner has no {', no '.join(missing)}: pass it as it was read from the API server")
    if controller:
        reference["controller"] = True
    if controller if block_owner_deletion is None else block_owner_deletion:
        reference["blockOwnerDeletion"] = True
    return reference


def _check_namespaces(child: Any, owner: Any) -> None:
    """Reject an owner in another namespace: the garbage collector would not find it and would delete the child."""
    mine, its = metadata_of(child).namespace or "", metadata_of(owner).namespace or ""
    if its and not mine:
        raise ValueError(
            f"{_described(child)} has no namespace, and an owner in namespace {its} owns only objects there: "
            f"set metadata.namespace to {its!r}, or take a cluster-scoped owner"
        )
    if its and mine != its:
        raise ValueError(
            f"{_described(child)} is in namespace {mine}, its owner in {its}: an owner is in the namespace of the "
            "child, or in none"
        )


def _references_of(child: Any) -> list[dict[str, Any]]:
    metadata_of(child)
    return [dict(each) for each in to_dict(child).get("metadata", {}).get("ownerReferences") or ()]


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Report whether two references name the same owner, in any version of its kind.

    As in ``controllerutil``, uids are not compared: a reference to a recreated owner replaces the stale one.
    """
    group = [str(each.get("apiVersion") or "").rpartition("/")[0] for each in (one, other)]
    return group[0] == group[1] and all(one.get(key) == other.get(key) for key in ("kind", "name"))


def _identity(child: Any) -> dict[str, Any]:
    document = to_dict(child)
    return {"apiVersion": document.get("apiVersion"), "kind": document.get("kind"), "name": metadata_of(child).name}


def _described(child: Any) -> str:
    document = to_dict(child)
    return f"{document.get('kind') or type(child).__name__} {metadata_of(child).name or '(unnamed)'}"
