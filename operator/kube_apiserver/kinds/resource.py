"""ResourceClaims, which this server stores only: it allocates no devices."""

from kube_apiserver.strategies import Strategy

STRATEGIES = (
    Strategy(
        group="resource.k8s.io",
        kind="ResourceClaim",
        has_generation=False,
        reset_fields={"status": ("spec", "metadata")},
    ),
)
