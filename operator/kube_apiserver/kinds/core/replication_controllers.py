"""ReplicationControllers, which ReplicaSets replace."""

from kube_apiserver.kinds.apps.replica_sets import COLUMNS, COUNTERS, default_replica_set
from kube_apiserver.strategies import Draft, SelectableField, Strategy


def _default(obj: Draft) -> None:
    """Set replicas, selector, labels and the Pod template."""
    default_replica_set(obj)
    labels = (obj["spec"]["template"].get("metadata") or {}).get("labels")
    if labels and not obj["spec"].get("selector"):
        obj["spec"]["selector"] = dict(labels)
    if labels and not obj["metadata"].get("labels"):
        obj["metadata"]["labels"] = dict(labels)


STRATEGIES = (
    Strategy(
        kind="ReplicationController",
        default=_default,
        validate_status=COUNTERS.causes,
        columns=COLUMNS,
        selectable_fields={"status.replicas": SelectableField("0")},
    ),
)
