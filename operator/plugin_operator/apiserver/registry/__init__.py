"""Which resources are served, built in and added while the server runs."""

from plugin_operator.apiserver.registry.registry import Registry
from plugin_operator.apiserver.registry.resource import ServedResource

__all__ = ["Registry", "ServedResource"]
