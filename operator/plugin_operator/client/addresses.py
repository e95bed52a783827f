"""Which object a call is about: an object, or kind, name and namespace.

Owns the forms of arguments that all verbs about one object share. Paths are left to ``ObjectRequests``.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from plugin_operator.client.answers import Kind
from plugin_operator.client.models import is_model, to_dict, version_and_kind
from plugin_operator.kube import GroupVersionKind, NamespacedName

_TEXT_KINDS = (str, GroupVersionKind)  # looked at first: a kind as text is the most frequent by far


class Address(NamedTuple):
    """One object, as a caller names it.

    Attributes:
        kind: finds the resource.
        name: of the object; empty if the caller gave none.
        namespace: of the object, or None.
        answers: the kind as which answers are decoded.
    """

    kind: Kind
    name: str
    namespace: str | None
    answers: Kind


def address_of(kind: Any, name: Any = None, namespace: str | None = None) -> Address:
    """Return the address of an object, or of the object with this kind, name and namespace.

    Raises:
        TypeError: an object is given and a name or a namespace as well.
        ValueError: the object names no kind.
    """
    if isinstance(kind, _TEXT_KINDS) or not is_object(kind):
        if isinstance(name, NamespacedName):
            return Address(kind, name.name, namespace or name.namespace, kind)
        return Address(kind, name or "", namespace, kind)
    if name is not None or namespace is not None:
        raise TypeError("pass an object, or kind, name and namespace, not both")
    if not is_model(kind):
        metadata, gvk = to_dict(kind.get("metadata") or {}), GroupVersionKind.of(kind)
        return Address(gvk, metadata.get("name") or "", metadata.get("namespace"), gvk)
    metadata, model = to_dict(kind.metadata or {}), type(kind)
    stated = {"apiVersion": kind.api_version, "kind": kind.kind}
    found = GroupVersionKind.of(stated) if all(stated.values()) else model
    return Address(found, metadata.get("name") or "", metadata.get("namespace"), model)


def address_and_argument(kind: Any, name: Any, argument: Any, namespace: str | None = None) -> tuple[Address, Any]:
    """Return the address, and the argument that follows it: the third, or the second after an object.

    Raises:
        TypeError: the argument is missing, or an object is given and a name or a namespace as well.
        ValueError: the object names no kind.
    """
    if argument is None:
        name, argument = name_and_argument(kind, name, argument)
    return address_of(kind, name, namespace), argument


def name_and_argument(kind: Any, name: Any, argument: Any) -> tuple[Any, Any]:
    """Return name and argument of a call; after an object the argument stands in place of the name.

    Raises:
        TypeError: the argument is missing.
    """
    if argument is None and is_object(kind):
        name, argument = None, name
    if argument is None:
        raise TypeError("the change is missing: write it after the object, or after kind and name")
    return name, argument


def address_of_pod(pod: Any, namespace: str | None = None) -> Address:
    """Return the address of a Pod: an object, a name or a ``Request``.

    Raises:
        TypeError: an object is given and a namespace as well.
        ValueError: the object is not a Pod.
    """
    if not is_object(pod):
        return address_of("v1/Pod", pod, namespace)
    address = address_of(pod, None, namespace)
    kind = address.kind
    is_pod = version_and_kind(kind) == ("v1", "Pod") if isinstance(kind, type) else str(kind) == "v1/Pod"
    if not is_pod:
        raise ValueError(f"only a Pod can be evicted, not a {kind}")
    return address


def is_object(value: object) -> bool:
    """Report whether ``value`` is an object, a dict or a model, and not a kind."""
    return isinstance(value, Mapping) or (is_model(value) and not isinstance(value, type))
