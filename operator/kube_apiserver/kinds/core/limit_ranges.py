"""LimitRanges. This server stores them only: it adds no limits."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from kube_apiserver.defaulting.fields import member
from kube_apiserver.printer_columns.common_cells import CREATED
from kube_apiserver.schema import Cause, is_qualified_name, messages
from kube_apiserver.schema.quantity import amount_of
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.containers.resources import (
    container_resource_name_causes,
    is_overcommitted,
    resource_name_causes,
)
from kube_apiserver.validation.forms.members import problem_causes

_TYPES = ("Container", "PersistentVolumeClaim", "Pod")
_FIELDS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
#: Which amount must not exceed which, the field of the error, the value that it shows, and its text.
_LEAST = "min value {} is greater than default request value {}"
_REQUEST = "default request value {} is greater than"
_ORDER = (
    ("min", "max", "min", "min", "min value {} is greater than max value {}"),
    ("min", "defaultRequest", "defaultRequest", "defaultRequest", _LEAST),
    ("defaultRequest", "max", "defaultRequest", "defaultRequest", f"{_REQUEST} max value {{}}"),
    ("defaultRequest", "default", "defaultRequest", "defaultRequest", f"{_REQUEST} default limit value {{}}"),
    ("min", "default", "default", "min", "min value {} is greater than default value {}"),
    ("default", "max", "default", "max", "default value {} is greater than max value {}"),
)
_LARGEST_POWER = 100


def _as_kept(obj: Object, old: Object | None) -> Draft:
    """Set empty limits to null, as kube-apiserver reads them back from its storage."""
    del old
    spec = obj.get("spec") or {}
    return {**obj, "spec": {**spec, "limits": spec.get("limits") or None}}


def _default(obj: Draft) -> None:
    """Set the default limits and requests of containers."""
    for item in member(obj, "spec").get("limits") or ():
        if item.get("type") != "Container":
            continue
        limits = {**(item.get("max") or {}), **(item.get("default") or {})}
        requests = {**(item.get("min") or {}), **limits, **(item.get("defaultRequest") or {})}
        item.update({name: value for name, value in (("default", limits), ("defaultRequest", requests)) if value})


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of limits: their types, the names of resources, and amounts that exceed others."""
    causes: list[Cause] = []
    seen: set[str] = set()
    for position, limit in enumerate((obj.get("spec") or {}).get("limits") or ()):
        path, kind = f"spec.limits[{position}]", limit.get("type") or ""
        causes += _type(kind, f"{path}.type")
        if kind in seen:
            causes.append(messages.duplicate(f"{path}.type", kind))
        seen.add(kind)
        causes += _names(limit, kind, path)
        amounts = {name: limit.get(name) or {} for name in _FIELDS}
        if kind == "Pod":
            amounts |= {"default": {}, "defaultRequest": {}}
        for name in dict.fromkeys(key for each in amounts.values() for key in each):
            causes += _amounts({field: each[name] for field, each in amounts.items() if name in each}, name, path)
    return causes


def _type(kind: str, path: str) -> Iterator[Cause]:
    if problems := is_qualified_name(kind):
        yield from problem_causes(path, kind, problems)
    elif "/" not in kind and kind not in _TYPES:
        yield messages.invalid(path, kind, "must be a standard limit type or fully qualified")


def _names(limit: Object, kind: str, path: str) -> Iterator[Cause]:
    check = container_resource_name_causes if kind in ("Pod", "Container") else resource_name_causes
    needs_bound = kind == "PersistentVolumeClaim" and not _is_bounded(limit)
    for field in _FIELDS:
        if field == "maxLimitRequestRatio" and needs_bound:
            detail = "either minimum or maximum storage value is required, but neither was provided"
            yield messages.required(f"{path}.limits", detail)
        found: Mapping[str, Any] = limit.get(field) or {}
        if kind == "Pod" and field in ("default", "defaultRequest"):
            if found:
                yield messages.forbidden(f"{path}.{field}", "may not be specified when `type` is 'Pod'")
            continue
        for name in found:
            yield from check(name, f"{path}.{field}[{name}]")


def _is_bounded(limit: Object) -> bool:
    return any("storage" in (limit.get(end) or {}) for end in ("min", "max"))


def _amounts(found: Mapping[str, Any], name: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the amounts of one resource."""
    amounts = {field: amount_of(value) for field, value in found.items()}
    for low, high, field, shown, detail in _ORDER:
        if low in found and high in found and amounts[low] > amounts[high]:
            text = detail.format(found[low], found[high])
            yield messages.invalid(f"{path}.{field}[{name}]", found[shown], text)
    yield from _ratio(found, amounts, f"{path}.maxLimitRequestRatio[{name}]")
    limit, request = found.get("default"), found.get("defaultRequest")
    are_both = limit is not None and request is not None
    if are_both and not is_overcommitted(name) and amounts["default"] != amounts["defaultRequest"]:
        detail = f"default value {limit} must equal to defaultRequest value {request} in {name}"
        yield messages.invalid(f"{path}.defaultRequest[{name}]", request, detail)


def _ratio(found: Mapping[str, Any], amounts: Mapping[str, Decimal], path: str) -> Iterator[Cause]:
    ratio = found.get("maxLimitRequestRatio")
    if ratio is None:
        return
    if amounts["maxLimitRequestRatio"] < 1:
        yield messages.invalid(path, ratio, f"ratio {ratio} is less than 1")
    # An absurd amount is not divided.
    are_usual = all(abs(amount.adjusted()) < _LARGEST_POWER for amount in amounts.values())
    if are_usual and amounts.get("min") and "max" in amounts:
        most = amounts["max"] / amounts["min"]
        if amounts["maxLimitRequestRatio"] > most:
            yield messages.invalid(path, ratio, f"ratio {ratio} is greater than max/min = {float(most):f}")


STRATEGIES = (
    Strategy(
        kind="LimitRange",
        default=_default,
        as_kept=_as_kept,
        validate=_validate,
        has_generation=False,
        created_by_update=True,
        columns=CREATED,
    ),
)
