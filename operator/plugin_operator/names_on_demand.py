"""Public names of a package that are imported on first use (PEP 562)."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def names_on_demand(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package.

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
