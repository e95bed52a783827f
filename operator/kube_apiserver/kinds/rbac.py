"""Roles and bindings.

The rules follow Kubernetes' ``pkg/apis/rbac/validation``. ``writes.escalation`` lets users grant only what they have.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import structs

from kube_apiserver.defaulting.fields import member
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import CREATED, age_cell, name_cell
from kube_apiserver.schema import Cause, is_dns1123_subdomain, is_path_segment, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.fixed_values import IMMUTABLE, is_changed
from kube_apiserver.validation.label_selectors import selector_causes

_GROUP = "rbac.authorization.k8s.io"
_KINDS = {"RoleBinding": ("Role", "ClusterRole"), "ClusterRoleBinding": ("ClusterRole",)}
_SUBJECTS = ("ServiceAccount", "User", "Group")
_NO_SELECTOR = "at least one clusterRoleSelector required if aggregationRule is non-nil"


def _default_binding(obj: Draft) -> None:
    """Set the API groups of roleRef and of users and groups."""
    reference = member(obj, "roleRef")
    reference["apiGroup"] = reference.get("apiGroup") or _GROUP
    for subject in obj.get("subjects") or ():
        if not subject.get("apiGroup") and subject.get("kind") in ("User", "Group"):
            subject["apiGroup"] = _GROUP


def _prepare_create(role: Draft, store: Store) -> None:
    """Set empty rules to null."""
    del store
    _set_empty_rules(role)


def _prepare_update(old: Object, new: Draft) -> None:
    """Set empty rules to null."""
    del old
    _set_empty_rules(new)


def _set_empty_rules(obj: Draft) -> None:
    """Set empty rules to null, as kube-apiserver reads them back from its storage."""
    obj["rules"] = obj.get("rules") or None


def _validate_role(role: Object) -> list[Cause]:
    """Return the field errors of rules and aggregationRule."""
    namespaced = role.get("kind") == "Role"
    causes: list[Cause] = []
    for position, rule in enumerate(role.get("rules") or ()):
        causes += _rule_causes(rule, f"rules[{position}]", namespaced=namespaced)
    aggregation = role.get("aggregationRule")
    if aggregation is not None and not aggregation.get("clusterRoleSelectors"):
        causes.append(messages.required("aggregationRule.clusterRoleSelectors", _NO_SELECTOR))
    for position, selector in enumerate((aggregation or {}).get("clusterRoleSelectors") or ()):
        path = f"aggregationRule.clusterRoleSelectors[{position}]"
        if problems := selector_causes(selector, path):
            # kube-apiserver shows what it could not make of the selector.
            causes += [*problems, messages.invalid(path, None, "invalid label selector.")]
    return causes


def _rule_causes(rule: Object, path: str, *, namespaced: bool) -> Iterator[Cause]:
    if not rule.get("verbs"):
        yield messages.declared(messages.required(f"{path}.verbs"))
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


def _validate_binding(binding: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of roleRef and subjects."""
    reference, kinds = binding.get("roleRef") or {}, _KINDS[binding["kind"]]
    causes = []
    if reference.get("apiGroup") != _GROUP:
        causes.append(messages.not_supported("roleRef.apiGroup", reference.get("apiGroup", ""), (_GROUP,)))
    if reference.get("kind") not in kinds:
        causes.append(messages.not_supported("roleRef.kind", reference.get("kind", ""), kinds))
    name = reference.get("name") or ""
    if not name:
        # A changed roleRef is refused before its declared rules are looked at.
        missing = messages.required("roleRef.name")
        causes.append(messages.declared(missing) if old is None else missing)
    causes += [messages.invalid("roleRef.name", name, why) for why in is_path_segment(name)]
    for position, subject in enumerate(binding.get("subjects") or ()):
        causes += _subject_causes(subject, f"subjects[{position}]", namespaced=len(kinds) > 1)
    return causes


def _subject_causes(subject: Object, path: str, *, namespaced: bool) -> Iterator[Cause]:
    if not subject.get("name"):
        yield messages.declared(messages.required(f"{path}.name"))
    kind, group = subject.get("kind"), subject.get("apiGroup") or ""
    if kind not in _SUBJECTS:
        yield messages.not_supported(f"{path}.kind", kind or "", _SUBJECTS)
    elif kind == "ServiceAccount":
        name = subject.get("name") or ""
        problems = is_dns1123_subdomain(name) if name else []
        yield from (messages.invalid(f"{path}.name", name, why) for why in problems)
        if group:
            yield messages.not_supported(f"{path}.apiGroup", group, ("",))
        if not namespaced and not subject.get("namespace"):
            yield messages.required(f"{path}.namespace")
    elif group != _GROUP:
        yield messages.not_supported(f"{path}.apiGroup", group, (_GROUP,))


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of roleRef."""
    if not is_changed(old, new, "roleRef"):
        return []
    reference = new.get("roleRef") or {}
    shown = {name: reference.get(name[0].lower() + name[1:], "") for name in ("Kind", "Name")}
    shown = {"APIGroup": reference.get("apiGroup", ""), **shown}
    return [messages.invalid("roleRef", shown, IMMUTABLE)]


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a RoleBinding or ClusterRoleBinding."""
    reference = obj.get("roleRef") or {}
    subjects = obj.get("subjects") or []
    users = [one.get("name", "") for one in subjects if one.get("kind") == "User"]
    groups = [one.get("name", "") for one in subjects if one.get("kind") == "Group"]
    accounts = [
        f"{one.get('namespace', '')}/{one.get('name', '')}" for one in subjects if one.get("kind") == "ServiceAccount"
    ]
    wide = [", ".join(group) for group in (users, groups, accounts)]
    return [name_cell(obj), f"{reference.get('kind', '')}/{reference.get('name', '')}", age_cell(obj, now), *wide]


_COLUMNS = columns("Name/name|Role|Age|Users*1|Groups*1|ServiceAccounts*1", _cells)
_ROLE = Strategy(
    group=_GROUP,
    kind="Role",
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    name_problems=is_path_segment,
    prefix_problems=is_path_segment,
    validate=_validate_role,
    has_generation=False,
    created_by_update=True,
    columns=CREATED,
)
_BINDING = Strategy(
    group=_GROUP,
    kind="RoleBinding",
    default=_default_binding,
    name_problems=is_path_segment,
    prefix_problems=is_path_segment,
    validate_with_old=_validate_binding,
    validate_update=_validate_update,
    has_generation=False,
    created_by_update=True,
    columns=_COLUMNS,
)
STRATEGIES = (
    _ROLE,
    structs.replace(_ROLE, kind="ClusterRole"),
    _BINDING,
    structs.replace(_BINDING, kind="ClusterRoleBinding"),
)
