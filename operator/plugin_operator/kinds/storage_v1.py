"""The kinds of storage/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kinds import core_v1, meta_v1
from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class TokenRequest(Struct):
    audience: str = ""
    expiration_seconds: int | None = None


class CSIDriverSpec(Struct):
    attach_required: bool | None = None
    pod_info_on_mount: bool | None = None
    volume_lifecycle_modes: list[str] = []
    storage_capacity: bool | None = None
    fs_group_policy: str | None = None
    token_requests: list[TokenRequest] = []
    requires_republish: bool | None = None
    se_linux_mount: bool | None = None
    node_allocatable_update_period_seconds: int | None = None
    service_account_token_in_secrets: bool | None = None
    prevent_pod_scheduling_if_missing: bool | None = None


@builtin_kind("storage.k8s.io/v1/CSIDriver", "csidrivers", namespaced=False)
class CSIDriver(BuiltinObject):
    spec: CSIDriverSpec = field(default_factory=CSIDriverSpec)


class VolumeNodeResources(Struct):
    count: int | None = None


class CSINodeDriver(Struct):
    name: str = ""
    node_id: str = field(default="", name="nodeID")
    topology_keys: list[str] = []
    allocatable: VolumeNodeResources | None = None


class CSINodeSpec(Struct):
    drivers: list[CSINodeDriver] = []


class StorageHealthCondition(Struct):
    status: str = ""
    reason: str = ""
    message: str = ""
    access_mode: str | None = None
    volume_mode: str | None = None
    last_transition_time: str | None = None


class StorageHealth(Struct):
    name: str = ""
    health_conditions: list[StorageHealthCondition] = []


class CSINodeStatus(Struct):
    storage_health: list[StorageHealth] = []


@builtin_kind("storage.k8s.io/v1/CSINode", "csinodes", namespaced=False, has_status=True)
class CSINode(BuiltinObject):
    spec: CSINodeSpec = field(default_factory=CSINodeSpec)
    status: CSINodeStatus = field(default_factory=CSINodeStatus)


@builtin_kind("storage.k8s.io/v1/CSIStorageCapacity", "csistoragecapacities")
class CSIStorageCapacity(BuiltinObject):
    node_topology: meta_v1.LabelSelector | None = None
    storage_class_name: str = ""
    capacity: str | None = None
    maximum_volume_size: str | None = None


@builtin_kind("storage.k8s.io/v1/StorageClass", "storageclasses", namespaced=False, short_names=("sc",))
class StorageClass(BuiltinObject):
    provisioner: str = ""
    parameters: dict[str, str] = {}
    reclaim_policy: str | None = None
    mount_options: list[str] = []
    allow_volume_expansion: bool | None = None
    volume_binding_mode: str | None = None
    allowed_topologies: list[core_v1.TopologySelectorTerm] = []


class VolumeAttachmentSource(Struct):
    persistent_volume_name: str | None = None
    inline_volume_spec: core_v1.PersistentVolumeSpec | None = None


class VolumeAttachmentSpec(Struct):
    attacher: str = ""
    source: VolumeAttachmentSource = field(default_factory=VolumeAttachmentSource)
    node_name: str = ""


class VolumeError(Struct):
    time: str | None = None
    message: str = ""
    error_code: int | None = None


class VolumeAttachmentStatus(Struct):
    attached: bool = False
    attachment_metadata: dict[str, str] = {}
    attach_error: VolumeError | None = None
    detach_error: VolumeError | None = None


@builtin_kind("storage.k8s.io/v1/VolumeAttachment", "volumeattachments", namespaced=False, has_status=True)
class VolumeAttachment(BuiltinObject):
    spec: VolumeAttachmentSpec = field(default_factory=VolumeAttachmentSpec)
    status: VolumeAttachmentStatus = field(default_factory=VolumeAttachmentStatus)


@builtin_kind(
    "storage.k8s.io/v1/VolumeAttributesClass", "volumeattributesclasses", namespaced=False, short_names=("vac",)
)
class VolumeAttributesClass(BuiltinObject):
    driver_name: str = ""
    parameters: dict[str, str] = {}
