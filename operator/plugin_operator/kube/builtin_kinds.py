"""The built-in kinds of Kubernetes, to find typing errors in declared kinds.

Owns the faults of a declared kind or field selector that hold for every cluster. Leaves the kinds that one cluster
serves to discovery. In groups that still get new kinds, only a name close to a known one is a fault.
"""

import difflib
import re
from collections.abc import Iterable, Mapping

from plugin_operator.kube.field_selectors import FieldSelector
from plugin_operator.kube.gvk import GroupVersionKind
from plugin_operator.kube.plurals import guessed_plural

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
    "storagemigration.k8s.io": ("StorageVersionMigration",),
}
#: Groups whose kinds have not changed for years: an unknown kind in them is a fault.
_CLOSED = frozenset({"", "apps", "autoscaling", "batch", "policy", "rbac.authorization.k8s.io"})
_UNWATCHABLE = frozenset({"Binding", "ComponentStatus", "Eviction", "Scale", "Status", "TokenRequest"})
_CLOSE = 0.8
_VERY_CLOSE = 0.92
_GROUP = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+")
_OTHER_RESOURCES = frozenset({"bindings", "componentstatuses"})
_SUBRESOURCES = (
    *("approval", "attach", "binding", "ephemeralcontainers", "eviction", "exec", "finalize", "finalizers", "log"),
    *("portforward", "proxy", "resize", "scale", "status", "token", "*"),
)
_VERSION = re.compile(r"v[0-9]+((alpha|beta)[0-9]+)?")

_EVERYWHERE = frozenset({"metadata.name", "metadata.namespace"})
# Field selectors that the API server supports; kinds that are missing here are not checked.
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


def builtin_names() -> list[tuple[str, str]]:
    """Return API group and name of each built-in kind."""
    return [(group, kind) for group, kinds in _KINDS.items() for kind in kinds]


def is_builtin(kind: GroupVersionKind) -> bool:
    """Report whether Kubernetes has the kind in some version."""
    return kind.kind in _KINDS.get(kind.group, ())


def builtin_groups_of(kind: str) -> list[str]:
    """Return the API groups that have a built-in kind of this name, such as ``"Deployment"``."""
    return [group for group, kinds in _KINDS.items() if kind in kinds]


def problem_of(kind: GroupVersionKind) -> str:
    """Return the fault of a kind and its fix, or an empty text if the kind may exist."""
    group = kind.group
    if group == "core" or (not group and kind.version == "core"):
        right = kind.kind if group else "ConfigMap"
        return f"the core group has no name: write 'v1/{_nearest(right, _KINDS['']) or right}'"
    if not group and kind.version in _KINDS:
        missing = _VERSION.fullmatch(kind.kind) is not None
        right = _text(kind.version, "v1", _KINDS[kind.version][0] if missing else kind.kind)
        return f"the {'kind' if missing else 'version'} is missing: write for example '{right}'"
    if not group and "." in kind.version:
        return f"the version is missing: write for example '{kind.version}/v1/{kind.kind}'"
    if group in _KINDS:
        return _problem_in(kind)
    if not group or "." not in group:
        return f"there is no API group {group!r}: {_group_hint(kind)}"
    if not _GROUP.fullmatch(group):
        return f"{group!r} is not an API group: it is made of lower-case letters, digits, '-' and '.'"
    slip = difflib.get_close_matches(group, _KINDS, n=1, cutoff=_VERY_CLOSE)
    if slip and group.endswith(".k8s.io"):
        return f"there is no API group {group!r}: did you mean {slip[0]!r}?"
    return ""


