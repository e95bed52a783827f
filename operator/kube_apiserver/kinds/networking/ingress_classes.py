"""IngressClasses."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell
from kube_apiserver.printer_columns.formats import NONE
from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, is_path_segment, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.domain_names import prefixed_path_causes
from kube_apiserver.validation.fixed_values import IMMUTABLE

_LONGEST_CONTROLLER = 250
_SCOPES = ("Cluster", "Namespace")


def _default(obj: Draft) -> None:
    """Set the scope of the parameters."""
    parameters = (obj.get("spec") or {}).get("parameters")
    if parameters is not None and parameters.get("scope") is None:
        parameters["scope"] = "Cluster"


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of the controller and the parameters."""
    spec = obj.get("spec") or {}
    controller, parameters = spec.get("controller") or "", spec.get("parameters")
    causes = []
    if len(controller.encode()) > _LONGEST_CONTROLLER:
        causes.append(messages.too_long("spec.controller", _LONGEST_CONTROLLER))
    causes += prefixed_path_causes(controller, "spec.controller")
    return causes if parameters is None else [*causes, *_parameters(parameters, "spec.parameters")]


def _parameters(parameters: Object, path: str) -> Iterator[Cause]:
    if (group := parameters.get("apiGroup")) is not None:
        yield from (messages.invalid(f"{path}.apiGroup", group, why) for why in is_dns1123_subdomain(group))
    for name in ("kind", "name"):
        if value := parameters.get(name):
            yield from (messages.invalid(f"{path}.{name}", value, why) for why in is_path_segment(value))
        else:
            yield messages.declared(messages.required(f"{path}.{name}"))
    scope, namespace = parameters.get("scope"), parameters.get("namespace")
    if scope not in _SCOPES:
        yield messages.not_supported(f"{path}.scope", scope, _SCOPES)
    elif scope == "Cluster" and namespace is not None:
        yield messages.forbidden(f"{path}.namespace", "`parameters.scope` is set to 'Cluster'")
    elif scope == "Namespace" and namespace is None:
        yield messages.required(f"{path}.namespace", "`parameters.scope` is set to 'Namespace'")
    elif namespace is not None:
        yield from (messages.invalid(f"{path}.namespace", namespace, why) for why in is_dns1123_label(namespace))


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of the controller."""
    before, after = ((each.get("spec") or {}).get("controller") or "" for each in (old, new))
    return [] if before == after else [messages.invalid("spec.controller", after, IMMUTABLE)]


def _class_cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an IngressClass."""
    spec = obj.get("spec") or {}
    given = spec.get("parameters")
    shown = NONE
    if given:
        group = f"{given['apiGroup']}/" if given.get("apiGroup") else ""
        shown = f"{given.get('kind', '')}.{group}{given.get('name', '')}"
    return [obj["metadata"]["name"], spec.get("controller", ""), shown, age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group="networking.k8s.io",
        kind="IngressClass",
        default=_default,
        validate=_validate,
        validate_update=_validate_update,
        validates_change_first=True,
        columns=columns("Name/name|Controller|Parameters|Age", _class_cells),
    ),
)
