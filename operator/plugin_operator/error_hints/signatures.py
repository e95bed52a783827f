"""The arguments of what plugins call: public functions and classes, built-in kinds, and methods of ``ctx``.

Owns which calls are known, and by which names authors write them. Looks the names up where they are: this package is
below all of them.
"""

import inspect
import pkgutil
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

#: The package with the public names. It imports this one, so it is looked up where its names are.
API = "plugin_operator"
KINDS = f"{API}.kinds"
#: The public class that has the methods of each object, by the object as authors write it.
METHODS: Mapping[str, str] = {
    "ctx": "Context", "ctx.client": "Client", "ctx.lister": "Lister", "ctx.recorder": "Recorder",
}  # fmt: skip
_OPEN = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_BY_NAME = inspect.Parameter.KEYWORD_ONLY


class Signature(NamedTuple):
    """The arguments of a call.

    Attributes:
        names: all of them, in their order.
        positional: how many of them may be passed without their names.
        required: those without a default.
    """

    names: tuple[str, ...]
    positional: int
    required: tuple[str, ...]


def public_names() -> Iterable[str]:
    """Return the names that authors import."""
    names: Iterable[str] = getattr(sys.modules.get(API), "__all__", ())
    return names


def signature_of(function: Any, *, is_method: bool = False) -> Signature | None:
    """Return the arguments of a function or class; None if it takes any, or if they are unknown."""
    if not (inspect.isfunction(function) or inspect.isclass(function)):
        return None
    try:
        parameters = list(inspect.signature(function).parameters.values())[1 if is_method else 0 :]
    except (TypeError, ValueError):
        return None  # the constructor of a built-in class
    if not parameters or any(each.kind in _OPEN for each in parameters):
        return None
    return Signature(
        tuple(each.name for each in parameters),
        sum(each.kind != _BY_NAME for each in parameters),
        tuple(each.name for each in parameters if each.default is inspect.Parameter.empty),
    )


def method_signature(owner: str, name: str) -> Signature | None:
    """Return the arguments of a method of an object in ``METHODS``; None if it has none of the name."""
    found = getattr(getattr(sys.modules[API], METHODS[owner]), name, None)
    return signature_of(found, is_method=True) if not name.startswith("_") else None


@cache
def kind_modules() -> tuple[str, ...]:
    """Return the names of the modules of built-in kinds, such as ``core_v1``."""
    return tuple(each.name for each in pkgutil.iter_modules(import_module(KINDS).__path__))


def named_in(content: bytes) -> dict[str, Signature]:
    """Return the arguments of public functions and classes whose names are in a file, by dotted name."""
    homes = {API: [each for each in public_names() if each.encode() in content]}
    for name in kind_modules() if b"kinds" in content else ():
        if name.encode() in content:
            module = import_module(f"{KINDS}.{name}")
            homes[module.__name__] = [each for each, value in vars(module).items() if isinstance(value, type)]
    found = {
        f"{home}.{name}": signature_of(getattr(sys.modules[home], name))
        for home, names in homes.items()
        for name in names
        if name.encode() in content
    }
    return {name: signature for name, signature in found.items() if signature is not None}


def methods_in(content: bytes) -> dict[str, Signature]:
    """Return the arguments of the methods in ``METHODS`` whose names are in a file, by the call: ``ctx.client.get``."""
    found: dict[str, Signature] = {}
    for owner, home in METHODS.items():
        for name in dir(getattr(sys.modules[API], home)):
            signature = method_signature(owner, name) if name.encode() in content else None
            if signature is not None:
                found[f"{owner}.{name}"] = signature
    return found
