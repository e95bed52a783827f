"""Validation of label selectors, with the messages of apimachinery's ``ValidateLabelSelector``."""

from collections.abc import Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_label_value, is_qualified_name, messages

WITH_VALUES, WITHOUT_VALUES = ("In", "NotIn"), ("Exists", "DoesNotExist")


def selector_causes(selector: Mapping[str, Any] | None, path: str) -> list[Cause]:
    """Return the field errors of the label selector at ``path``."""
    if not selector:
        return []
    causes = label_causes(selector.get("matchLabels") or {}, f"{path}.matchLabels")
    for position, requirement in enumerate(selector.get("matchExpressions") or ()):
        causes += requirement_causes(requirement, f"{path}.matchExpressions[{position}]")
    return causes


def label_causes(labels: Mapping[str, str], path: str) -> list[Cause]:
    """Return the field errors of the labels at ``path``."""
    causes = []
    for key, value in labels.items():
        causes += [messages.invalid(path, key, why) for why in is_qualified_name(key)]
        causes += [messages.invalid(path, value, why) for why in is_label_value(value)]
    return causes


def requirement_causes(requirement: Mapping[str, Any], path: str, *, knows_operators: bool = True) -> list[Cause]:
    """Return the field errors of a requirement. Its operator may be unknown unless ``knows_operators`` is set."""
    causes, operator, values = [], requirement.get("operator") or "", requirement.get("values") or ()
    if operator in WITH_VALUES:
        if not values:
            causes.append(messages.required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in WITHOUT_VALUES:
        if values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            causes.append(messages.forbidden(f"{path}.values", detail))
    elif knows_operators:
        causes.append(messages.invalid(f"{path}.operator", operator, "not a valid selector operator"))
    key = requirement.get("key") or ""
    causes += [messages.invalid(f"{path}.key", key, why) for why in is_qualified_name(key)]
    for position, value in enumerate(values):
        causes += [messages.invalid(f"{path}.values[{position}]", value, why) for why in is_label_value(value)]
    return causes
