"""The resources of the built-in kinds: their plural and whether they have namespaces.

Owns what holds for every cluster, for rules that are made without one. Leaves custom kinds to discovery.
"""

from plugin_operator.kube.builtin_kinds import builtin_names, is_builtin
from plugin_operator.kube.gvk import GroupVersionKind
from plugin_operator.kube.plurals import guessed_plural
from plugin_operator.kube.resource import Resource

_CLUSTER_SCOPED = {
    "": ("Namespace", "Node", "PersistentVolume"),
    "certificates.k8s.io": ("CertificateSigningRequest", "ClusterTrustBundle"),
    "networking.k8s.io": ("IPAddress", "IngressClass", "ServiceCIDR"),
    "rbac.authorization.k8s.io": ("ClusterRole", "ClusterRoleBinding"),
    "resource.k8s.io": ("DeviceClass", "DeviceTaintRule", "ResourceSlice"),
    "storage.k8s.io": ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"),
}
#: The built-in kinds whose API has no subresource ``status`` in any version.
_WITHOUT_STATUS = {
    "": ("ConfigMap", "Endpoints", "Event", "LimitRange", "PodTemplate", "Secret", "ServiceAccount"),
    "admissionregistration.k8s.io": (
        *("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration"),
        *("ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration"),
    ),
    "apps": ("ControllerRevision",),
    "certificates.k8s.io": ("ClusterTrustBundle",),
    "coordination.k8s.io": ("Lease",),
    "discovery.k8s.io": ("EndpointSlice",),
    "events.k8s.io": ("Event",),
    "networking.k8s.io": ("IPAddress", "IngressClass", "NetworkPolicy"),
    "node.k8s.io": ("RuntimeClass",),
    "rbac.authorization.k8s.io": ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
    "resource.k8s.io": ("DeviceClass", "ResourceClaimTemplate", "ResourceSlice"),
    "scheduling.k8s.io": ("PriorityClass",),
    "storage.k8s.io": ("CSIDriver", "CSIStorageCapacity", "StorageClass", "VolumeAttributesClass"),
}
_CLUSTER_SCOPED_GROUPS = frozenset(
    (
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "node.k8s.io",
        "scheduling.k8s.io",
        "storagemigration.k8s.io",
    )
)


def builtin_resource(kind: GroupVersionKind) -> Resource | None:
    """Return the resource of a built-in kind; None for a kind that is not built in."""
    return guessed_resource(kind) if is_builtin(kind) else None


def status_problem(kind: GroupVersionKind) -> str:
    """Return why the status of a kind cannot be written; empty if it has one, or may have one."""
    if kind.kind not in _WITHOUT_STATUS.get(kind.group, ()):
        return ""
    article = "an" if kind.kind[0] in "AEIOU" else "a"
    return f"{article} {kind.kind} has no status: write another field of it with ctx.client.patch(), or record an Event"


def builtin_resources() -> list[Resource]:
    """Return the resources of all built-in kinds; their versions are not significant."""
    return [guessed_resource(GroupVersionKind(group, "v1", kind)) for group, kind in builtin_names()]


def guessed_resource(kind: GroupVersionKind) -> Resource:
    """Return the resource of a kind, with the plural that it probably has.

    A kind that is not built in counts as namespaced.
    """
    of_group = _CLUSTER_SCOPED.get(kind.group, ())
    is_cluster_scoped = kind.group in _CLUSTER_SCOPED_GROUPS or kind.kind in of_group
    return Resource(kind, guessed_plural(kind.kind), not is_cluster_scoped)
