"""The kinds of the group ``networking.k8s.io``."""

from kube_apiserver.kinds.networking import ingresses, network_policies
from kube_apiserver.strategies import Strategy

STRATEGIES = (
    *ingresses.STRATEGIES,
    *network_policies.STRATEGIES,
    Strategy(
        group="networking.k8s.io",
        kind="ServiceCIDR",
        has_generation=False,
        reset_fields={"status": ("spec", "metadata")},
    ),
)
