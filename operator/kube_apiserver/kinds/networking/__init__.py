"""The kinds of the group ``networking.k8s.io``."""

from kube_apiserver.kinds.networking import addresses, ingresses, network_policies

STRATEGIES = (*ingresses.STRATEGIES, *network_policies.STRATEGIES, *addresses.STRATEGIES)
