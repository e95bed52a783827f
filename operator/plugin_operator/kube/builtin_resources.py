"""The resources of the built-in kinds: their plural and whether they have namespaces.

Owns what holds for every cluster, for rules that are made without one. Leaves custom kinds to discovery.
"""

from plugin_operator.kube.builtin_kinds import builtin_names, is_builtin
from plugin_operator.kube.gvk import GroupVersionKind
from plugin_operator.kube.resource import Resource

_CLUSTER_SCOPED = {
    "": ("Namespace", "Node", "PersistentVolume"),
    "certificates.k8s.io": ("CertificateSigningRequest", "ClusterTrustBundle"),
    "networking.k8s.io": ("IPAddress", "IngressClass", "ServiceCIDR"),
    "rbac.authorization.k8s.io": ("ClusterRole", "ClusterRoleBinding"),
    "resource.k8s.io": ("DeviceClass", "DeviceTaintRule", "ResourceSlice"),
    "storage.k8s.io": ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"),
}
_CLUSTER_SCOPED_GROUPS = frozenset(
    (
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "node.k8s.io",
        "scheduling.k8s.io",
    )
)


def builtin_resource(kind: GroupVersionKind) -> Resource | None:
    """Return the resource of a built-in kind; None for a kind that is not built in."""
    return guessed_resource(kind) if is_builtin(kind) else None


def builtin_resources() -> list[Resource]:
    """Return the resources of all built-in kinds; their versions are not significant."""
    return [guessed_resource(GroupVersionKind(group, "v1", kind)) for group, kind in builtin_names()]


def guessed_resource(kind: GroupVersionKind) -> Resource:
    """Return the resource of a kind with the plural of apimachinery's ``UnsafeGuessKindToResource``.

    A kind that is not built in counts as namespaced.
    """
    of_group = _CLUSTER_SCOPED.get(kind.group, ())
    is_cluster_scoped = kind.group in _CLUSTER_SCOPED_GROUPS or kind.kind in of_group
    return Resource(kind, _plural(kind.kind), not is_cluster_scoped)


def _plural(kind: str) -> str:
    word = kind.lower()
    if word == "endpoints":
        return word
    if word.endswith("s"):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
