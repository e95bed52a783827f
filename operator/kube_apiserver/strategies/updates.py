"""Validation of updates to immutable fields, per kind."""

from collections.abc import Callable, Mapping
from typing import Any

from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import fixed_fields

Object = Mapping[str, Any]
_IMMUTABLE = "field is immutable"
_OF_PODS = frozenset({"ephemeralcontainers", "resize"})
_FROZEN = "Forbidden: field is immutable when `immutable` is set"


def update_causes(bucket: str, subresource: str, old: Object, new: Object) -> list[Cause]:
    """Return the field errors of immutable fields that an update changes. Some are mutable through a subresource."""
    rule = _RULES.get(bucket) if subresource not in _OF_PODS else None
    return rule(old, new) if rule is not None else []


def _changed(old: Object, new: Object, *path: str) -> bool:
    left: Any = old
    right: Any = new
    for name in path:
        left, right = (left or {}).get(name), (right or {}).get(name)
    return bool(left != right)


def _frozen(*fields: str) -> Callable[[Object, Object], list[Cause]]:
    def rule(old: Object, new: Object) -> list[Cause]:
        if not old.get("immutable"):
            return []
        if not new.get("immutable"):
            return [Cause("immutable", "FieldValueForbidden", _FROZEN)]
        changed = [name for name in fields if (old.get(name) or {}) != (new.get(name) or {})]
        return [Cause(name, "FieldValueForbidden", _FROZEN) for name in changed]

    return rule


def _secret(old: Object, new: Object) -> list[Cause]:
    causes = []
    if old.get("type") != new.get("type"):
        causes.append(messages.invalid("type", new.get("type", ""), _IMMUTABLE))
    return causes + _frozen("data")(old, new)


def _selector(old: Object, new: Object) -> list[Cause]:
    if not _changed(old, new, "spec", "selector"):
        return []
    return [messages.invalid("spec.selector", (new.get("spec") or {}).get("selector"), _IMMUTABLE)]


def _stateful_set(old: Object, new: Object) -> list[Cause]:
    fixed = ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates")
    if not any(_changed(old, new, "spec", name) for name in fixed):
        return []
    message = (
        "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
        "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are "
        "forbidden"
    )
    return [Cause("spec", "FieldValueForbidden", message)]


def _job(old: Object, new: Object) -> list[Cause]:
    names = ("selector", "template", "completionMode", "completions")
    indexed = (new.get("spec") or {}).get("completionMode") == "Indexed"
    return [
        messages.invalid(f"spec.{name}", (new.get("spec") or {}).get(name), _IMMUTABLE)
        for name in names
        if _changed(old, new, "spec", name) and not (name == "completions" and indexed)
    ]


def _role_ref(old: Object, new: Object) -> list[Cause]:
    if not _changed(old, new, "roleRef"):
        return []
    reference = new.get("roleRef") or {}
    shown = {name: reference.get(name[0].lower() + name[1:], "") for name in ("Kind", "Name")}
    shown = {"APIGroup": reference.get("apiGroup", ""), **shown}
    return [messages.invalid("roleRef", shown, "cannot change roleRef")]


def _service(old: Object, new: Object) -> list[Cause]:
    before, after = (old.get("spec") or {}).get("clusterIP"), (new.get("spec") or {}).get("clusterIP")
    if not before or before == after or (new.get("spec") or {}).get("type") == "ExternalName":
        return []
    return [messages.invalid("spec.clusterIPs[0]", [after or ""], "may not change once set")]


def _definition(old: Object, new: Object) -> list[Cause]:
    paths = (("group",), ("names", "plural"), ("names", "kind"), ("scope",))
    conditions = (old.get("status") or {}).get("conditions") or ()
    established = any(entry["type"] == "Established" and entry["status"] == "True" for entry in conditions)
    causes = []
    for path in paths:
        if _changed(old, new, "spec", *path) and (established or path == ("group",)):
            value: Any = new["spec"]
            for name in path:
                value = value.get(name)
            causes.append(messages.invalid("spec." + ".".join(path), value, _IMMUTABLE))
    return causes


_RULES: Mapping[str, Callable[[Object, Object], list[Cause]]] = {
    "nodes": fixed_fields.node,
    "persistentvolumeclaims": fixed_fields.claim,
    "persistentvolumes": fixed_fields.volume,
    "pods": fixed_fields.pod,
    "priorityclasses.scheduling.k8s.io": fixed_fields.priority_class,
    "resourcequotas": fixed_fields.quota,
    "storageclasses.storage.k8s.io": fixed_fields.storage_class,
    "configmaps": _frozen("data", "binaryData"),
    "secrets": _secret,
    "deployments.apps": _selector,
    "replicasets.apps": _selector,
    "daemonsets.apps": _selector,
    "statefulsets.apps": _stateful_set,
    "jobs.batch": _job,
    "rolebindings.rbac.authorization.k8s.io": _role_ref,
    "clusterrolebindings.rbac.authorization.k8s.io": _role_ref,
    "services": _service,
    "customresourcedefinitions.apiextensions.k8s.io": _definition,
}
