"""What access reviews ask about: its field errors, and selectors that kube-apiserver cannot read."""

from collections.abc import Callable, Mapping
from typing import Any

from kube_apiserver.schema import Cause, messages
from kube_apiserver.selectors import FieldSelector, LabelSelector, SelectorError
from kube_apiserver.validation.label_selectors import WITH_VALUES, WITHOUT_VALUES, requirement_causes

Object = Mapping[str, Any]
_ONE_OF = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
_RESOURCE = "spec.resourceAttributes"
_KEPT = frozenset({"managedFields"})


def review_causes(obj: Object, *, names_user: bool, is_local: bool) -> list[Cause]:
    """Return the field errors of an access review; ``names_user`` if its spec says whose access it asks about."""
    spec, metadata = obj.get("spec") or {}, obj.get("metadata") or {}
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    causes = []
    if (resource is None) == (path is None):
        causes.append(messages.invalid("spec", _shown(path), _ONE_OF))
    if names_user and not spec.get("user") and not spec.get("groups"):
        causes.append(messages.invalid("spec.user", "", "at least one of user or group must be specified"))
    for name, validate in (("fieldSelector", _field_causes), ("labelSelector", _label_causes)):
        if resource is not None and resource.get(name) is not None:
            causes += _selector_causes(resource[name], f"{_RESOURCE}.{name}", validate)
    kept = _KEPT | {"namespace"} if is_local else _KEPT
    if any(value is not None and name not in kept for name, value in metadata.items()):
        what = "must be empty except for namespace" if is_local else "must be empty"
        causes.append(messages.invalid("metadata", metadata, what))
    return causes + (_local_causes(resource, path, metadata) if is_local else [])


def _local_causes(resource: Object | None, path: Object | None, metadata: Object) -> list[Cause]:
    causes = []
    if resource is not None and (namespace := resource.get("namespace") or "") != metadata.get("namespace", ""):
        causes.append(messages.invalid(f"{_RESOURCE}.namespace", namespace, "must match metadata.namespace"))
    if path is not None:
        why = "disallowed on this kind of request"
        causes.append(messages.invalid("spec.nonResourceAttributes", _shown(path), why))
    return causes


def _shown(path: Object | None) -> Any:
    return None if path is None else {name.capitalize(): path.get(name) or "" for name in ("path", "verb")}


def _selector_causes(selector: Object, where: str, validate: Callable[[Object, str], list[Cause]]) -> list[Cause]:
    raw, requirements = selector.get("rawSelector") or "", selector.get("requirements") or ()
    causes = []
    if raw and requirements:
        why = "may not specified at the same time as requirements"
        causes.append(messages.invalid(f"{where}.rawSelector", raw, why))
    if not raw and not requirements:
        why = f"when {where} is specified, requirements or rawSelector is required"
        causes.append(messages.required(f"{where}.requirements", why))
    for position, requirement in enumerate(requirements):
        causes += validate(requirement, f"{where}.requirements[{position}]")
    return causes


def _label_causes(requirement: Object, path: str) -> list[Cause]:
    return requirement_causes(requirement, path, knows_operators=False)


def _field_causes(requirement: Object, path: str) -> list[Cause]:
    causes, operator, values = [], requirement.get("operator"), requirement.get("values")
    if not requirement.get("key"):
        causes.append(messages.required(f"{path}.key", "must be specified"))
    if operator in WITH_VALUES and not values:
        causes.append(messages.required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    if operator in WITHOUT_VALUES and values:
        why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        causes.append(messages.forbidden(f"{path}.values", why))
    return causes


def evaluation_error(spec: Object) -> str:
    """Return what ``status.evaluationError`` says of selectors that cannot be read, or only in part."""
    resource = spec.get("resourceAttributes") or {}
    found = []
    for name, parse, can_read in (
        ("fieldSelector", FieldSelector.parse, _reads_field),
        ("labelSelector", LabelSelector.parse, _reads_label),
    ):
        selector = resource.get(name) or {}
        read = [can_read(each) for each in selector.get("requirements") or ()]
        if not all(read) or not _parses(parse, selector.get("rawSelector") or ""):
            partly = "partially " if any(read) else ""
            found.append(f"{_RESOURCE}.{name} {partly}ignored due to parse error")
    return "; ".join(found)


def _parses(parse: Callable[[str], Any], text: str) -> bool:
    try:
        parse(text)
    except SelectorError:
        return False
    return True


def _reads_field(requirement: Object) -> bool:
    return requirement.get("operator") in WITH_VALUES and len(requirement.get("values") or ()) == 1


def _reads_label(requirement: Object) -> bool:
    return requirement.get("operator") in (*WITH_VALUES, *WITHOUT_VALUES)
