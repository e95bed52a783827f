"""The kinds of authorization/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kinds import meta_v1
from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class FieldSelectorAttributes(Struct):
    raw_selector: str = ""
    requirements: list[meta_v1.FieldSelectorRequirement] = []


class LabelSelectorAttributes(Struct):
    raw_selector: str = ""
    requirements: list[meta_v1.LabelSelectorRequirement] = []


class ResourceAttributes(Struct):
    namespace: str = ""
    verb: str = ""
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    field_selector: FieldSelectorAttributes | None = None
    label_selector: LabelSelectorAttributes | None = None


class NonResourceAttributes(Struct):
    path: str = ""
    verb: str = ""


class SubjectAccessReviewSpec(Struct):
    resource_attributes: ResourceAttributes | None = None
    non_resource_attributes: NonResourceAttributes | None = None
    user: str = ""
    groups: list[str] = []
    extra: dict[str, list[str]] = {}
    uid: str = ""


class SubjectAccessReviewStatus(Struct):
    allowed: bool = False
    denied: bool = False
    reason: str = ""
    evaluation_error: str = ""


@builtin_kind("authorization.k8s.io/v1/LocalSubjectAccessReview", "localsubjectaccessreviews")
class LocalSubjectAccessReview(BuiltinObject):
    spec: SubjectAccessReviewSpec = field(default_factory=SubjectAccessReviewSpec)
    status: SubjectAccessReviewStatus = field(default_factory=SubjectAccessReviewStatus)


class SelfSubjectAccessReviewSpec(Struct):
    resource_attributes: ResourceAttributes | None = None
    non_resource_attributes: NonResourceAttributes | None = None


@builtin_kind("authorization.k8s.io/v1/SelfSubjectAccessReview", "selfsubjectaccessreviews", namespaced=False)
class SelfSubjectAccessReview(BuiltinObject):
    spec: SelfSubjectAccessReviewSpec = field(default_factory=SelfSubjectAccessReviewSpec)
    status: SubjectAccessReviewStatus = field(default_factory=SubjectAccessReviewStatus)


class SelfSubjectRulesReviewSpec(Struct):
    namespace: str = ""


class ResourceRule(Struct):
    verbs: list[str] = []
    api_groups: list[str] = []
    resources: list[str] = []
    resource_names: list[str] = []


class NonResourceRule(Struct):
    verbs: list[str] = []
    non_resource_urls: list[str] = field(default_factory=list, name="nonResourceURLs")


class SubjectRulesReviewStatus(Struct):
    resource_rules: list[ResourceRule] = []
    non_resource_rules: list[NonResourceRule] = []
    incomplete: bool = False
    evaluation_error: str = ""


@builtin_kind("authorization.k8s.io/v1/SelfSubjectRulesReview", "selfsubjectrulesreviews", namespaced=False)
class SelfSubjectRulesReview(BuiltinObject):
    spec: SelfSubjectRulesReviewSpec = field(default_factory=SelfSubjectRulesReviewSpec)
    status: SubjectRulesReviewStatus = field(default_factory=SubjectRulesReviewStatus)


@builtin_kind("authorization.k8s.io/v1/SubjectAccessReview", "subjectaccessreviews", namespaced=False)
class SubjectAccessReview(BuiltinObject):
    spec: SubjectAccessReviewSpec = field(default_factory=SubjectAccessReviewSpec)
    status: SubjectAccessReviewStatus = field(default_factory=SubjectAccessReviewStatus)
