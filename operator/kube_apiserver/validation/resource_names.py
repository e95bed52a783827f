"""The names of resources that quotas and containers may name, and the amounts of each."""

from kube_apiserver.schema import Cause, is_qualified_name
from kube_apiserver.validation.quantities import not_negative_causes, whole_causes

COUNTED = (
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
)
COMPUTED = ("cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory")
_STORED = ("ephemeral-storage", "requests.storage", "requests.ephemeral-storage", "limits.ephemeral-storage")
#: What a quota may limit, without the names of others.
STANDARD = frozenset((*COUNTED, *COMPUTED, *_STORED))


def is_native(name: str) -> bool:
    """Report whether Kubernetes itself defines a resource."""
    return "/" not in name or "kubernetes.io/" in name


def is_whole_only(name: str) -> bool:
    """Report whether the amounts of a resource are whole numbers: it counts objects, or is an extended one."""
    if name in COUNTED:
        return True
    return not (is_native(name) or name.startswith("requests.") or is_qualified_name(f"requests.{name}"))


def amount_causes(name: str, quantity: str, path: str) -> list[Cause]:
    """Return the field errors of the amount of a resource: below zero, or not whole."""
    return [*not_negative_causes(quantity, path), *(whole_causes(quantity, path) if is_whole_only(name) else ())]
