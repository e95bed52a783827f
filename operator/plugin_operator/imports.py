"""What keeps the start quick and the process small: less is imported, and the collector leaves it alone."""

import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, cast


def names_on_demand(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package whose names are imported on first use (PEP 562).

    Define it under ``if not TYPE_CHECKING:``, or a type checker takes every misspelled name for ``Any``.

    Args:
        package: its name.
        homes: the module of each name.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807 - errors of Python show it
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return __getattr__


@contextmanager
def imports_without_collection() -> Iterator[None]:
    """Collect no garbage while modules are imported, and exempt what they made from later collections.

    Imports make a hundred thousand objects that stay. The collector would traverse them again and again, for a seventh
    of the time that the imports take. No effect where the collector is disabled.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def hidden(name: str) -> Iterator[None]:
    """Hide a module from libraries that import it where they find it. No effect if it is imported already.

    structlog does so with rich, to draw tracebacks in a way that this operator does not use: 60 modules and 3 MiB, of
    the operator and of the process that tries plugins. Both can still import rich afterwards.
    """
    modules = cast("dict[str, Any]", sys.modules)
    if name in modules:
        yield
        return
    modules[name] = None  # an import of it now raises ImportError
    try:
        yield
    finally:
        del modules[name]
