"""Validation of RBAC roles and bindings.

The rules follow Kubernetes' ``pkg/apis/rbac/validation``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import messages
from kube_apiserver.schema.model import Cause
from kube_apiserver.schema.names import is_path_segment

Object = Mapping[str, Any]
_GROUP = "rbac.authorization.k8s.io"
_KINDS = {"RoleBinding": ("Role", "ClusterRole"), "ClusterRoleBinding": ("ClusterRole",)}
_SUBJECTS = ("ServiceAccount", "User", "Group")
_NO_SELECTOR = "at least one clusterRoleSelector required if aggregationRule is non-nil"


def role_causes(role: Object) -> list[Cause]:
    """Return the field errors of a Role or ClusterRole."""
    namespaced = role.get("kind") == "Role"
    causes: list[Cause] = []
    for position, rule in enumerate(role.get("rules") or ()):
        causes += _rule_causes(rule, f"rules[{position}]", namespaced=namespaced)
    aggregation = role.get("aggregationRule")
    if aggregation is not None and not aggregation.get("clusterRoleSelectors"):
        causes.append(messages.required("aggregationRule.clusterRoleSelectors", _NO_SELECTOR))
    return causes


def _rule_causes(rule: Object, path: str, *, namespaced: bool) -> Iterator[Cause]:
    if not rule.get("verbs"):
        yield messages.required(f"{path}.verbs", "verbs must contain at least one value")
    urls = rule.get("nonResourceURLs")
    if urls:
        if namespaced:
            why = "namespaced rules cannot apply to non-resource URLs"
            yield messages.invalid(f"{path}.nonResourceURLs", urls, why)
        if any(rule.get(name) for name in ("apiGroups", "resources", "resourceNames")):
            why = "rules cannot apply to both regular resources and non-resource URLs"
            yield messages.invalid(f"{path}.nonResourceURLs", urls, why)
        return
    if not rule.get("apiGroups"):
        yield messages.required(f"{path}.apiGroups", "resource rules must supply at least one api group")
    if not rule.get("resources"):
        yield messages.required(f"{path}.resources", "resource rules must supply at least one resource")


def binding_causes(binding: Object) -> list[Cause]:
    """Return the field errors of a RoleBinding or ClusterRoleBinding."""
    reference, kinds = binding.get("roleRef") or {}, _KINDS[binding["kind"]]
    causes = []
    if reference.get("apiGroup") != _GROUP:
        causes.append(messages.not_supported("roleRef.apiGroup", reference.get("apiGroup", ""), (_GROUP,)))
    if reference.get("kind") not in kinds:
        causes.append(messages.not_supported("roleRef.kind", reference.get("kind", ""), kinds))
    name = reference.get("name") or ""
    if not name:
        causes.append(messages.required("roleRef.name"))
    causes += [messages.invalid("roleRef.name", name, why) for why in (is_path_segment(name) if name else ())]
    for position, subject in enumerate(binding.get("subjects") or ()):
        causes += _subject_causes(subject, f"subjects[{position}]", namespaced=len(kinds) > 1)
    return causes


def _subject_causes(subject: Object, path: str, *, namespaced: bool) -> Iterator[Cause]:
    if not subject.get("name"):
        yield messages.required(f"{path}.name")
    kind, group = subject.get("kind"), subject.get("apiGroup") or ""
    if kind not in _SUBJECTS:
        yield messages.not_supported(f"{path}.kind", kind or "", _SUBJECTS)
    elif kind == "ServiceAccount":
        if group:
            yield messages.not_supported(f"{path}.apiGroup", group, ("",))
        if not namespaced and not subject.get("namespace"):
            yield messages.required(f"{path}.namespace")
    elif group != _GROUP:
        yield messages.not_supported(f"{path}.apiGroup", group, (_GROUP,))
