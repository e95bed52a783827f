"""Conditional defaults of built-in kinds: those that depend on other fields of the object.

The module follows Kubernetes' versioned ``SetDefaults_*`` functions for the commonly used kinds. Unconditional
defaults that OpenAPI publishes (``protocol: TCP``) are in the facts table; defaults of Pod templates are in ``pods``.
"""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from kube_apiserver.defaulting.pods import default_pod, default_template

Object = dict[str, Any]
_RBAC = "rbac.authorization.k8s.io"


def apply_kind_defaults(obj: Object, definition: str) -> None:
    """Set the defaults of one object in place. ``definition`` is its type: ``io.k8s.api.apps.v1.Deployment``."""
    apply = _DEFAULTS.get(definition.removeprefix("io.k8s.api."))
    if apply is None:
        return
    try:
        apply(obj)
    except (AttributeError, TypeError):
        # A value has the wrong type. The decoder reports it.
        return


def has_kind_defaults(definition: str) -> bool:
    """Report whether ``apply_kind_defaults`` handles this type."""
    return definition.removeprefix("io.k8s.api.") in _DEFAULTS


def member(obj: Object, name: str) -> Object:
    """Return the object at ``name``. Create it if it is missing or null."""
    value: Object = obj.get(name) or {}
    obj[name] = value
    return value


def fill(obj: Object, **defaults: Any) -> None:
    """Set each of ``defaults`` whose field is missing or null."""
    for name, value in defaults.items():
        if obj.get(name) is None:
            obj[name] = value


