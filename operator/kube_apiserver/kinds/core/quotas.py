"""ResourceQuotas. This server stores them only: it counts nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_qualified_name, messages
from kube_apiserver.strategies import Deletion, Object, Strategy
from kube_apiserver.validation.fixed_values import IMMUTABLE
from kube_apiserver.validation.resource_names import COMPUTED, STANDARD, amount_causes

_OF_PODS = frozenset(("pods", *COMPUTED))
#: The resources that each scope may limit.
_SCOPES: Mapping[str, frozenset[str]] = {
    "Terminating": _OF_PODS,
    "NotTerminating": _OF_PODS,
    "BestEffort": frozenset({"pods"}),
    "NotBestEffort": _OF_PODS,
    "PriorityClass": _OF_PODS,
    "CrossNamespacePodAffinity": _OF_PODS,
    "VolumeAttributesClass": frozenset({"persistentvolumeclaims", "requests.storage"}),
}
_ALWAYS = frozenset(_SCOPES) - {"PriorityClass", "VolumeAttributesClass"}
_PAIRS = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_MUST_EXIST = (
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
    "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
)


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of hard, scopes and scopeSelector."""
    spec = obj.get("spec") or {}
    hard, scopes = spec.get("hard") or {}, spec.get("scopes") or []
    causes: list[Cause] = []
    for name, quantity in hard.items():
        causes += _limit(name, quantity, f"spec.hard[{name}]")
    if scopes:
        causes += _scopes(hard, scopes)
    if (selector := spec.get("scopeSelector")) is not None:
        causes += _selector(hard, selector, scopes)
    return causes


def _limit(name: str, quantity: str, path: str) -> Iterator[Cause]:
    problems = is_qualified_name(name)
    yield from (messages.invalid(path, name, why) for why in problems)
    if "/" not in name and name not in STANDARD and not name.startswith(("hugepages-", "requests.hugepages-")):
        if not problems and name != "storage":
            yield messages.invalid(path, name, "must be a standard resource type or fully qualified")
        yield messages.invalid(path, name, "must be a standard resource for quota")
    yield from amount_causes(name, quantity, path)


def _scopes(hard: Object, scopes: list[str]) -> Iterator[Cause]:
    path = "spec.scopes"
    for scope in scopes:
        if scope not in _SCOPES:
            yield messages.invalid(path, scopes, "unsupported scope")
        for _ in _unlimited(hard, scope):
            yield messages.invalid(path, scopes, "unsupported scope applied to resource")
    yield from _conflicts(scopes, scopes)


def _unlimited(hard: Object, scope: str) -> list[str]:
    """Return the limited resources that a scope cannot limit."""
    return [name for name in sorted(hard) if name in STANDARD and name not in _SCOPES.get(scope, STANDARD)]


def _conflicts(scopes: list[str], shown: list[str]) -> Iterator[Cause]:
    for pair in _PAIRS:
        if set(pair) <= set(scopes):
            yield messages.invalid("spec.scopes", shown or None, "conflicting scopes")


def _selector(hard: Object, selector: Object, scopes: list[str]) -> Iterator[Cause]:
    path = "spec.scopeSelector.matchExpressions"
    requirements = selector.get("matchExpressions") or []
    for requirement in requirements:
        scope, operator = requirement.get("scopeName") or "", requirement.get("operator") or ""
        values = requirement.get("values") or []
        if scope not in _SCOPES:
            yield messages.invalid(f"{path}.scopeName", scope, "unsupported scope")
        for _ in _unlimited(hard, scope):
            yield messages.invalid(path, _shown(requirements), "unsupported scope applied to resource")
        if scope in _ALWAYS and operator != "Exists":
            yield messages.invalid(f"{path}.operator", operator, _MUST_EXIST)
        if operator in ("In", "NotIn") and not values:
            detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
            yield messages.required(f"{path}.values", detail)
        elif operator in ("Exists", "DoesNotExist") and values:
            detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
            yield messages.invalid(f"{path}.values", values, detail)
        elif operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            yield messages.invalid(f"{path}.operator", operator, "not a valid selector operator")
    yield from _conflicts([one.get("scopeName") or "" for one in requirements], scopes)


def _shown(requirements: list[Object]) -> dict[str, Any]:
    """Return a selector as Go shows its internal form."""
    names = ("ScopeName", "Operator", "Values")
    shown = [{name: each.get(name[0].lower() + name[1:]) for name in names} for each in requirements]
    return {"MatchExpressions": shown}


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of scopes."""
    before, after = ((each.get("spec") or {}).get("scopes") or [] for each in (old, new))
    return [] if set(before) == set(after) else [messages.invalid("spec.scopes", after or None, IMMUTABLE)]


def _validate_status(new: Object, old: Object) -> list[Cause]:
    """Return the field errors of hard and used."""
    del old
    status = new.get("status") or {}
    return [
        cause
        for field in ("hard", "used")
        for name, quantity in (status.get(field) or {}).items()
        for cause in _limit(name, quantity, f"status.{field}[{name}]")
    ]


STRATEGIES = (
    Strategy(
        kind="ResourceQuota",
        validate=_validate,
        validate_update=_validate_update,
        validate_status=_validate_status,
        has_generation=False,
        deletion=Deletion(returns_object=True),
    ),
)
