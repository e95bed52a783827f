"""The kinds of resource/v1. Made by ``make kinds``: do not edit."""

from typing import Any

from msgspec import field

from plugin_operator.kinds import core_v1, meta_v1
from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Metadata, Struct


class CELDeviceSelector(Struct):
    expression: str = ""


class DeviceSelector(Struct):
    cel: CELDeviceSelector | None = None


class OpaqueDeviceConfiguration(Struct):
    driver: str = ""
    parameters: Any = None


class DeviceClassConfiguration(Struct):
    opaque: OpaqueDeviceConfiguration | None = None


class DeviceClassSpec(Struct):
    selectors: list[DeviceSelector] = []
    config: list[DeviceClassConfiguration] = []
    extended_resource_name: str | None = None


@builtin_kind("resource.k8s.io/v1/DeviceClass", "deviceclasses", namespaced=False)
class DeviceClass(BuiltinObject):
    spec: DeviceClassSpec = field(default_factory=DeviceClassSpec)


class DeviceTaintSelector(Struct):
    driver: str | None = None
    pool: str | None = None
    device: str | None = None


class DeviceTaint(Struct):
    key: str = ""
    value: str = ""
    effect: str = ""
    time_added: str | None = None


class DeviceTaintRuleSpec(Struct):
    device_selector: DeviceTaintSelector | None = None
    taint: DeviceTaint = field(default_factory=DeviceTaint)


class DeviceTaintRuleStatus(Struct):
    conditions: list[meta_v1.Condition] = []


@builtin_kind("resource.k8s.io/v1/DeviceTaintRule", "devicetaintrules", namespaced=False, has_status=True)
class DeviceTaintRule(BuiltinObject):
    spec: DeviceTaintRuleSpec = field(default_factory=DeviceTaintRuleSpec)
    status: DeviceTaintRuleStatus = field(default_factory=DeviceTaintRuleStatus)


class DeviceToleration(Struct):
    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None


class CapacityRequirements(Struct):
    requests: dict[str, str] = {}


class DeviceDerivedAttribute(Struct):
    name: str = ""
    expression: str = ""


class ExactDeviceRequest(Struct):
    device_class_name: str = ""
    selectors: list[DeviceSelector] = []
    allocation_mode: str = ""
    count: int = 0
    admin_access: bool | None = None
    tolerations: list[DeviceToleration] = []
    capacity: CapacityRequirements | None = None
    derived_attributes: list[DeviceDerivedAttribute] = []


class DeviceSubRequest(Struct):
    name: str = ""
    device_class_name: str = ""
    selectors: list[DeviceSelector] = []
    allocation_mode: str = ""
    count: int = 0
    tolerations: list[DeviceToleration] = []
    capacity: CapacityRequirements | None = None
    derived_attributes: list[DeviceDerivedAttribute] = []


class DeviceRequest(Struct):
    name: str = ""
    exactly: ExactDeviceRequest | None = None
    first_available: list[DeviceSubRequest] = []


class DeviceConstraint(Struct):
    requests: list[str] = []
    match_attribute: str | None = None
    distinct_attribute: str | None = None


class DeviceClaimConfiguration(Struct):
    requests: list[str] = []
    opaque: OpaqueDeviceConfiguration | None = None


class DeviceClaim(Struct):
    requests: list[DeviceRequest] = []
    constraints: list[DeviceConstraint] = []
    config: list[DeviceClaimConfiguration] = []


class ResourceClaimSpec(Struct):
    devices: DeviceClaim = field(default_factory=DeviceClaim)


class DeviceRequestAllocationResult(Struct):
    request: str = ""
    driver: str = ""
    pool: str = ""
    device: str = ""
    admin_access: bool | None = None
    tolerations: list[DeviceToleration] = []
    binding_conditions: list[str] = []
    binding_failure_conditions: list[str] = []
    share_id: str | None = field(default=None, name="shareID")
    consumed_capacity: dict[str, str] = {}
    skip_node_operations: list[str] = []


class DeviceAllocationConfiguration(Struct):
    source: str = ""
    requests: list[str] = []
    opaque: OpaqueDeviceConfiguration | None = None


class DeviceAllocationResult(Struct):
    results: list[DeviceRequestAllocationResult] = []
    config: list[DeviceAllocationConfiguration] = []


class AllocationResult(Struct):
    devices: DeviceAllocationResult = field(default_factory=DeviceAllocationResult)
    node_selector: core_v1.NodeSelector | None = None
    allocation_timestamp: str | None = None


