"""Views of standard-library functions that import by name, for the modules of one revision.

An import statement in a plugin searches the plugin's revision first. ``importlib.import_module("helper")`` must find
the same helper, but receives only a name. So a plugin gets views of ``importlib``, ``pkgutil`` and ``runpy``, whose
import functions search the revision. All other attributes are those of the real modules.
"""

import functools
import importlib
import importlib.resources
import importlib.util
import pkgutil
import re
import runpy
import sys
from collections.abc import Callable, Collection, Mapping
from types import ModuleType
from typing import Any

Import = Callable[..., ModuleType]


class _View(ModuleType):
    """A view of a module with some attributes replaced; all others are read from and written to the real module.

    An attribute that is a module with a view returns that view.
    """

    def __init__(self, real: ModuleType, own: Mapping[str, Any], views: Mapping[str, ModuleType]) -> None:
        super().__init__(real.__name__, real.__doc__)
        vars(self).update(own, __plugin_operator_real__=real, __plugin_operator_views__=views)

    def __getattr__(self, name: str) -> Any:
        found = getattr(vars(self)["__plugin_operator_real__"], name)
        if type(found) is ModuleType:
            return vars(self)["__plugin_operator_views__"].get(found.__name__, found)
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(vars(self)["__plugin_operator_real__"], name, value)

    def __dir__(self) -> list[str]:
        return dir(vars(self)["__plugin_operator_real__"])


def views(package: str, tops: Collection[str], statement: Import, names: Mapping[str, Any]) -> dict[str, ModuleType]:
    """Return the views for one revision, by module name.

    Args:
        package: private name of the revision's package.
        tops: names of its top-level modules.
        statement: the ``__import__`` function of the revision.
        names: ``__builtins__`` of the revision's modules.
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

    @functools.wraps(pkgutil.get_data)
    def get_data(package: str, resource: str) -> bytes | None:
        return pkgutil.get_data(private(package), resource)

    @functools.wraps(importlib.util.find_spec)
    def find_spec(name: str, package: str | None = None) -> Any:
        known = private(package) if package else package
        full = importlib.util.resolve_name(name, known) if name.startswith(".") else private(name)
        try:
            return importlib.util.find_spec(full)
        except ModuleNotFoundError as error:
            if error.name == full:
                return None
            raise

    @functools.wraps(runpy.run_module)
    def run_module(mod_name: str, init_globals: dict[str, Any] | None = None, *args: Any, **options: Any) -> Any:
        given = {"__builtins__": dict(names)} if private(mod_name) != mod_name else {}
        return runpy.run_module(private(mod_name), {**given, **(init_globals or {})}, *args, **options)

    found: dict[str, ModuleType] = {}
    own: dict[ModuleType, dict[str, Any]] = {
        importlib: {"import_module": import_module, "__import__": statement},
        importlib.util: {"find_spec": find_spec},
        importlib.resources: _resources(private),
        pkgutil: {"resolve_name": resolve_name, "get_data": get_data},
        runpy: {"run_module": run_module},
    }
    found.update((real.__name__, _View(real, functions, found)) for real, functions in own.items())
    return found


#: The functions of ``importlib.resources`` that take a package or its name.
_OF_A_PACKAGE = ("files", "read_text", "read_binary", "open_text", "open_binary", "path", "contents", "is_resource")

_PACKAGE = frozenset({"package", "anchor"})


def _resources(private: Callable[[str], str]) -> dict[str, Any]:
    """Return the functions of ``importlib.resources`` that take a package, for one revision."""

    def knowing(function: Any) -> Any:
        @functools.wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            if not args and not options:  # since Python 3.12 the default is the calling package
                args = (sys._getframe(1).f_globals["__name__"],)  # noqa: SLF001 - as in the original function
            if not args and not options and sys.version_info >= (3, 12):
                args = (sys._getframe(1).f_globals["__name__"],)  # noqa: SLF001 - the default is the calling module
            named = {key: private(value) for key, value in options.items() if key in _PACKAGE and type(value) is str}
            first = [private(each) if type(each) is str else each for each in args[:1]]
            return function(*first, *args[1:], **{**options, **named})

        return call

    real = importlib.resources
    return {name: knowing(getattr(real, name)) for name in _OF_A_PACKAGE if hasattr(real, name)}
