"""Which object a call of a plugin is about, and what the server answered."""

from typing import Any

from plugin_operator.client.addresses import Address, address_of
from plugin_operator.client.models import is_model, to_dict
from plugin_operator.client.typed_documents import as_read, is_typed, kind_of
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.kube.objects import ApiObject
from plugin_operator.kube.objects.baselines import latest
from plugin_operator.kube.objects.decoding import raw_of
from plugin_operator.plugin.writes.expectations import Target
from plugin_operator.plugin.writes.missing_rights import Attempt


def answered(answer: Any) -> Any:
    """Return the answer of the server as a dict."""
    return as_read(answer) if isinstance(answer, ApiObject) else to_dict(answer) if is_model(answer) else answer


def known_json(obj: Any) -> bytes | None:
    """Return the JSON that a typed object is known by, which a write of it without a change answers with."""
    return latest(obj) if isinstance(obj, ApiObject) else None


def is_unsent(known: bytes | None, answer: Any) -> bool:
    """Report whether a write sent nothing; ``known`` is ``known_json`` of the object before."""
    return known is not None and isinstance(answer, ApiObject) and raw_of(answer) is known


def read_attempt(verb: str, kind: Any, namespace: str | None) -> Attempt:
    """Return the attempt of a read; one kind stands for all that are named by a model or an object."""
    kind = kind_of(kind) if is_typed(kind) else kind
    return Attempt(verb, str(kind) if isinstance(kind, str | GroupVersionKind) else "", namespace or "")


def target_at(address: Address) -> Target | None:
    """Return the target of an address; None for a model class, which does not name its group."""
    kind = address.kind
    if isinstance(kind, str):
        kind = GroupVersionKind.parse(kind)
    if not isinstance(kind, GroupVersionKind):
        return None
    return Target(kind, NamespacedName(address.namespace or "", address.name))


def target_of(obj: Any) -> Target | None:
    """Return the target of a dict; None for a model, whose target is known from the response."""
    if isinstance(obj, ApiObject):
        address = address_of(obj)
        return target_at(address) if address.name else None
    if not isinstance(obj, dict) or not obj.get("apiVersion") or not obj.get("kind"):
        return None
    metadata = to_dict(obj.get("metadata") or {})
    name = metadata.get("name")
    if not name:
        return None
    return Target(GroupVersionKind.of(obj), NamespacedName(metadata.get("namespace") or "", name))
