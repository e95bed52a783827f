"""The kinds of admissionregistration/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kinds import meta_v1
from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class ParamKind(Struct):
    api_version: str = ""
    kind: str = ""


class NamedRuleWithOperations(Struct):
    resource_names: list[str] = []
    operations: list[str] = []
    api_groups: list[str] = []
    api_versions: list[str] = []
    resources: list[str] = []
    scope: str | None = None


class MatchResources(Struct):
    namespace_selector: meta_v1.LabelSelector | None = None
    object_selector: meta_v1.LabelSelector | None = None
    resource_rules: list[NamedRuleWithOperations] = []
    exclude_resource_rules: list[NamedRuleWithOperations] = []
    match_policy: str | None = None


class Variable(Struct):
    name: str = ""
    expression: str = ""


class ApplyConfiguration(Struct):
    expression: str = ""


class JSONPatch(Struct):
    expression: str = ""


class Mutation(Struct):
    patch_type: str = ""
    apply_configuration: ApplyConfiguration | None = None
    json_patch: JSONPatch | None = None


class MatchCondition(Struct):
    name: str = ""
    expression: str = ""


class MutatingAdmissionPolicySpec(Struct):
    param_kind: ParamKind | None = None
    match_constraints: MatchResources | None = None
    variables: list[Variable] = []
    mutations: list[Mutation] = []
    failure_policy: str | None = None
    match_conditions: list[MatchCondition] = []
    reinvocation_policy: str = ""


@builtin_kind("admissionregistration.k8s.io/v1/MutatingAdmissionPolicy", "mutatingadmissionpolicies", namespaced=False)
class MutatingAdmissionPolicy(BuiltinObject):
    spec: MutatingAdmissionPolicySpec = field(default_factory=MutatingAdmissionPolicySpec)


class ParamRef(Struct):
    name: str = ""
    namespace: str = ""
    selector: meta_v1.LabelSelector | None = None
    parameter_not_found_action: str | None = None


class MutatingAdmissionPolicyBindingSpec(Struct):
    policy_name: str = ""
    param_ref: ParamRef | None = None
    match_resources: MatchResources | None = None


@builtin_kind(
    "admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding",
    "mutatingadmissionpolicybindings",
    namespaced=False,
)
class MutatingAdmissionPolicyBinding(BuiltinObject):
    spec: MutatingAdmissionPolicyBindingSpec = field(default_factory=MutatingAdmissionPolicyBindingSpec)


class ServiceReference(Struct):
    namespace: str = ""
    name: str = ""
    path: str | None = None
    port: int | None = None


class WebhookClientConfig(Struct):
    url: str | None = None
    service: ServiceReference | None = None
    ca_bundle: bytes = b""


class RuleWithOperations(Struct):
    operations: list[str] = []
    api_groups: list[str] = []
    api_versions: list[str] = []
    resources: list[str] = []
    scope: str | None = None


class MutatingWebhook(Struct):
    name: str = ""
    client_config: WebhookClientConfig = field(default_factory=WebhookClientConfig)
    rules: list[RuleWithOperations] = []
    failure_policy: str | None = None
    match_policy: str | None = None
    namespace_selector: meta_v1.LabelSelector | None = None
    object_selector: meta_v1.LabelSelector | None = None
    side_effects: str | None = None
    timeout_seconds: int | None = None
    admission_review_versions: list[str] = []
    reinvocation_policy: str | None = None
    match_conditions: list[MatchCondition] = []


@builtin_kind(
    "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration", "mutatingwebhookconfigurations", namespaced=False
)
class MutatingWebhookConfiguration(BuiltinObject):
    webhooks: list[MutatingWebhook] = []


class Validation(Struct):
    expression: str = ""
    message: str = ""
    reason: str | None = None
    message_expression: str = ""


class AuditAnnotation(Struct):
    key: str = ""
    value_expression: str = ""


class ValidatingAdmissionPolicySpec(Struct):
    param_kind: ParamKind | None = None
    match_constraints: MatchResources | None = None
    validations: list[Validation] = []
    failure_policy: str | None = None
    audit_annotations: list[AuditAnnotation] = []
    match_conditions: list[MatchCondition] = []
    variables: list[Variable] = []


class ExpressionWarning(Struct):
    field_ref: str = ""
    warning: str = ""


class TypeChecking(Struct):
    expression_warnings: list[ExpressionWarning] = []


class ValidatingAdmissionPolicyStatus(Struct):
    observed_generation: int = 0
    type_checking: TypeChecking | None = None
    conditions: list[meta_v1.Condition] = []


@builtin_kind(
    "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy",
    "validatingadmissionpolicies",
    namespaced=False,
    has_status=True,
)
class ValidatingAdmissionPolicy(BuiltinObject):
    spec: ValidatingAdmissionPolicySpec = field(default_factory=ValidatingAdmissionPolicySpec)
    status: ValidatingAdmissionPolicyStatus = field(default_factory=ValidatingAdmissionPolicyStatus)


class ValidatingAdmissionPolicyBindingSpec(Struct):
    policy_name: str = ""
    param_ref: ParamRef | None = None
    match_resources: MatchResources | None = None
    validation_actions: list[str] = []


@builtin_kind(
    "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybindings",
    namespaced=False,
)
class ValidatingAdmissionPolicyBinding(BuiltinObject):
    spec: ValidatingAdmissionPolicyBindingSpec = field(default_factory=ValidatingAdmissionPolicyBindingSpec)


class ValidatingWebhook(Struct):
    name: str = ""
    client_config: WebhookClientConfig = field(default_factory=WebhookClientConfig)
    rules: list[RuleWithOperations] = []
    failure_policy: str | None = None
    match_policy: str | None = None
    namespace_selector: meta_v1.LabelSelector | None = None
    object_selector: meta_v1.LabelSelector | None = None
    side_effects: str | None = None
    timeout_seconds: int | None = None
    admission_review_versions: list[str] = []
    match_conditions: list[MatchCondition] = []


@builtin_kind(
    "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
    "validatingwebhookconfigurations",
    namespaced=False,
)
class ValidatingWebhookConfiguration(BuiltinObject):
    webhooks: list[ValidatingWebhook] = []
