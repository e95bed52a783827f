"""Validation of the selectors of nodes, which Pods and PersistentVolumes have."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_subdomain, is_label_value, is_qualified_name, messages
from kube_apiserver.validation.forms.members import problem_causes

Object = Mapping[str, Any]
_NO_OPERATOR = "not a valid selector operator"


def node_selector_causes(selector: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of a selector of nodes, which has at least one term."""
    where = f"{path}.nodeSelectorTerms"
    terms = selector.get("nodeSelectorTerms") or ()
    if not terms:
        yield messages.required(where, "must have at least one node selector term")
    for position, term in enumerate(terms):
        yield from node_term_causes(term, f"{where}[{position}]")


def node_term_causes(term: Object, path: str, *, checks_values: bool = True) -> Iterator[Cause]:
    """Yield the field errors of a term; the values of a preferred one may be no labels."""
    for position, each in enumerate(term.get("matchExpressions") or ()):
        yield from _expression(each, f"{path}.matchExpressions[{position}]", checks_values)
    for position, each in enumerate(term.get("matchFields") or ()):
        yield from _field(each, f"{path}.matchFields[{position}]")


def _expression(requirement: Object, path: str, checks_values: bool) -> Iterator[Cause]:
    operator, values = requirement.get("operator") or "", requirement.get("values") or ()
    match operator:
        case "In" | "NotIn":
            if not values:
                yield messages.required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        case "Exists" | "DoesNotExist":
            if values:
                detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                yield messages.forbidden(f"{path}.values", detail)
        case "Gt" | "Lt":
            if len(values) != 1:
                detail = "must be specified single value when `operator` is 'Lt' or 'Gt'"
                yield messages.required(f"{path}.values", detail)
        case _:
            yield messages.invalid(f"{path}.operator", operator, _NO_OPERATOR)
    key = requirement.get("key") or ""
    yield from problem_causes(f"{path}.key", key, is_qualified_name(key))
    if checks_values:
        for position, value in enumerate(values):
            yield from problem_causes(f"{path}.values[{position}]", value, is_label_value(value))


def _field(requirement: Object, path: str) -> Iterator[Cause]:
    operator, values = requirement.get("operator") or "", requirement.get("values") or ()
    if operator not in ("In", "NotIn"):
        yield messages.invalid(f"{path}.operator", operator, _NO_OPERATOR)
    elif len(values) != 1:
        detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        yield messages.required(f"{path}.values", detail)
    key = requirement.get("key") or ""
    if key != "metadata.name":
        yield messages.invalid(f"{path}.key", key, "not a valid field selector key")
        return
    for position, value in enumerate(values):
        yield from problem_causes(f"{path}.values[{position}]", value, is_dns1123_subdomain(value))
