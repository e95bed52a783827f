"""The kinds of the group ``apps``. ``workloads`` has the rules that they share."""

from kube_apiserver.kinds.apps import controller_revisions, daemon_sets, deployments, replica_sets, stateful_sets

STRATEGIES = (
    *controller_revisions.STRATEGIES,
    *daemon_sets.STRATEGIES,
    *deployments.STRATEGIES,
    *replica_sets.STRATEGIES,
    *stateful_sets.STRATEGIES,
)
