"""What is no list of children, or no child, and what its author probably meant."""

from collections.abc import Iterable
from inspect import isawaitable
from typing import Any

from plugin_operator.kube import NamespacedName, Object
from plugin_operator.plugin.context.children import Child, ReadyGate
from plugin_operator.rendering import class_name

#: Types of the fields of metadata that marks read or write.
_METADATA: dict[str, type] = {
    "name": str, "namespace": str, "labels": dict, "annotations": dict, "ownerReferences": list,
}  # fmt: skip


def check_list(children: object) -> None:
    """Check that a reconciler passes several children.

    Raises:
        TypeError: it does not; the message says what to write.
    """
    if children is None:
        raise TypeError(
            "the children are None: return them from the function that makes them; sync_children(owner, []) deletes all"
        )
    if isawaitable(children):
        raise TypeError("the children are not made yet: await the async function that makes them")
    if isinstance(children, dict | Child | str) or not isinstance(children, Iterable):
        raise TypeError(
            f"sync_children takes a list of children, and got a {class_name(children)}: write "
            "sync_children(owner, [child])"
        )


def check_child(given: object, number: int) -> None:
    """Check that an element of the list may be an object.

    Args:
        given: the element.
        number: its number, from 1.

    Raises:
        TypeError: it is none; the message says what to write.
    """
    obj = given.obj if isinstance(given, Child) else given
    if problem := _problem_of(obj):
        raise TypeError(f"child {number} is {problem}")


def check_metadata(name: str, document: Object) -> None:
    """Check that the metadata of a child have the types on which its marks rely.

    Args:
        name: names the child, for the message.
        document: the child as it is sent, without the marks.

    Raises:
        TypeError: a field has another type; the message has its path.
    """
    metadata = document.get("metadata")
    given: list[tuple[str, object, type]] = [("metadata", metadata, dict)]
    if isinstance(metadata, dict):
        given += [(f"metadata.{field}", metadata.get(field), wanted) for field, wanted in _METADATA.items()]
    references = metadata.get("ownerReferences") if isinstance(metadata, dict) else None
    for number, each in enumerate(references if isinstance(references, list) else ()):
        given.append((f"metadata.ownerReferences[{number}]", each, dict))
    for path, value, wanted in given:
        if value is not None and not isinstance(value, wanted):
            raise TypeError(f"{name}: {path} is a {class_name(value)}: make it a {wanted.__name__}")


def _problem_of(obj: Any) -> str:
    if obj is None:
        return "None: return it from the function that makes it, or leave it out of the list"
    if isawaitable(obj):
        return "not made yet: await the async function that makes it"
    if isinstance(obj, type):
        return f"the class {obj.__name__}: call it to make an object"
    if isinstance(obj, ReadyGate):
        return "a gate: write Child(obj, after=ready(kind, name))"
    if isinstance(obj, Child):
        return "a Child in a Child: write one Child(obj, after=…, adopt=…)"
    if isinstance(obj, tuple) and not isinstance(obj, NamespacedName):
        if any(isinstance(each, ReadyGate) for each in obj):
            return "a tuple: write Child(obj, after=ready(kind, name))"
        return "a tuple: pass its objects one by one; a comma at the end of an assignment makes a tuple, too"
    if isinstance(obj, list | set | frozenset):
        return f"a {class_name(obj)}: write * before it, which passes its objects"
    return ""
