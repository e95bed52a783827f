"""Webhook configurations."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.client_configs import default_port
from kube_apiserver.defaulting.fields import fill
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


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a webhook configuration."""
    return [name_cell(obj), len(obj.get("webhooks") or ()), age_cell(obj, now)]


_COLUMNS = columns("Name/name|Webhooks:integer|Age", _cells)
STRATEGIES = (
    *(
        Strategy(group=_GROUP, kind=kind, default=_default, unconditional_update=False, columns=_COLUMNS)
        for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
    ),
    Strategy(group=_GROUP, kind="ValidatingAdmissionPolicy", reset_fields={"status": ("spec", "metadata")}),
)
