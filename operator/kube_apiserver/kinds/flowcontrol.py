"""FlowSchemas and PriorityLevelConfigurations. This server stores them only: it has no queues of requests."""

from kube_apiserver.defaulting.fields import fill
from kube_apiserver.strategies import Draft, Strategy

_GROUP = "flowcontrol.apiserver.k8s.io"
_QUEUING = {"handSize": 8, "queues": 64, "queueLengthLimit": 50}


def _default_flow_schema(obj: Draft) -> None:
    """Set the precedence."""
    if isinstance(spec := obj.get("spec"), dict):
        spec["matchingPrecedence"] = spec.get("matchingPrecedence") or 1000


def _default_priority_level(obj: Draft) -> None:
    """Set the shares, the part that may be lent, and the numbers of the queues."""
    spec = obj.get("spec") or {}
    for name, shares in (("exempt", 0), ("limited", 30)):
        if isinstance(level := spec.get(name), dict):
            fill(level, nominalConcurrencyShares=shares, lendablePercent=0)
            queuing = (level.get("limitResponse") or {}).get("queuing")
            if isinstance(queuing, dict):
                queuing.update({key: queuing.get(key) or number for key, number in _QUEUING.items()})


STRATEGIES = tuple(
    Strategy(
        group=_GROUP,
        kind=kind,
        default=default,
        reset_fields={"status": ("spec", "metadata")},
    )
    for kind, default in (("FlowSchema", _default_flow_schema), ("PriorityLevelConfiguration", _default_priority_level))
)
