"""Which resources are served, built in and added while the server runs."""

from kube_apiserver.registry.registry import Registry
from kube_apiserver.registry.resource import ServedResource

__all__ = ["Registry", "ServedResource"]
