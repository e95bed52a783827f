"""Webhook configurations and admission policies, which this server stores only. Some names only files may have."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.client_configs import default_port
from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Draft, Object, Strategy

_GROUP = "admissionregistration.k8s.io"
_SUFFIX = ".static.k8s.io"
_RESERVED = (
    f'names ending with "{_SUFFIX}" are reserved for static manifest-based configurations and cannot be managed via '
    "the API"
)
# No webhook sees these, because a webhook that fails would lock everyone out.
_EXCLUDED = frozenset(
    {
        ("authentication.k8s.io", "selfsubjectreviews"),
        ("authentication.k8s.io", "tokenreviews"),
        ("authorization.k8s.io", "localsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectrulesreviews"),
        ("authorization.k8s.io", "subjectaccessreviews"),
    }
)


def _default(obj: Draft) -> None:
    """Set policies, timeouts, selectors, ports of services and scopes of rules of each webhook."""
    for hook in obj.get("webhooks") or ():
        fill(hook, failurePolicy="Fail", matchPolicy="Equivalent", timeoutSeconds=10)
        fill(hook, namespaceSelector={}, objectSelector={})
        if obj.get("kind") == "MutatingWebhookConfiguration":
            fill(hook, reinvocationPolicy="Never")
        default_port(hook.get("clientConfig") or {})
        for rule in hook.get("rules") or ():
            fill(rule, scope="*")


def _default_policy(obj: Draft) -> None:
    """Set the failure policy, and selectors and scopes of what is matched."""
    spec = member(obj, "spec")
    fill(spec, failurePolicy="Fail")
    _default_matches(spec.get("matchConstraints"))


def _default_binding(obj: Draft) -> None:
    """Set selectors and scopes of what is matched."""
    _default_matches((obj.get("spec") or {}).get("matchResources"))


def _default_matches(matches: Any) -> None:
    if isinstance(matches, dict):
        fill(matches, matchPolicy="Equivalent", namespaceSelector={}, objectSelector={})
        for name in ("resourceRules", "excludeResourceRules"):
            for rule in matches.get(name) or ():
                fill(rule, scope="*")


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of a reserved name of a new object."""
    name = obj["metadata"].get("name", "")
    return [messages.invalid("metadata.name", name, _RESERVED)] if old is None and name.endswith(_SUFFIX) else []


def _warn(obj: Object, old: Object | None) -> list[str]:
    """Return a warning for each resource in a rule of a webhook that no webhook sees."""
    del old
    what = "is excluded from admission webhooks; this rule will have no effect"
    return [
        f"webhooks[{at}].rules[{position}]: {plural}.{group} {what}"
        for at, hook in enumerate(obj.get("webhooks") or ())
        for position, rule in enumerate(hook.get("rules") or ())
        for group, plural in _excluded(rule)
    ]


def _excluded(rule: Object) -> list[tuple[str, str]]:
    groups, plurals = rule.get("apiGroups") or (), rule.get("resources") or ()
    if "*" in groups or "*" in plurals:
        return []
    named = dict.fromkeys((group, plural) for group in groups for plural in plurals)
    return [each for each in named if each in _EXCLUDED]


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a webhook configuration."""
    return [name_cell(obj), len(obj.get("webhooks") or ()), age_cell(obj, now)]


_COLUMNS = columns("Name/name|Webhooks:integer|Age", _cells)
STRATEGIES = (
    *(
        Strategy(
            group=_GROUP,
            kind=f"{word}WebhookConfiguration",
            default=_default,
            validate_with_old=_validate,
            warn=_warn,
            unconditional_update=False,
            columns=_COLUMNS,
        )
        for word in ("Mutating", "Validating")
    ),
    Strategy(
        group=_GROUP,
        kind="ValidatingAdmissionPolicy",
        unconditional_update=False,
        default=_default_policy,
        validate_with_old=_validate,
        reset_fields={"status": ("spec", "metadata")},
    ),
    *(
        Strategy(
            group=_GROUP,
            kind=f"{word}AdmissionPolicyBinding",
            unconditional_update=False,
            default=_default_binding,
            validate_with_old=_validate,
        )
        for word in ("Mutating", "Validating")
    ),
    Strategy(
        group=_GROUP,
        kind="MutatingAdmissionPolicy",
        unconditional_update=False,
        default=_default_policy,
        validate_with_old=_validate,
    ),
)
