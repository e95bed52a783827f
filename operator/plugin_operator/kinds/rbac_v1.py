"""The kinds of rbac/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kinds import meta_v1
from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class Subject(Struct):
    kind: str = ""
    api_group: str = ""
    name: str = ""
    namespace: str = ""


class RoleRef(Struct):
    api_group: str = ""
    kind: str = ""
    name: str = ""


@builtin_kind("rbac.authorization.k8s.io/v1/ClusterRoleBinding", "clusterrolebindings", namespaced=False)
class ClusterRoleBinding(BuiltinObject):
    subjects: list[Subject] = []
    role_ref: RoleRef = field(default_factory=RoleRef)


class PolicyRule(Struct):
    verbs: list[str] = []
    api_groups: list[str] = []
    resources: list[str] = []
    resource_names: list[str] = []
    non_resource_urls: list[str] = field(default_factory=list, name="nonResourceURLs")


class AggregationRule(Struct):
    cluster_role_selectors: list[meta_v1.LabelSelector] = []


@builtin_kind("rbac.authorization.k8s.io/v1/ClusterRole", "clusterroles", namespaced=False)
class ClusterRole(BuiltinObject):
    rules: list[PolicyRule] = []
    aggregation_rule: AggregationRule | None = None


@builtin_kind("rbac.authorization.k8s.io/v1/RoleBinding", "rolebindings")
class RoleBinding(BuiltinObject):
    subjects: list[Subject] = []
    role_ref: RoleRef = field(default_factory=RoleRef)


@builtin_kind("rbac.authorization.k8s.io/v1/Role", "roles")
class Role(BuiltinObject):
    rules: list[PolicyRule] = []
