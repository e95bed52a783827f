"""The approval that definitions in groups of Kubernetes itself need.

The rules and messages are those of apiextensions-apiserver's ``validateAPIApproval``.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from kube_apiserver.schema import messages
from kube_apiserver.schema.go_format import quoted
from kube_apiserver.schema.model import Cause

Object = Mapping[str, Any]
ANNOTATION = "api-approved.kubernetes.io"
_GROUPS = ("k8s.io", "kubernetes.io")
_SEE = "see https://github.com/kubernetes/enhancements/pull/1111"
_MISSING = f'protected groups must have approval annotation "{ANNOTATION}", {_SEE}'
_WRONG = (
    f'protected groups must have approval annotation "{ANNOTATION}" with either a URL or a reason starting with '
    f'"unapproved", {_SEE}'
)


def approval_causes(obj: Object, old: Object | None = None) -> list[Cause]:
    """Return the field errors of the approval of a definition; an update may leave it as it was."""
    if not _needs_approval(obj):
        return []
    value, path = _approval(obj), f"metadata.annotations[{ANNOTATION}]"
    state = _state(value)
    if state == "approved" or (old is not None and state == _state(_approval(old))):
        return []
    return [messages.required(path, _MISSING) if state == "missing" else messages.invalid(path, value, _WRONG)]


def approval_condition(obj: Object) -> tuple[str, str, str] | None:
    """Return status, reason and message of the condition about the approval; None outside Kubernetes' groups."""
    if not _needs_approval(obj):
        return None
    value = _approval(obj)
    match _state(value):
        case "missing":
            return "False", "MissingAnnotation", _MISSING
        case "wrong":
            return "False", "InvalidAnnotation", _WRONG
    if value.startswith("unapproved"):
        return "False", "UnapprovedAnnotation", f"not approved: {quoted(value)}"
    return "True", "ApprovedAnnotation", f"approved in {value}"


def _needs_approval(obj: Object) -> bool:
    group = str((obj.get("spec") or {}).get("group") or "")
    return any(group == each or group.endswith(f".{each}") for each in _GROUPS)


def _approval(obj: Object) -> str:
    return str(((obj.get("metadata") or {}).get("annotations") or {}).get(ANNOTATION) or "")


def _state(value: str) -> str:
    if not value or value.startswith("unapproved"):
        return "approved" if value else "missing"
    try:
        url = urlsplit(value)
    except ValueError:
        return "wrong"
    return "approved" if url.scheme and url.netloc else "wrong"
