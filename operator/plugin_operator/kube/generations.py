"""Built-in kinds whose objects have no ``metadata.generation``."""

from plugin_operator.kube.gvk import GroupVersionKind

_WITHOUT = frozenset(
    {
        *(("", kind) for kind in ("ConfigMap", "Endpoints", "Event", "LimitRange", "Namespace", "Node")),
        *(("", kind) for kind in ("PersistentVolume", "PersistentVolumeClaim", "ResourceQuota", "Secret", "Service")),
        ("", "ServiceAccount"),
        ("apps", "ControllerRevision"),
        *(
            ("certificates.k8s.io", kind)
            for kind in ("CertificateSigningRequest", "ClusterTrustBundle", "PodCertificateRequest")
        ),
        ("coordination.k8s.io", "Lease"),
        ("events.k8s.io", "Event"),
        ("node.k8s.io", "RuntimeClass"),
        *(("rbac.authorization.k8s.io", kind) for kind in ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")),
        ("storagemigration.k8s.io", "StorageVersionMigration"),
        *(("storage.k8s.io", kind) for kind in ("CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment")),
    }
)


def is_without_generation(kind: GroupVersionKind) -> bool:
    """Report whether ``kind`` is a built-in kind without ``metadata.generation``; False for custom kinds."""
    return (kind.group, kind.kind) in _WITHOUT
