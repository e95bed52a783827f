"""What is no list of children, or no child, and what its author probably meant."""

from collections.abc import Iterable
from inspect import isawaitable
from typing import Any

from plugin_operator.kube import NamespacedName
from plugin_operator.plugin.context.children import Child, ReadyGate
from plugin_operator.rendering import class_name


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