def _deployment(obj: Object) -> None:
    spec = member(obj, "spec")
    fill(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = member(spec, "strategy")
    strategy["type"] = strategy.get("type") or "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        fill(member(strategy, "rollingUpdate"), maxUnavailable="25%", maxSurge="25%")
    default_template(member(spec, "template"))


def _stateful_set(obj: Object) -> None:
    spec = member(obj, "spec")
    fill(spec, replicas=1, revisionHistoryLimit=10)
    spec["podManagementPolicy"] = spec.get("podManagementPolicy") or "OrderedReady"
    strategy = member(spec, "updateStrategy")
    strategy["type"] = strategy.get("type") or "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        fill(member(strategy, "rollingUpdate"), partition=0)
    policy = member(spec, "persistentVolumeClaimRetentionPolicy")
    policy["whenDeleted"] = policy.get("whenDeleted") or "Retain"
    policy["whenScaled"] = policy.get("whenScaled") or "Retain"
    for claim in spec.get("volumeClaimTemplates") or ():
        fill(claim, apiVersion="v1", kind="PersistentVolumeClaim")
        _claim(claim)
    default_template(member(spec, "template"))


def _daemon_set(obj: Object) -> None:
    spec = member(obj, "spec")
    fill(spec, revisionHistoryLimit=10)
    strategy = member(spec, "updateStrategy")
    strategy["type"] = strategy.get("type") or "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        fill(member(strategy, "rollingUpdate"), maxUnavailable=1, maxSurge=0)
    default_template(member(spec, "template"))


def _replica_set(obj: Object) -> None:
    spec = member(obj, "spec")
    fill(spec, replicas=1)
    default_template(member(spec, "template"))


def _replication_controller(obj: Object) -> None:
    _replica_set(obj)
    labels = (obj["spec"]["template"].get("metadata") or {}).get("labels")
    if labels and not obj["spec"].get("selector"):
        obj["spec"]["selector"] = dict(labels)
    if labels and not obj["metadata"].get("labels"):
        obj["metadata"]["labels"] = dict(labels)


def _job(obj: Object) -> None:
    spec = member(obj, "spec")
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    fill(spec, parallelism=1, completionMode="NonIndexed", suspend=False, manualSelector=False)
    if spec.get("backoffLimit") is None:
        spec["backoffLimit"] = 6 if spec.get("backoffLimitPerIndex") is None else 2**31 - 1
    fill(spec, podReplacementPolicy="Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed")
    default_template(member(spec, "template"))


def _cron_job(obj: Object) -> None:
    spec = member(obj, "spec")
    spec["concurrencyPolicy"] = spec.get("concurrencyPolicy") or "Allow"
    fill(spec, suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    default_template(member(member(member(spec, "jobTemplate"), "spec"), "template"))


def _service(obj: Object) -> None:
    spec = member(obj, "spec")
    spec["sessionAffinity"] = spec.get("sessionAffinity") or "None"
    if spec["sessionAffinity"] == "ClientIP":
        fill(member(member(spec, "sessionAffinityConfig"), "clientIP"), timeoutSeconds=10800)
    kind = spec["type"] = spec.get("type") or "ClusterIP"
    for port in spec.get("ports") or ():
        port["protocol"] = port.get("protocol") or "TCP"
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port", 0)
    if kind in ("NodePort", "LoadBalancer"):
        spec["externalTrafficPolicy"] = spec.get("externalTrafficPolicy") or "Cluster"
    if kind != "ExternalName":
        fill(spec, internalTrafficPolicy="Cluster")
    if kind == "LoadBalancer":
        fill(spec, allocateLoadBalancerNodePorts=True)


def _claim(obj: Object) -> None:
    fill(member(obj, "spec"), volumeMode="Filesystem")
    status = member(obj, "status")
    status["phase"] = status.get("phase") or "Pending"


def _volume(obj: Object) -> None:
    spec = member(obj, "spec")
    spec["persistentVolumeReclaimPolicy"] = spec.get("persistentVolumeReclaimPolicy") or "Retain"
    fill(spec, volumeMode="Filesystem")
    if spec.get("hostPath"):
        fill(spec["hostPath"], type="")
    status = member(obj, "status")
    status["phase"] = status.get("phase") or "Pending"


def _namespace(obj: Object) -> None:
    status = member(obj, "status")
    status["phase"] = status.get("phase") or "Active"


def _secret(obj: Object) -> None:
    text = obj.pop("stringData", None)
    if text:
        encoded = {key: b64encode(value.encode()).decode() for key, value in text.items()}
        obj["data"] = {**(obj.get("data") or {}), **encoded}
    obj["type"] = obj.get("type") or "Opaque"


def _binding(obj: Object) -> None:
    reference = member(obj, "roleRef")
    reference["apiGroup"] = reference.get("apiGroup") or _RBAC
    for subject in obj.get("subjects") or ():
        if not subject.get("apiGroup") and subject.get("kind") in ("User", "Group"):
            subject["apiGroup"] = _RBAC


def _network_policy(obj: Object) -> None:
    spec = member(obj, "spec")
    for rule in [*(spec.get("ingress") or ()), *(spec.get("egress") or ())]:
        for port in rule.get("ports") or ():
            fill(port, protocol="TCP")
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _autoscaler(obj: Object) -> None:
    spec = member(obj, "spec")
    fill(spec, minReplicas=1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def _old_autoscaler(obj: Object) -> None:
    fill(member(obj, "spec"), minReplicas=1)


def _limit_range(obj: Object) -> None:
    for item in member(obj, "spec").get("limits") or ():
        if item.get("type") != "Container":
            continue
        limits = {**(item.get("max") or {}), **(item.get("default") or {})}
        requests = {**(item.get("min") or {}), **limits, **(item.get("defaultRequest") or {})}
        item.update({name: value for name, value in (("default", limits), ("defaultRequest", requests)) if value})


def _storage_class(obj: Object) -> None:
    fill(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _endpoint_slice(obj: Object) -> None:
    for port in obj.get("ports") or ():
        fill(port, name="", protocol="TCP")


def _priority_class(obj: Object) -> None:
    fill(obj, preemptionPolicy="PreemptLowerPriority")


def _port_of_service(client_config: Object) -> None:
    service = client_config.get("service")
    if service:
        fill(service, port=443)


def _webhooks(obj: Object) -> None:
    for hook in obj.get("webhooks") or ():
        fill(hook, failurePolicy="Fail", matchPolicy="Equivalent", timeoutSeconds=10)
        fill(hook, namespaceSelector={}, objectSelector={})
        if obj.get("kind") == "MutatingWebhookConfiguration":
            fill(hook, reinvocationPolicy="Never")
        _port_of_service(hook.get("clientConfig") or {})
        for rule in hook.get("rules") or ():
            fill(rule, scope="*")


def _definition(obj: Object) -> None:
    spec = member(obj, "spec")
    names = member(spec, "names")
    kind = str(names.get("kind") or "")
    names["singular"] = names.get("singular") or kind.lower()
    names["listKind"] = names.get("listKind") or (f"{kind}List" if kind else "")
    conversion = member(spec, "conversion")
    conversion.setdefault("strategy", "None")
    _port_of_service((conversion.get("webhook") or {}).get("clientConfig") or {})


def _node(obj: Object) -> None:
    """Let the first network of Pods agree in both forms; that of one network decides."""
    spec = obj.get("spec") or {}
    network, networks = spec.get("podCIDR"), spec.get("podCIDRs") or []
    if network and networks[:1] != [network]:
        spec["podCIDRs"] = [network]
    elif networks and not network:
        spec["podCIDR"] = networks[0]


_DEFAULTS: dict[str, Callable[[Object], None]] = {
    "apps.v1.DaemonSet": _daemon_set,
    "apps.v1.Deployment": _deployment,
    "apps.v1.ReplicaSet": _replica_set,
    "apps.v1.StatefulSet": _stateful_set,
    "admissionregistration.v1.MutatingWebhookConfiguration": _webhooks,
    "admissionregistration.v1.ValidatingWebhookConfiguration": _webhooks,
    "autoscaling.v1.HorizontalPodAutoscaler": _old_autoscaler,
    "autoscaling.v2.HorizontalPodAutoscaler": _autoscaler,
    "batch.v1.CronJob": _cron_job,
    "batch.v1.Job": _job,
    "core.v1.LimitRange": _limit_range,
    "core.v1.Namespace": _namespace,
    "core.v1.Node": _node,
    "core.v1.PersistentVolume": _volume,
    "core.v1.PersistentVolumeClaim": _claim,
    "core.v1.Pod": default_pod,
    "core.v1.PodTemplate": lambda obj: default_template(member(obj, "template")),
    "core.v1.ReplicationController": _replication_controller,
    "core.v1.Secret": _secret,
    "core.v1.Service": _service,
    "discovery.v1.EndpointSlice": _endpoint_slice,
    "networking.v1.NetworkPolicy": _network_policy,
    "rbac.v1.ClusterRoleBinding": _binding,
    "rbac.v1.RoleBinding": _binding,
    "scheduling.v1.PriorityClass": _priority_class,
    "storage.v1.StorageClass": _storage_class,
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition": _definition,
}
