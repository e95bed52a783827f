"""Validation of the commonly used built-in kinds, with the order and messages of kube-apiserver.

The rules catch ordinary mistakes: missing selectors, mismatched templates, ports, references, keys. They are not all
of Kubernetes' validation. Pods are validated in ``kinds.containers``, CRDs in ``crds.definition``.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from kube_apiserver.crds.definition import definition_causes
from kube_apiserver.schema import messages, names
from kube_apiserver.schema.model import Cause
from kube_apiserver.validation.kinds.containers import pod_causes, template_causes
from kube_apiserver.validation.kinds.networks import ingress_causes, network_policy_causes
from kube_apiserver.validation.kinds.nodes import node_causes
from kube_apiserver.validation.kinds.policies import autoscaler_causes, budget_causes, priority_causes
from kube_apiserver.validation.kinds.quotas import quota_causes
from kube_apiserver.validation.kinds.roles import binding_causes, role_causes
from kube_apiserver.validation.kinds.services import service_causes
from kube_apiserver.validation.kinds.volumes import claim_causes, class_causes, volume_causes

Object = Mapping[str, Any]


def builtin_causes(obj: Object, definition: str) -> list[Cause]:
    """Return the field errors of a built-in object. ``definition`` is its type: ``io.k8s.api.apps.v1.Deployment``."""
    rule = _RULES.get(definition.removeprefix("io.k8s.api."))
    return rule(obj) if rule else []


def _selected(spec: Object) -> list[Cause]:
    selector = spec.get("selector")
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    wanted = (selector or {}).get("matchLabels") or {}
    causes = [] if selector else [messages.required("spec.selector")]
    if selector is not None and not wanted and not selector.get("matchExpressions"):
        causes.append(messages.invalid("spec.selector", {}, "empty selector is invalid for deployment"))
    fits = selector and all((labels or {}).get(key) == value for key, value in wanted.items())
    if not fits:
        detail = "`selector` does not match template `labels`"
        causes.append(messages.invalid("spec.template.metadata.labels", labels, detail))
    return causes


def _replicas(spec: Object) -> list[Cause]:
    count = spec.get("replicas")
    if count is None or count >= 0:
        return []
    return [messages.invalid("spec.replicas", count, "must be greater than or equal to 0")]


def _strategy(spec: Object, name: str, supported: tuple[str, ...]) -> list[Cause]:
    kind = (spec.get(name) or {}).get("type")
    if not kind or kind in supported:
        return []
    shown = {"Type": kind, "RollingUpdate": None}
    return [messages.not_supported(f"spec.{name}", shown, supported)]


def _workload(obj: Object, claimed: AbstractSet[str] = frozenset()) -> list[Cause]:
    spec = obj.get("spec") or {}
    causes = _replicas(spec) + _selected(spec)
    causes += template_causes(spec.get("template") or {}, "spec.template", ("Always",), claimed)
    return causes + _strategy(spec, "strategy", ("Recreate", "RollingUpdate"))


def _stateful_set(obj: Object) -> list[Cause]:
    claims = (obj.get("spec") or {}).get("volumeClaimTemplates") or ()
    return _workload(obj, {(claim.get("metadata") or {}).get("name") or "" for claim in claims})


def _daemon_set(obj: Object) -> list[Cause]:
    spec = obj.get("spec") or {}
    causes = [cause for cause in _selected(spec) if cause.field != "spec.selector"]
    return causes + template_causes(spec.get("template") or {}, "spec.template", ("Always",))


def _job(obj: Object) -> list[Cause]:
    template = (obj.get("spec") or {}).get("template") or {}
    return template_causes(template, "spec.template", ("OnFailure", "Never"))


def _cron_job(obj: Object) -> list[Cause]:
    spec = obj.get("spec") or {}
    schedule = str(spec.get("schedule") or "")
    causes = []
    fields = schedule.split()
    if not schedule:
        causes.append(messages.required("spec.schedule"))
    elif not schedule.startswith("@") and len(fields) != 5:
        detail = f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
        causes.append(messages.invalid("spec.schedule", schedule, detail))
    template = ((spec.get("jobTemplate") or {}).get("spec") or {}).get("template") or {}
    return causes + template_causes(template, "spec.jobTemplate.spec.template", ("OnFailure", "Never"))


def _config_map(obj: Object) -> list[Cause]:
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    causes = []
    for key in sorted(data):
        where = f"data[{key}]"
        causes += [messages.invalid(where, key, problem) for problem in names.is_config_key(key)]
        if key in binary:
            causes.append(messages.invalid(where, key, "duplicate of key present in binaryData"))
    for key in sorted(binary):
        causes += [messages.invalid(f"binaryData[{key}]", key, problem) for problem in names.is_config_key(key)]
    return causes


def _secret(obj: Object) -> list[Cause]:
    data = obj.get("data") or {}
    return [
        messages.invalid(f"data[{key}]", key, problem) for key in sorted(data) for problem in names.is_config_key(key)
    ]


_RULES: dict[str, Callable[[Object], list[Cause]]] = {
    "apps.v1.DaemonSet": _daemon_set,
    "apps.v1.Deployment": _workload,
    "apps.v1.ReplicaSet": _workload,
    "apps.v1.StatefulSet": _stateful_set,
    "autoscaling.v1.HorizontalPodAutoscaler": autoscaler_causes,
    "autoscaling.v2.HorizontalPodAutoscaler": autoscaler_causes,
    "batch.v1.CronJob": _cron_job,
    "batch.v1.Job": _job,
    "core.v1.ConfigMap": _config_map,
    "core.v1.Node": node_causes,
    "core.v1.PersistentVolume": volume_causes,
    "core.v1.PersistentVolumeClaim": claim_causes,
    "core.v1.Pod": lambda obj: pod_causes(obj.get("spec") or {}, "spec", ("Always", "OnFailure", "Never")),
    "core.v1.ResourceQuota": quota_causes,
    "core.v1.Secret": _secret,
    "core.v1.Service": service_causes,
    "networking.v1.Ingress": ingress_causes,
    "networking.v1.NetworkPolicy": network_policy_causes,
    "policy.v1.PodDisruptionBudget": budget_causes,
    "rbac.v1.ClusterRole": role_causes,
    "rbac.v1.ClusterRoleBinding": binding_causes,
    "rbac.v1.Role": role_causes,
    "rbac.v1.RoleBinding": binding_causes,
    "scheduling.v1.PriorityClass": priority_causes,
    "storage.v1.StorageClass": class_causes,
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition": definition_causes,
}
