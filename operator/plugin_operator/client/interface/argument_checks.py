"""Types of the arguments of client calls, checked before a request is built.

Owns the error for arguments in the wrong order. It names a type only: a misplaced argument may be the body of a Secret.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

from plugin_operator.kube import NamespacedName
from plugin_operator.rendering import class_name

#: The arguments by position; those of ``delete_collection`` after the second are keywords.
ORDER: Mapping[str, tuple[str, ...]] = {
    "get": ("kind", "name", "namespace"),
    "list": ("kind", "namespace", "label_selector", "field_selector"),
    "patch": ("kind", "name", "patch", "namespace"),
    "patch_status": ("kind", "name", "status", "namespace"),
    "scale": ("kind", "name", "replicas", "namespace"),
    "delete": ("kind", "name", "namespace"),
    "delete_collection": ("kind", "namespace"),
    "evict": ("pod", "namespace"),
}
_ORDINALS = ("first", "second", "third", "fourth")
_NO_CHANGE = (str, bytes, int, float, NamespacedName)


def check_name(call: str, name: Any) -> None:
    """Raise TypeError unless the name of a call is absent, a text or a request."""
    if name is not None and not isinstance(name, str | NamespacedName):
        _refuse(call, ORDER[call], "pod" if call == "evict" else "name", name)


def check_namespace(call: str, namespace: Any) -> None:
    """Raise TypeError unless the namespace of a call is absent or a text."""
    if namespace is not None and not isinstance(namespace, str):
        _refuse(call, ORDER[call], "namespace", namespace)


def check_change(call: str, change: Any, *, is_after_object: bool) -> None:
    """Raise TypeError if the patch or the status of a call is a single value."""
    word = {"patch": "patch", "patch_status": "status"}.get(call)
    if word and isinstance(change, _NO_CHANGE):
        _refuse(call, ("object", word) if is_after_object else ORDER[call], word, change)


def check_place(kind: object, name: Any, namespace: Any) -> None:
    """Raise TypeError unless name and namespace of an object are absent or texts."""
    for field, value in (("name", name), ("namespace", namespace)):
        if value is not None and not isinstance(value, str):
            raise TypeError(f"metadata.{field} of the {kind} is a {class_name(value)}: it is a text")


def _refuse(call: str, order: tuple[str, ...], wrong: str, value: Any) -> NoReturn:
    found = "Request" if isinstance(value, NamespacedName) else class_name(value)
    raise TypeError(order_problem(call, order, wrong, found))


def order_problem(call: str, order: tuple[str, ...], wrong: str, found: str) -> str:
    """Return the message about an argument that has a value of the type ``found``."""
    article = "an" if found[:1] in "aeiouAEIOU" else "a"
    means = "name or the request" if wrong in {"name", "pod"} else wrong
    shown, ordinal = f"{call}({', '.join(order)})", _ORDINALS[order.index(wrong)]
    return f"{shown}: the {ordinal} argument is the {means}, and this is {article} {found}"
