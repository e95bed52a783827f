"""StatefulSets."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.claims import default_claim
from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.kinds.apps.workloads import COUNTS, container_cells, workload_causes
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.fixed_values import IMMUTABLE, is_changed
from kube_apiserver.validation.status_counters import Counters

_PARTS = ("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
_COUNTERS = Counters(("replicas", *_PARTS, *COUNTS), _PARTS, "status.readyReplicas")


def _default(obj: Draft) -> None:
    """Set replicas, policies, update strategy, claim templates and the Pod template."""
    spec = member(obj, "spec")
    fill(spec, replicas=1, revisionHistoryLimit=10)
    spec["podManagementPolicy"] = spec.get("podManagementPolicy") or "OrderedReady"
    strategy = member(spec, "updateStrategy")
    strategy["type"] = strategy.get("type") or "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        fill(member(strategy, "rollingUpdate"), partition=0, maxUnavailable=1)
    policy = member(spec, "persistentVolumeClaimRetentionPolicy")
    policy["whenDeleted"] = policy.get("whenDeleted") or "Retain"
    policy["whenScaled"] = policy.get("whenScaled") or "Retain"
    for claim in spec.get("volumeClaimTemplates") or ():
        fill(claim, apiVersion="v1", kind="PersistentVolumeClaim")
        default_claim(claim)
    default_template(member(spec, "template"))


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of replicas, selector, the Pod template and its mounts of claims, and strategy."""
    claims = (obj.get("spec") or {}).get("volumeClaimTemplates") or ()
    return workload_causes(obj, {(claim.get("metadata") or {}).get("name") or "" for claim in claims})


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of selector, volumeClaimTemplates, serviceName or podManagementPolicy."""
    spec = new.get("spec") or {}
    names = ("selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy")
    changed = [name for name in names if is_changed(old, new, "spec", name)]
    return [messages.invalid(f"spec.{name}", spec.get(name), IMMUTABLE) for name in changed]


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a StatefulSet."""
    name, spec, status = parts(obj)
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    return [name, ready, age_cell(obj, now), *container_cells(spec.get("template"))]


STRATEGIES = (
    Strategy(
        group="apps",
        kind="StatefulSet",
        default=_default,
        validate=_validate,
        validate_update=_validate_update,
        validate_status=_COUNTERS.causes,
        columns=columns("Name/name|Ready|Age|Containers*1|Images*1", _cells),
    ),
)
