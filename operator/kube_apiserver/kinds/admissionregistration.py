"""Webhook configurations and admission policies, which this server stores only."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.client_configs import default_port
from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.strategies import Draft, Object, Strategy

_GROUP = "admissionregistration.k8s.io"


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


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a webhook configuration."""
    return [name_cell(obj), len(obj.get("webhooks") or ()), age_cell(obj, now)]


_COLUMNS = columns("Name/name|Webhooks:integer|Age", _cells)
STRATEGIES = (
    *(
        Strategy(group=_GROUP, kind=kind, default=_default, unconditional_update=False, columns=_COLUMNS)
        for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
    ),
    Strategy(
        group=_GROUP,
        kind="ValidatingAdmissionPolicy",
        default=_default_policy,
        reset_fields={"status": ("spec", "metadata")},
    ),
    *(
        Strategy(group=_GROUP, kind=f"{word}AdmissionPolicyBinding", default=_default_binding)
        for word in ("Mutating", "Validating")
    ),
    Strategy(group=_GROUP, kind="MutatingAdmissionPolicy", default=_default_policy),
)
