"""Helpers for the tests of this package and of plugin authors.

Owns the names that authors' tests import. The harness is loaded when it is first asked for: pytest imports this package
in every run of every project in the environment.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# At once, for the function has the name of its module, which would take its place once something imports that.
from plugin_operator.testing.eventually import eventually

if TYPE_CHECKING:
    from plugin_operator.testing.harness import PluginHarness
    from plugin_operator.testing.virtual_clock import VirtualClock

__all__ = ["PluginHarness", "VirtualClock", "eventually"]

_HOMES = {"PluginHarness": "harness", "VirtualClock": "virtual_clock"}


def __getattr__(name: str) -> Any:
    """Load the public name ``name`` from where it lives (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
