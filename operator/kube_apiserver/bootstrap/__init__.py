"""The objects that a new cluster starts with: namespaces, default roles, the server's own Service and so on."""

from kube_apiserver.bootstrap.bootstrap import bootstrap

__all__ = ["bootstrap"]
