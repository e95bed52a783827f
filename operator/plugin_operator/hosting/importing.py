"""The functions of the standard library that import by name, as the modules of one revision see them.

An import statement in a plugin looks into the plugin's revision first. ``importlib.import_module("helper")`` must find
the same helper, but is told only a name: so a plugin gets views of ``importlib`` and ``pkgutil`` whose few functions of
that kind know the revision. Everything else in them is the real thing.
"""

import functools
import importlib
import pkgutil
import re
from collections.abc import Callable, Collection, Mapping
from types import ModuleType
from typing import Any

Import = Callable[..., ModuleType]


class _View(ModuleType):
    """A module with some attributes of its own; all others are read from, and written to, the real one."""

    def __init__(self, real: ModuleType, own: Mapping[str, Any]) -> None:
        super().__init__(real.__name__, real.__doc__)
        vars(self).update(own, __plugin_operator_real__=real)

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["__plugin_operator_real__"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(vars(self)["__plugin_operator_real__"], name, value)

    def __dir__(self) -> list[str]:
        return dir(vars(self)["__plugin_operator_real__"])


def views(package: str, tops: Collection[str], statement: Import) -> dict[str, ModuleType]:
    """Return the views for one revision, by the name of the module they stand for.

    Args:
        package: private name of the revision's package.
        tops: names of the modules that lie directly in it.
        statement: what import statements of the revision call.
    """

    def private(name: str) -> str:
        return f"{package}.{name}" if re.split("[.:]", name, maxsplit=1)[0] in tops else name

    @functools.wraps(importlib.import_module)
    def import_module(name: str, package: str | None = None) -> ModuleType:
        if name.startswith("."):
            return importlib.import_module(name, private(package) if package else package)
        return importlib.import_module(private(name))

    @functools.wraps(pkgutil.resolve_name)
    def resolve_name(name: str) -> Any:
        return pkgutil.resolve_name(private(name))

    return {
        "importlib": _View(importlib, {"import_module": import_module, "__import__": statement}),
        "pkgutil": _View(pkgutil, {"resolve_name": resolve_name}),
    }
