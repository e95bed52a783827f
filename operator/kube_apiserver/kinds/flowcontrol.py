"""FlowSchemas and PriorityLevelConfigurations. This server stores them only: it has no queues of requests."""

from kube_apiserver.strategies import Strategy

STRATEGIES = tuple(
    Strategy(
        group="flowcontrol.apiserver.k8s.io",
        kind=kind,
        reset_fields={"status": ("spec", "metadata")},
        unconditional_update=False,
    )
    for kind in ("FlowSchema", "PriorityLevelConfiguration")
)
