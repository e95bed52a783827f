"""The kinds of the group ``networking.k8s.io``."""

from kube_apiserver.kinds.networking import addresses, ingress_classes, ingresses, network_policies

STRATEGIES = (
    *ingresses.STRATEGIES,
    *ingress_classes.STRATEGIES,
    *network_policies.STRATEGIES,
    *addresses.STRATEGIES,
)
