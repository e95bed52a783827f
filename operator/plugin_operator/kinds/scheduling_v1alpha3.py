"""The kinds of scheduling/v1alpha3. Made by ``make kinds``: do not edit."""

from plugin_operator.kube.objects import Struct


class WorkloadPodGroupBasicSchedulingPolicy(Struct):
    pass


class WorkloadPodGroupGangSchedulingPolicy(Struct):
    min_count: int | None = None


class WorkloadPodGroupSchedulingPolicy(Struct):
    basic: WorkloadPodGroupBasicSchedulingPolicy | None = None
    gang: WorkloadPodGroupGangSchedulingPolicy | None = None


class TopologyConstraint(Struct):
    key: str = ""


class WorkloadPodGroupSchedulingConstraints(Struct):
    topology: list[TopologyConstraint] = []


class WorkloadPodGroupSingleDisruptionMode(Struct):
    pass


class WorkloadPodGroupAllDisruptionMode(Struct):
    pass


class WorkloadPodGroupDisruptionMode(Struct):
    single: WorkloadPodGroupSingleDisruptionMode | None = None
    all: WorkloadPodGroupAllDisruptionMode | None = None


class WorkloadPodGroupResourceClaim(Struct):
    name: str = ""
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None