class ResourceClaimConsumerReference(Struct):
    api_group: str = ""
    resource: str = ""
    name: str = ""
    uid: str = ""


class NetworkDeviceData(Struct):
    interface_name: str = ""
    ips: list[str] = []
    hardware_address: str = ""


class AllocatedDeviceStatus(Struct):
    driver: str = ""
    pool: str = ""
    device: str = ""
    share_id: str | None = field(default=None, name="shareID")
    conditions: list[meta_v1.Condition] = []
    data: Any = None
    network_data: NetworkDeviceData | None = None


class ResourceClaimStatus(Struct):
    allocation: AllocationResult | None = None
    reserved_for: list[ResourceClaimConsumerReference] = []
    devices: list[AllocatedDeviceStatus] = []


@builtin_kind("resource.k8s.io/v1/ResourceClaim", "resourceclaims", has_status=True)
class ResourceClaim(BuiltinObject):
    spec: ResourceClaimSpec = field(default_factory=ResourceClaimSpec)
    status: ResourceClaimStatus = field(default_factory=ResourceClaimStatus)


class ResourceClaimTemplateSpec(Struct):
    metadata: Metadata = field(default_factory=Metadata)
    spec: ResourceClaimSpec = field(default_factory=ResourceClaimSpec)


@builtin_kind("resource.k8s.io/v1/ResourceClaimTemplate", "resourceclaimtemplates")
class ResourceClaimTemplate(BuiltinObject):
    spec: ResourceClaimTemplateSpec = field(default_factory=ResourceClaimTemplateSpec)


class ResourcePool(Struct):
    name: str = ""
    generation: int = 0
    resource_slice_count: int = 0


class DeviceAttribute(Struct):
    int_: int | None = None
    bool_: bool | None = None
    string: str | None = None
    version: str | None = None
    ints: list[int] = []
    bools: list[bool] = []
    strings: list[str] = []
    versions: list[str] = []


class CapacityRequestPolicyRange(Struct):
    min: str | None = None
    max: str | None = None
    step: str | None = None


class CapacityRequestPolicy(Struct):
    default: str | None = None
    valid_values: list[str] = []
    valid_range: CapacityRequestPolicyRange | None = None


class DeviceCapacity(Struct):
    value: str = ""
    request_policy: CapacityRequestPolicy | None = None


class Counter(Struct):
    value: str = ""


class DeviceCounterConsumption(Struct):
    counter_set: str = ""
    counters: dict[str, Counter] = {}
    compatibility_groups: list[str] = []


class NodeAllocatableMapping(Struct):
    capacity_key: str | None = None
    capacity_multiplier: str | None = None
    device_multiplier: str | None = None


class NodeAllocatableOverhead(Struct):
    per_pod: str | None = None
    per_container: str | None = None


class NodeAllocatableResource(Struct):
    mapping: NodeAllocatableMapping | None = None
    overhead: NodeAllocatableOverhead | None = None


class Device(Struct):
    name: str = ""
    attributes: dict[str, DeviceAttribute] = {}
    capacity: dict[str, DeviceCapacity] = {}
    consumes_counters: list[DeviceCounterConsumption] = []
    node_name: str | None = None
    node_selector: core_v1.NodeSelector | None = None
    all_nodes: bool | None = None
    taints: list[DeviceTaint] = []
    binds_to_node: bool | None = None
    binding_conditions: list[str] = []
    binding_failure_conditions: list[str] = []
    allow_multiple_allocations: bool | None = None
    node_allocatable_resources: dict[str, NodeAllocatableResource] = {}


class CounterSet(Struct):
    name: str = ""
    counters: dict[str, Counter] = {}


class ResourceSliceSpec(Struct):
    driver: str = ""
    pool: ResourcePool = field(default_factory=ResourcePool)
    node_name: str | None = None
    node_selector: core_v1.NodeSelector | None = None
    all_nodes: bool | None = None
    devices: list[Device] = []
    per_device_node_selection: bool | None = None
    shared_counters: list[CounterSet] = []
    partition_type_attribute: str | None = None
    skip_node_operations: list[str] = []


@builtin_kind("resource.k8s.io/v1/ResourceSlice", "resourceslices", namespaced=False)
class ResourceSlice(BuiltinObject):
    spec: ResourceSliceSpec = field(default_factory=ResourceSliceSpec)
