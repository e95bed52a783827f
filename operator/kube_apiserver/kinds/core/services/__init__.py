"""Services: their rules, and the allocation of their addresses and ports."""

from kube_apiserver.kinds.core.services.services import STRATEGIES

__all__ = ["STRATEGIES"]
