"""The names of resources that quotas and containers may name."""

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
