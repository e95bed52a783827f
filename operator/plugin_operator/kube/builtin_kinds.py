"""The kinds that come with Kubernetes, as far as a slip in a name can be told from them.

Owns what is certainly wrong about a declared kind or field selector, whatever the cluster: whether a cluster really
serves a kind is left to discovery. Groups that still get new kinds are only judged where a name is nearly another.
"""

import difflib
import re
from collections.abc import Iterable, Mapping

from plugin_operator.kube.gvk import GroupVersionKind
from plugin_operator.kube.selectors import FieldSelector

_KINDS: Mapping[str, tuple[str, ...]] = {
    "": (
        "ConfigMap",
        "Endpoints",
        "Event",
        "LimitRange",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Pod",
        "PodTemplate",
        "ReplicationController",
        "ResourceQuota",
        "Secret",
        "Service",
        "ServiceAccount",
    ),
    "admissionregistration.k8s.io": (
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    ),
    "apiextensions.k8s.io": ("CustomResourceDefinition",),
    "apiregistration.k8s.io": ("APIService",),
    "apps": ("ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    "autoscaling": ("HorizontalPodAutoscaler",),
    "batch": ("CronJob", "Job"),
    "certificates.k8s.io": ("CertificateSigningRequest", "ClusterTrustBundle", "PodCertificateRequest"),
    "coordination.k8s.io": ("Lease", "LeaseCandidate"),
    "discovery.k8s.io": ("EndpointSlice",),
    "events.k8s.io": ("Event",),
    "flowcontrol.apiserver.k8s.io": ("FlowSchema", "PriorityLevelConfiguration"),
    "networking.k8s.io": ("IPAddress", "Ingress", "IngressClass", "NetworkPolicy", "ServiceCIDR"),
    "node.k8s.io": ("RuntimeClass",),
    "policy": ("PodDisruptionBudget",),
    "rbac.authorization.k8s.io": ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
    "resource.k8s.io": ("DeviceClass", "DeviceTaintRule", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"),
    "scheduling.k8s.io": ("PriorityClass",),
    "storage.k8s.io": (
        "CSIDriver",
        "CSINode",
        "CSIStorageCapacity",
        "StorageClass",
        "VolumeAttachment",
        "VolumeAttributesClass",
    ),
}
#: Groups that have had the same kinds for years: what is not in them is in none.
_CLOSED = frozenset({"", "apps", "autoscaling", "batch", "policy", "rbac.authorization.k8s.io"})
_UNWATCHABLE = frozenset({"Binding", "ComponentStatus", "Eviction", "Scale", "Status", "TokenRequest"})
_CLOSE = 0.8
_VERY_CLOSE = 0.92
_VERSION = re.compile(r"v[0-9]+((alpha|beta)[0-9]+)?")

_EVERYWHERE = frozenset({"metadata.name", "metadata.namespace"})
# What the API server indexes; of kinds that are not here nothing is known beforehand.
_FIELDS: Mapping[tuple[str, str], frozenset[str]] = {
    **{(group, kind): frozenset() for group in _CLOSED for kind in _KINDS[group]},
    ("", "Event"): frozenset(
        [
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ]
    ),
    ("", "Namespace"): frozenset({"status.phase"}),
    ("", "Node"): frozenset({"spec.unschedulable"}),
    ("", "Pod"): frozenset(
        [
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ]
    ),
    ("", "ReplicationController"): frozenset({"status.replicas"}),
    ("", "Secret"): frozenset({"type"}),
    ("", "Service"): frozenset({"spec.clusterIP", "spec.type"}),
    ("apps", "ReplicaSet"): frozenset({"status.replicas"}),
    ("batch", "Job"): frozenset({"status.successful"}),
}


def problem_of(kind: GroupVersionKind) -> str:
    """Return what is certainly wrong with a kind, and the way out; an empty text if it may be right."""
    group = kind.group
    if group == "core" or (not group and kind.version == "core"):
        right = kind.kind if group else "ConfigMap"
        return f"the core group has no name: write 'v1/{_nearest(right, _KINDS['']) or right}'"
    if not group and kind.version in _KINDS:
        missing = _VERSION.fullmatch(kind.kind) is not None
        right = _text(kind.version, "v1", _KINDS[kind.version][0] if missing else kind.kind)
        return f"the {'kind' if missing else 'version'} is missing: write for example '{right}'"
    if group in _KINDS:
        return _problem_in(kind)
    if not group or "." not in group:
        near = _nearest(group, _KINDS)
        hint = f"did you mean {near!r}?" if near else "custom resources have a group with a dot, such as 'example.com'"
        return f"there is no API group {group!r}: {hint}"
    slip = difflib.get_close_matches(group, _KINDS, n=1, cutoff=_VERY_CLOSE)
    if slip and group.endswith(".k8s.io"):
        return f"there is no API group {group!r}: did you mean {slip[0]!r}?"
    return ""


def _problem_in(kind: GroupVersionKind) -> str:
    """Judge a kind by a group that comes with Kubernetes."""
    if kind.kind in _KINDS[kind.group]:
        if kind.group == "" and kind.version != "v1":
            return f"the core group has the version 'v1' only: write 'v1/{kind.kind}'"
        if not _VERSION.fullmatch(kind.version):
            return f"{kind.version!r} is not a version: write for example '{_text(kind.group, 'v1', kind.kind)}'"
        return ""
    where = f"the API group {kind.group!r}" if kind.group else "the core group (v1)"
    elsewhere = [group for group, kinds in _KINDS.items() if kind.kind in kinds]
    if elsewhere:
        return f"{where} has no kind {kind.kind!r}: did you mean '{_text(elsewhere[0], 'v1', kind.kind)}'?"
    if kind.kind in _UNWATCHABLE:
        return f"objects of the kind {kind.kind!r} cannot be watched"
    near = _nearest(kind.kind, _KINDS[kind.group], _CLOSE if kind.group in _CLOSED else _VERY_CLOSE)
    if near:
        return f"{where} has no kind {kind.kind!r}: did you mean '{_text(kind.group, kind.version, near)}'?"
    if kind.group in _CLOSED:
        for group, kinds in _KINDS.items():
            if near := _nearest(kind.kind, kinds, _VERY_CLOSE):
                return f"{where} has no kind {kind.kind!r}: did you mean '{_text(group, 'v1', near)}'?"
        return f"{where} has no kind {kind.kind!r} that can be watched"
    return ""


def field_problem(kind: GroupVersionKind, selector: str) -> str:
    """Return which field of a selector, in canonical form, the API server does not select by; empty if it may do."""
    fields = _FIELDS.get((kind.group, kind.kind))
    for path, _, _ in FieldSelector.parse(selector).requirements:
        known = _EVERYWHERE | (fields or frozenset())
        if path in known or (fields is None and not path.startswith("metadata.")):
            continue
        near = difflib.get_close_matches(path, known, n=1, cutoff=_CLOSE)
        hint = f"did you mean {near[0]!r}?" if near else f"it can by {', '.join(sorted(known))}; or use a predicate"
        return f"the API server cannot select {kind} by {path!r}: {hint}"
    return ""


def _text(group: str, version: str, kind: str) -> str:
    return str(GroupVersionKind(group, version, kind))


def _nearest(word: str, known: Iterable[str], cutoff: float = _CLOSE) -> str:
    """Return the one of ``known`` that ``word`` is but for case, a plural's ending or a slip."""
    by_lower = {each.lower(): each for each in known}
    lower = word.lower()
    for ending, instead in (("", ""), ("s", ""), ("es", ""), ("ies", "y")):
        if lower.endswith(ending) and (found := by_lower.get(lower.removesuffix(ending) + instead)):
            return found
    near = difflib.get_close_matches(lower, by_lower, n=1, cutoff=cutoff)
    return by_lower[near[0]] if near else ""
