"""The kinds of the core group, whose name is empty. Events are in ``kinds.events``."""

from kube_apiserver.kinds.core import (
    accounts,
    config_maps,
    endpoints,
    limit_ranges,
    namespaces,
    nodes,
    pods,
    quotas,
    replication_controllers,
    services,
    volume_claims,
    volumes,
)

STRATEGIES = (
    *accounts.STRATEGIES,
    *config_maps.STRATEGIES,
    *endpoints.STRATEGIES,
    *limit_ranges.STRATEGIES,
    *namespaces.STRATEGIES,
    *nodes.STRATEGIES,
    *pods.STRATEGIES,
    *quotas.STRATEGIES,
    *replication_controllers.STRATEGIES,
    *services.STRATEGIES,
    *volume_claims.STRATEGIES,
    *volumes.STRATEGIES,
)
