"""The kinds of flowcontrol/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class PriorityLevelConfigurationReference(Struct):
    name: str = ""


class FlowDistinguisherMethod(Struct):
    type: str = ""


class UserSubject(Struct):
    name: str = ""


class GroupSubject(Struct):
    name: str = ""


class ServiceAccountSubject(Struct):
    namespace: str = ""
    name: str = ""


class Subject(Struct):
    kind: str = ""
    user: UserSubject | None = None
    group: GroupSubject | None = None
    service_account: ServiceAccountSubject | None = None


class ResourcePolicyRule(Struct):
    verbs: list[str] = []
    api_groups: list[str] = []
    resources: list[str] = []
    cluster_scope: bool = False
    namespaces: list[str] = []


class NonResourcePolicyRule(Struct):
    verbs: list[str] = []
    non_resource_urls: list[str] = field(default_factory=list, name="nonResourceURLs")


class PolicyRulesWithSubjects(Struct):
    subjects: list[Subject] = []
    resource_rules: list[ResourcePolicyRule] = []
    non_resource_rules: list[NonResourcePolicyRule] = []


class FlowSchemaSpec(Struct):
    priority_level_configuration: PriorityLevelConfigurationReference = field(
        default_factory=PriorityLevelConfigurationReference
    )
    matching_precedence: int = 0
    distinguisher_method: FlowDistinguisherMethod | None = None
    rules: list[PolicyRulesWithSubjects] = []


class FlowSchemaCondition(Struct):
    type: str = ""
    status: str = ""
    last_transition_time: str | None = None
    reason: str = ""
    message: str = ""


class FlowSchemaStatus(Struct):
    conditions: list[FlowSchemaCondition] = []


@builtin_kind("flowcontrol.apiserver.k8s.io/v1/FlowSchema", "flowschemas", namespaced=False, has_status=True)
class FlowSchema(BuiltinObject):
    spec: FlowSchemaSpec = field(default_factory=FlowSchemaSpec)
    status: FlowSchemaStatus = field(default_factory=FlowSchemaStatus)


class QueuingConfiguration(Struct):
    queues: int = 0
    hand_size: int = 0
    queue_length_limit: int = 0


class LimitResponse(Struct):
    type: str = ""
    queuing: QueuingConfiguration | None = None


class LimitedPriorityLevelConfiguration(Struct):
    nominal_concurrency_shares: int | None = None
    limit_response: LimitResponse = field(default_factory=LimitResponse)
    lendable_percent: int | None = None
    borrowing_limit_percent: int | None = None


class ExemptPriorityLevelConfiguration(Struct):
    nominal_concurrency_shares: int | None = None
    lendable_percent: int | None = None


class PriorityLevelConfigurationSpec(Struct):
    type: str = ""
    limited: LimitedPriorityLevelConfiguration | None = None
    exempt: ExemptPriorityLevelConfiguration | None = None


class PriorityLevelConfigurationCondition(Struct):
    type: str = ""
    status: str = ""
    last_transition_time: str | None = None
    reason: str = ""
    message: str = ""


class PriorityLevelConfigurationStatus(Struct):
    conditions: list[PriorityLevelConfigurationCondition] = []


@builtin_kind(
    "flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration",
    "prioritylevelconfigurations",
    namespaced=False,
    has_status=True,
)
class PriorityLevelConfiguration(BuiltinObject):
    spec: PriorityLevelConfigurationSpec = field(default_factory=PriorityLevelConfigurationSpec)
    status: PriorityLevelConfigurationStatus = field(default_factory=PriorityLevelConfigurationStatus)
