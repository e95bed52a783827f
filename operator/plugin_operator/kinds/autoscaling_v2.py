"""The kinds of autoscaling/v2. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kinds import meta_v1
from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class CrossVersionObjectReference(Struct):
    kind: str = ""
    name: str = ""
    api_version: str = ""


class MetricTarget(Struct):
    type: str = ""
    value: str | None = None
    average_value: str | None = None
    average_utilization: int | None = None


class MetricIdentifier(Struct):
    name: str = ""
    selector: meta_v1.LabelSelector | None = None


class ObjectMetricSource(Struct):
    described_object: CrossVersionObjectReference = field(default_factory=CrossVersionObjectReference)
    target: MetricTarget = field(default_factory=MetricTarget)
    metric: MetricIdentifier = field(default_factory=MetricIdentifier)


class PodsMetricSource(Struct):
    metric: MetricIdentifier = field(default_factory=MetricIdentifier)
    target: MetricTarget = field(default_factory=MetricTarget)


class ResourceMetricSource(Struct):
    name: str = ""
    target: MetricTarget = field(default_factory=MetricTarget)


class ContainerResourceMetricSource(Struct):
    name: str = ""
    target: MetricTarget = field(default_factory=MetricTarget)
    container: str = ""


class ExternalMetricSource(Struct):
    metric: MetricIdentifier = field(default_factory=MetricIdentifier)
    target: MetricTarget = field(default_factory=MetricTarget)


class MetricSpec(Struct):
    type: str = ""
    object: ObjectMetricSource | None = None
    pods: PodsMetricSource | None = None
    resource: ResourceMetricSource | None = None
    container_resource: ContainerResourceMetricSource | None = None
    external: ExternalMetricSource | None = None


class HPAScalingPolicy(Struct):
    type: str = ""
    value: int = 0
    period_seconds: int = 0


class HPAScalingRules(Struct):
    stabilization_window_seconds: int | None = None
    select_policy: str | None = None
    policies: list[HPAScalingPolicy] = []
    tolerance: str | None = None


class HorizontalPodAutoscalerBehavior(Struct):
    scale_up: HPAScalingRules | None = None
    scale_down: HPAScalingRules | None = None


class HorizontalPodAutoscalerSpec(Struct):
    scale_target_ref: CrossVersionObjectReference = field(default_factory=CrossVersionObjectReference)
    min_replicas: int | None = None
    max_replicas: int = 0
    metrics: list[MetricSpec] = []
    behavior: HorizontalPodAutoscalerBehavior | None = None


class MetricValueStatus(Struct):
    value: str | None = None
    average_value: str | None = None
    average_utilization: int | None = None


class ObjectMetricStatus(Struct):
    metric: MetricIdentifier = field(default_factory=MetricIdentifier)
    current: MetricValueStatus = field(default_factory=MetricValueStatus)
    described_object: CrossVersionObjectReference = field(default_factory=CrossVersionObjectReference)


class PodsMetricStatus(Struct):
    metric: MetricIdentifier = field(default_factory=MetricIdentifier)
    current: MetricValueStatus = field(default_factory=MetricValueStatus)


class ResourceMetricStatus(Struct):
    name: str = ""
    current: MetricValueStatus = field(default_factory=MetricValueStatus)


class ContainerResourceMetricStatus(Struct):
    name: str = ""
    current: MetricValueStatus = field(default_factory=MetricValueStatus)
    container: str = ""


class ExternalMetricStatus(Struct):
    metric: MetricIdentifier = field(default_factory=MetricIdentifier)
    current: MetricValueStatus = field(default_factory=MetricValueStatus)


class MetricStatus(Struct):
    type: str = ""
    object: ObjectMetricStatus | None = None
    pods: PodsMetricStatus | None = None
    resource: ResourceMetricStatus | None = None
    container_resource: ContainerResourceMetricStatus | None = None
    external: ExternalMetricStatus | None = None


class HorizontalPodAutoscalerCondition(Struct):
    type: str = ""
    status: str = ""
    last_transition_time: str | None = None
    reason: str = ""
    message: str = ""
    observed_generation: int | None = None


class HorizontalPodAutoscalerStatus(Struct):
    observed_generation: int | None = None
    last_scale_time: str | None = None
    current_replicas: int = 0
    desired_replicas: int = 0
    current_metrics: list[MetricStatus] = []
    conditions: list[HorizontalPodAutoscalerCondition] = []


@builtin_kind(
    "autoscaling/v2/HorizontalPodAutoscaler", "horizontalpodautoscalers", has_status=True, short_names=("hpa",)
)
class HorizontalPodAutoscaler(BuiltinObject):
    spec: HorizontalPodAutoscalerSpec = field(default_factory=HorizontalPodAutoscalerSpec)
    status: HorizontalPodAutoscalerStatus = field(default_factory=HorizontalPodAutoscalerStatus)
