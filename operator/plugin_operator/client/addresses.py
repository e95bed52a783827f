"""Which object a call is about: an object, or kind, name and namespace.

Owns the forms of arguments that all verbs about one object share. Paths are left to ``ObjectRequests``.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from plugin_operator.client.answers import Kind
from plugin_operator.client.interface.argument_checks import check_change, check_name, check_namespace, check_place
from plugin_operator.client.models import is_model, to_dict, version_and_kind
from plugin_operator.client.typed_documents import is_typed, kind_of
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.kube.objects import ApiObject

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


def address_of(kind: Any, name: Any = None, namespace: str | None = None, *, call: str = "get") -> Address:
    """Return the address of an object, or of the object with this kind, name and namespace.

    Args:
        kind: the kind, or the object.
        name: the name, or the request.
        namespace: of the object.
        call: the method, for errors.

    Raises:
        TypeError: an object is given and a name or a namespace as well, or one of these has a wrong type.
        ValueError: the object names no kind.
    """
    if isinstance(kind, _TEXT_KINDS) or not is_object(kind):
        check_name(call, name)
        check_namespace(call, namespace)
        found = kind_of(kind) if is_typed(kind) else kind
        if isinstance(name, NamespacedName):
            return Address(found, name.name, namespace or name.namespace, kind)
        return Address(found, name or "", namespace, kind)
    if name is not None or namespace is not None:
        raise TypeError("pass an object, or kind, name and namespace, not both")
    if isinstance(kind, ApiObject):
        return Address(kind_of(kind), kind.metadata.name, kind.metadata.namespace or None, type(kind))
    if not is_model(kind):
        metadata, gvk = to_dict(kind.get("metadata") or {}), GroupVersionKind.of(kind)
        check_place(gvk.kind, metadata.get("name"), metadata.get("namespace"))
        return Address(gvk, metadata.get("name") or "", metadata.get("namespace"), gvk)
    metadata, model = to_dict(kind.metadata or {}), type(kind)
    stated = {"apiVersion": kind.api_version, "kind": kind.kind}
    found = GroupVersionKind.of(stated) if all(stated.values()) else model
    return Address(found, metadata.get("name") or "", metadata.get("namespace"), model)


def address_and_argument(
    kind: Any, name: Any, argument: Any, namespace: str | None = None, *, call: str
) -> tuple[Address, Any]:
    """Return the address, and the argument that follows it: the third, or the second after an object.

    Raises:
        TypeError: the argument is missing, one has a wrong type, or an object is given and a name or a namespace too.
        ValueError: the object names no kind.
    """
    name, argument = name_and_argument(kind, name, argument, call=call)
    return address_of(kind, name, namespace, call=call), argument


def name_and_argument(kind: Any, name: Any, argument: Any, *, call: str) -> tuple[Any, Any]:
    """Return name and argument of a call; after an object the argument stands in place of the name.

    Raises:
        TypeError: the argument is missing, or one has a wrong type.
    """
    is_after_object = argument is None and is_object(kind)
    if is_after_object:
        name, argument = None, name
    check_name(call, name)
    if argument is None:
        raise TypeError("the change is missing: write it after the object, or after kind and name")
    check_change(call, argument, is_after_object=is_after_object)
    return name, argument


def address_of_pod(pod: Any, namespace: str | None = None) -> Address:
    """Return the address of a Pod: an object, a name or a ``Request``.

    Raises:
        TypeError: an object is given and a namespace as well.
        ValueError: the object is not a Pod.
    """
    if not is_object(pod):
        return address_of("v1/Pod", pod, namespace, call="evict")
    address = address_of(pod, None, namespace, call="evict")
    kind = address.kind
    is_pod = version_and_kind(kind) == ("v1", "Pod") if isinstance(kind, type) else str(kind) == "v1/Pod"
    if not is_pod:
        raise ValueError(f"only a Pod can be evicted, not a {kind}")
    return address


def is_object(value: object) -> bool:
    """Report whether ``value`` is an object, a dict or a typed one, and not a kind."""
    return isinstance(value, Mapping | ApiObject) or (is_model(value) and not isinstance(value, type))
