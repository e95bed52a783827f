"""Validation of where a Pod may run: affinity, tolerations, the spread over topologies, gates."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_label, is_label_value, is_qualified_name, messages
from kube_apiserver.validation.forms.members import choice_causes, problem_causes
from kube_apiserver.validation.forms.node_selectors import node_selector_causes, node_term_causes
from kube_apiserver.validation.label_selectors import selector_causes

Object = Mapping[str, Any]
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_ALL = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
_WEIGHT, _MOST_WEIGHT = "must be in the range 1-100", 100
_POLICIES = ("Honor", "Ignore")
_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")
_NO_SELECTOR = "must not be specified when labelSelector is not set"
_BOTH = "exists in both matchLabelKeys and labelSelector"


def affinity_causes(affinity: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``affinity``."""
    nodes = affinity.get("nodeAffinity") or {}
    if (selector := nodes.get(_REQUIRED)) is not None:
        yield from node_selector_causes(selector, f"{path}.nodeAffinity.{_REQUIRED}")
    for position, term in enumerate(nodes.get(_PREFERRED) or ()):
        where = f"{path}.nodeAffinity.{_PREFERRED}[{position}]"
        yield from _weight(term, where)
        yield from node_term_causes(term.get("preference") or {}, f"{where}.preference", checks_values=False)
    for name in ("podAffinity", "podAntiAffinity"):
        terms = affinity.get(name) or {}
        for position, term in enumerate(terms.get(_REQUIRED) or ()):
            yield from _pod_term(term, f"{path}.{name}.{_REQUIRED}[{position}]")
        for position, term in enumerate(terms.get(_PREFERRED) or ()):
            where = f"{path}.{name}.{_PREFERRED}[{position}]"
            yield from _weight(term, where)
            yield from _pod_term(term.get("podAffinityTerm") or {}, f"{where}.podAffinityTerm")


def _weight(term: Object, path: str) -> Iterator[Cause]:
    if not 0 < (weight := term.get("weight", 0)) <= _MOST_WEIGHT:
        yield messages.invalid(f"{path}.weight", weight, _WEIGHT)


def _pod_term(term: Object, path: str) -> Iterator[Cause]:
    yield from selector_causes(term.get("labelSelector"), f"{path}.labelSelector")
    yield from selector_causes(term.get("namespaceSelector"), f"{path}.namespaceSelector")
    for name in term.get("namespaces") or ():
        yield from problem_causes(f"{path}.namespace", name, is_dns1123_label(name))
    yield from _label_keys(term, path)
    key = term.get("topologyKey") or ""
    if not key:
        yield messages.required(f"{path}.topologyKey", "can not be empty")
    yield from problem_causes(f"{path}.topologyKey", key, is_qualified_name(key))


def _label_keys(term: Object, path: str) -> Iterator[Cause]:
    selector = term.get("labelSelector")
    matched, mismatched = term.get("matchLabelKeys") or (), term.get("mismatchLabelKeys") or ()
    for name, keys in (("matchLabelKeys", matched), ("mismatchLabelKeys", mismatched)):
        if keys and selector is None:
            yield messages.forbidden(f"{path}.{name}", _NO_SELECTOR)
        else:
            for position, key in enumerate(keys):
                yield from problem_causes(f"{path}.{name}[{position}]", key, is_qualified_name(key))
    if selector is not None:
        seen = set(selector.get("matchLabels") or ())
        places = {key: position for position, key in enumerate(matched)}
        for requirement in selector.get("matchExpressions") or ():
            key = requirement.get("key") or ""
            if key in places and key in seen:
                yield messages.invalid(f"{path}[{places[key]}]", key, _BOTH)
            seen.add(key)
    for position, key in enumerate(matched):
        if key in mismatched:
            detail = "exists in both matchLabelKeys and mismatchLabelKeys"
            yield messages.invalid(f"{path}.matchLabelKeys[{position}]", key, detail)


def toleration_causes(tolerations: Iterable[Object], path: str) -> Iterator[Cause]:
    """Yield the field errors of ``tolerations``."""
    for position, toleration in enumerate(tolerations):
        where = f"{path}[{position}]"
        key, operator, value, effect = (toleration.get(name) or "" for name in ("key", "operator", "value", "effect"))
        if key:
            yield from problem_causes(f"{where}.key", key, is_qualified_name(key))
        elif operator != "Exists":
            yield messages.invalid(f"{where}.operator", operator, _ALL)
        if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
            detail = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            yield messages.invalid(f"{where}.effect", effect, detail)
        yield from _tolerated(operator, value, where)
        if effect and effect not in _EFFECTS:
            yield messages.not_supported(f"{where}.effect", effect, _EFFECTS)


def _tolerated(operator: str, value: str, path: str) -> Iterator[Cause]:
    match operator:
        case "Equal" | "":
            if problems := is_label_value(value):
                yield messages.invalid(f"{path}.operator", value, ";".join(problems))
        case "Exists":
            if value:
                yield messages.invalid(f"{path}.operator", value, "value must be empty when `operator` is 'Exists'")
        case "Lt" | "Gt":
            yield messages.not_supported(f"{path}.operator", operator, ("Equal", "Exists", "Lt", "Gt"))
        case _:
            yield messages.not_supported(f"{path}.operator", operator, ("Equal", "Exists"))


def spread_causes(constraints: Any, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``topologySpreadConstraints``."""
    for position, constraint in enumerate(constraints):
        where = f"{path}[{position}]"
        key, action = constraint.get("topologyKey") or "", constraint.get("whenUnsatisfiable") or ""
        yield from _positive(constraint.get("maxSkew", 0), f"{where}.maxSkew")
        if not key:
            yield messages.required(f"{where}.topologyKey", "can not be empty")
        if action not in _ACTIONS:
            yield messages.not_supported(f"{where}.whenUnsatisfiable", action, _ACTIONS)
        for other in constraints[position + 1 :]:
            if (other.get("topologyKey") or "", other.get("whenUnsatisfiable") or "") == (key, action):
                yield messages.duplicate(f"{where}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}")
                break
        if (least := constraint.get("minDomains")) is not None:
            yield from _positive(least, f"{where}.minDomains")
            if action != _ACTIONS[0]:
                detail = f"can only use minDomains if whenUnsatisfiable={_ACTIONS[0]}, not {action}"
                yield messages.invalid(f"{where}.minDomains", least, detail)
        yield from choice_causes(constraint, where, "nodeAffinityPolicy", _POLICIES)
        yield from choice_causes(constraint, where, "nodeTaintsPolicy", _POLICIES)
        yield from _label_keys(constraint, where)
        yield from selector_causes(constraint.get("labelSelector"), f"{where}.labelSelector")


def _positive(value: int, path: str) -> Iterator[Cause]:
    if value <= 0:
        yield messages.invalid(path, value, "must be greater than zero")


def gate_causes(spec: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``readinessGates`` and ``schedulingGates``."""
    for position, gate in enumerate(spec.get("readinessGates") or ()):
        kind = gate.get("conditionType") or ""
        yield from problem_causes(f"{path}.readinessGates[{position}].conditionType", kind, is_qualified_name(kind))
    seen: set[str] = set()
    for position, gate in enumerate(spec.get("schedulingGates") or ()):
        where, name = f"{path}.schedulingGates[{position}]", gate.get("name") or ""
        yield from problem_causes(where, name, is_qualified_name(name))
        if name in seen:
            yield messages.duplicate(where, name)
        seen.add(name)
