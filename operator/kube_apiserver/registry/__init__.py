"""The registry of served resources: built-in ones, and custom ones added at run time."""

from kube_apiserver.registry.registry import Registry
from kube_apiserver.registry.resource import ServedResource

__all__ = ["Registry", "ServedResource"]
