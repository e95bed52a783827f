"""The kind of the group ``discovery.k8s.io``."""

from kube_apiserver.kinds.discovery.endpoint_slices import STRATEGIES

__all__ = ["STRATEGIES"]
