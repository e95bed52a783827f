"""The kinds of Kubernetes: a module for each API group, or a folder, with the ``Strategy`` of each of its kinds.

A kind that is not here has no rules besides its schema.
"""

from kube_apiserver.kinds import (
    admissionregistration,
    apiextensions,
    apiregistration,
    apps,
    autoscaling,
    batch,
    certificates,
    coordination,
    core,
    discovery,
    events,
    flowcontrol,
    networking,
    node,
    policy,
    rbac,
    resource,
    scheduling,
    storage,
)
from kube_apiserver.strategies import Strategy, by_kind

__all__ = ["STRATEGIES", "strategy_of"]

STRATEGIES: tuple[Strategy, ...] = (
    *core.STRATEGIES,
    *admissionregistration.STRATEGIES,
    *apiextensions.STRATEGIES,
    *apiregistration.STRATEGIES,
    *apps.STRATEGIES,
    *autoscaling.STRATEGIES,
    *batch.STRATEGIES,
    *certificates.STRATEGIES,
    *coordination.STRATEGIES,
    *discovery.STRATEGIES,
    *events.STRATEGIES,
    *flowcontrol.STRATEGIES,
    *networking.STRATEGIES,
    *node.STRATEGIES,
    *policy.STRATEGIES,
    *rbac.STRATEGIES,
    *resource.STRATEGIES,
    *scheduling.STRATEGIES,
    *storage.STRATEGIES,
)
_BY_KIND = by_kind(STRATEGIES)


def strategy_of(group: str, version: str, kind: str) -> Strategy:
    """Return the strategy of a built-in kind."""
    found = _BY_KIND.get((group, version, kind)) or _BY_KIND.get((group, "", kind))
    return found or Strategy(group=group, kind=kind)