def _problem_in(kind: GroupVersionKind) -> str:
    """Return the fault of a kind in a built-in group, or an empty text."""
    if kind.kind in _KINDS[kind.group]:
        return _version_problem(kind)
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
    """Return the fault of a canonical field selector, such as an unsupported field, or an empty text."""
    fields = _FIELDS.get((kind.group, kind.kind))
    for path, _, _ in FieldSelector.parse(selector).requirements:
        known = _EVERYWHERE | (fields or frozenset())
        if path in known or (fields is None and not path.startswith("metadata.")):
            continue
        near = difflib.get_close_matches(path, known, n=1, cutoff=_CLOSE)
        hint = f"did you mean {near[0]!r}?" if near else f"it can by {', '.join(sorted(known))}; or use a predicate"
        return f"the API server cannot select {kind} by {path!r}: {hint}"
    return ""


def _version_problem(kind: GroupVersionKind) -> str:
    if kind.group == "" and kind.version != "v1":
        return f"the core group has the version 'v1' only: write 'v1/{kind.kind}'"
    if not _VERSION.fullmatch(kind.version):
        return f"{kind.version!r} is not a version: write for example '{_text(kind.group, 'v1', kind.kind)}'"
    return ""


def _group_hint(kind: GroupVersionKind) -> str:
    elsewhere = [group for group, kinds in _KINDS.items() if kind.kind in kinds]
    if elsewhere:
        return f"did you mean '{_text(elsewhere[0], 'v1', kind.kind)}'?"
    near = next((each for each in _KINDS if each.startswith(f"{kind.group}.")), "") or _nearest(kind.group, _KINDS)
    return f"did you mean {near!r}?" if near else "custom resources have a group with a dot, such as 'example.com'"


def resource_problem(group: str, resource: str) -> str:
    """Return the fault of a resource in an RBAC rule and its fix, or an empty text if the resource may exist."""
    base, _, below = resource.partition("/")
    if group != group.lower() or "/" in group or group in {"core", "v1"}:
        right = "" if group.lower() in {"core", "v1"} else group.partition("/")[0].lower()
        return f"{group!r} is not an API group: write {right!r}, without a version"
    if group not in {*_KINDS, "*"} and "." not in group:
        group_meant = _nearest(group, _KINDS)
        hint = (
            f"did you mean {group_meant!r}?"
            if group_meant
            else "custom resources have a group with a dot, such as 'example.com'"
        )
        return f"there is no API group {group!r}: {hint}"
    if resource != resource.lower():
        return f"{resource!r} is not a resource: write {resource.lower()!r}"
    if group not in _CLOSED or base == "*":
        return ""
    known = _plurals(group)
    if base not in known and base not in _OTHER_RESOURCES:
        elsewhere = next((each for each in _KINDS if base in _plurals(each)), None)
        if elsewhere is not None:
            return f"{base!r} are not of the API group {group!r}: write {elsewhere!r}"
        near = difflib.get_close_matches(base, known, n=1, cutoff=_CLOSE)
        if near:
            return f"there is no resource {base!r} in the API group {group!r}: did you mean {near[0]!r}?"
    if below and below not in _SUBRESOURCES:
        near = difflib.get_close_matches(below, _SUBRESOURCES, n=1, cutoff=_CLOSE)
        if near:
            return f"there is no subresource {resource!r}: did you mean '{base}/{near[0]}'?"
    return ""


def _plurals(group: str) -> frozenset[str]:
    return frozenset(map(guessed_plural, _KINDS[group]))


def _text(group: str, version: str, kind: str) -> str:
    return str(GroupVersionKind(group, version, kind))


def _nearest(word: str, known: Iterable[str], cutoff: float = _CLOSE) -> str:
    """Return the member of ``known`` that differs from ``word`` by case, a plural ending or a typing error only."""
    by_lower = {each.lower(): each for each in known}
    lower = word.lower()
    for ending, instead in (("", ""), ("s", ""), ("es", ""), ("ies", "y")):
        if lower.endswith(ending) and (found := by_lower.get(lower.removesuffix(ending) + instead)):
            return found
    near = difflib.get_close_matches(lower, by_lower, n=1, cutoff=cutoff)
    return by_lower[near[0]] if near else ""
