"""What autoscaling/v1 has no fields for, as the texts of annotations: metrics, their states, behavior, conditions.

The forms are those of kube-apiserver: metrics as v1 had them once, behavior by the names of its internal Go struct.
"""

import json
from collections.abc import Callable
from typing import Any

from kube_apiserver.schema.quantity import canonical_quantity

Object = dict[str, Any]

_PREFIX = "autoscaling.alpha.kubernetes.io/"
METRICS, CURRENT_METRICS = f"{_PREFIX}metrics", f"{_PREFIX}current-metrics"
BEHAVIOR, CONDITIONS = f"{_PREFIX}behavior", f"{_PREFIX}conditions"
#: Those that no client sets: v1 shows them, v2 never has them.
ALL = (METRICS, BEHAVIOR, f"{_PREFIX}scale-down-tolerance", f"{_PREFIX}scale-up-tolerance", CURRENT_METRICS, CONDITIONS)
OF_STATUS = (CURRENT_METRICS, CONDITIONS)
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_CONDITION = ("type", "status", "lastTransitionTime", "reason", "message", "observedGeneration")
_RULES = ("StabilizationWindowSeconds", "SelectPolicy", "Policies", "Tolerance")
_POLICY = ("Type", "Value", "PeriodSeconds")
_ZERO = "0"


def encoded(value: Any) -> str:
    """Return the JSON of a value as Go writes it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char, escape in _ESCAPED.items():
        text = text.replace(char, escape)
    return text


def decoded(text: str | None) -> Any:
    """Return the value of a JSON text, None if it is none."""
    try:
        return json.loads(text or "")
    except (ValueError, RecursionError):
        return None


def decoded_items(text: str | None, read: Callable[[Object], Object]) -> list[Object] | None:
    """Return the items of a list in a JSON text; None if it is no list of objects, which kube-apiserver ignores."""
    items = decoded(text)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return None
    try:
        return [read(item) for item in items]
    except (AttributeError, TypeError, ValueError):  # a member of another type
        return None


def metric_to_v1(metric: Object) -> Object:
    """Return a metric of v2 as the annotation of v1 has it."""
    shown: Object = {"type": metric.get("type") or ""}
    if (source := metric.get("object")) is not None:
        target, called = source.get("target") or {}, source.get("metric") or {}
        shown["object"] = {
            "target": _reference(source.get("describedObject") or {}),
            "metricName": called.get("name") or "",
            "targetValue": target.get("value") or _ZERO,
            **_given(selector=_selector(called), averageValue=target.get("averageValue")),
        }
    if (source := metric.get("pods")) is not None:
        called, average = source.get("metric") or {}, (source.get("target") or {}).get("averageValue") or _ZERO
        head = {"metricName": called.get("name") or "", "targetAverageValue": average}
        shown["pods"] = head | _given(selector=_selector(called))
    for name in ("resource", "containerResource"):
        if (source := metric.get(name)) is not None:
            target = source.get("target") or {}
            share, average = target.get("averageUtilization"), target.get("averageValue")
            shown[name] = {
                "name": source.get("name") or "",
                **_given(targetAverageUtilization=share, targetAverageValue=average),
                **_container(source, name),
            }
    if (source := metric.get("external")) is not None:
        target, called = source.get("target") or {}, source.get("metric") or {}
        shown["external"] = {"metricName": called.get("name") or ""} | _given(
            metricSelector=_selector(called),
            targetValue=target.get("value"),
            targetAverageValue=target.get("averageValue"),
        )
    return shown


def metric_to_v2(metric: Object) -> Object:
    """Return a metric of the annotation as v2 has it."""
    found: Object = {"type": metric.get("type") or ""}
    if (source := metric.get("object")) is not None:
        value, average = _amount(source.get("targetValue")), _amount(source.get("averageValue"), None)
        kept = value if average is None or value != _ZERO else None
        target = {"type": "Value" if average is None else "AverageValue"} | _given(value=kept, averageValue=average)
        described = _reference(source.get("target") or {})
        found["object"] = {"describedObject": described, "target": target, "metric": _called(source, "selector")}
    if (source := metric.get("pods")) is not None:
        target = {"type": "AverageValue", **_given(averageValue=_amount(source.get("targetAverageValue")))}
        found["pods"] = {"metric": _called(source, "selector"), "target": target}
    for name in ("resource", "containerResource"):
        if (source := metric.get(name)) is not None:
            share, average = source.get("targetAverageUtilization"), _amount(source.get("targetAverageValue"), None)
            target = {"type": "AverageValue" if share is None else "Utilization"} | _given(
                averageValue=average, averageUtilization=share
            )
            found[name] = {"name": source.get("name") or "", "target": target, **_container(source, name)}
    if (source := metric.get("external")) is not None:
        value, average = (_amount(source.get(name), None) for name in ("targetValue", "targetAverageValue"))
        target = {"type": "AverageValue" if value is None else "Value"} | _given(value=value, averageValue=average)
        found["external"] = {"metric": _called(source, "metricSelector"), "target": target}
    return found


def state_to_v1(metric: Object) -> Object:
    """Return the state of a metric of v2 as the annotation of v1 has it."""
    shown: Object = {"type": metric.get("type") or ""}
    if (source := metric.get("object")) is not None:
        current, called = source.get("current") or {}, source.get("metric") or {}
        shown["object"] = {
            "target": _reference(source.get("describedObject") or {}),
            "metricName": called.get("name") or "",
            "currentValue": current.get("value") or _ZERO,
            **_given(selector=_selector(called), averageValue=current.get("averageValue")),
        }
    if (source := metric.get("pods")) is not None:
        called, average = source.get("metric") or {}, (source.get("current") or {}).get("averageValue") or _ZERO
        head = {"metricName": called.get("name") or "", "currentAverageValue": average}
        shown["pods"] = head | _given(selector=_selector(called))
    for name in ("resource", "containerResource"):
        if (source := metric.get(name)) is not None:
            current = source.get("current") or {}
            shown[name] = {
                "name": source.get("name") or "",
                **_given(currentAverageUtilization=current.get("averageUtilization")),
                "currentAverageValue": current.get("averageValue") or _ZERO,
                **_container(source, name),
            }
    if (source := metric.get("external")) is not None:
        current, called = source.get("current") or {}, source.get("metric") or {}
        shown["external"] = {
            "metricName": called.get("name") or "",
            **_given(metricSelector=_selector(called)),
            "currentValue": current.get("value") or _ZERO,
            **_given(currentAverageValue=current.get("averageValue")),
        }
    return shown


def state_to_v2(metric: Object) -> Object:
    """Return the state of a metric of the annotation as v2 has it."""
    found: Object = {"type": metric.get("type") or ""}
    if (source := metric.get("object")) is not None:
        current = {"value": _amount(source.get("currentValue"))} | _given(
            averageValue=_amount(source.get("averageValue"), None)
        )
        described = _reference(source.get("target") or {})
        found["object"] = {"metric": _called(source, "selector"), "current": current, "describedObject": described}
    if (source := metric.get("pods")) is not None:
        current = {"averageValue": _amount(source.get("currentAverageValue"))}
        found["pods"] = {"metric": _called(source, "selector"), "current": current}
    for name in ("resource", "containerResource"):
        if (source := metric.get(name)) is not None:
            current = {"averageValue": _amount(source.get("currentAverageValue"))} | _given(
                averageUtilization=source.get("currentAverageUtilization")
            )
            found[name] = {"name": source.get("name") or "", "current": current, **_container(source, name)}
    if (source := metric.get("external")) is not None:
        current = {"value": _amount(source.get("currentValue"))} | _given(
            averageValue=_amount(source.get("currentAverageValue"), None)
        )
        found["external"] = {"metric": _called(source, "metricSelector"), "current": current}
    return found


def condition_to_v1(condition: Object) -> Object:
    """Return a condition of v2 as the annotation of v1 has it."""
    time = condition.get("lastTransitionTime")
    kept = {name: condition[name] for name in _CONDITION if condition.get(name) not in (None, "")}
    ordered = {"type": "", "status": "", "lastTransitionTime": time} | kept
    return {name: ordered[name] for name in _CONDITION if name in ordered}


def condition_to_v2(condition: Object) -> Object:
    """Return a condition of the annotation as v2 has it."""
    return condition_to_v1(condition)


def behavior_to_v1(behavior: Object) -> Object:
    """Return the behavior of v2 as the annotation of v1 has it: by the names of Go's fields."""
    return {name: _rules_to_v1(behavior.get(f"s{name[1:]}")) for name in ("ScaleUp", "ScaleDown")}


def _rules_to_v1(rules: Object | None) -> Object | None:
    if rules is None:
        return None
    shown = {name: rules.get(f"{name[0].lower()}{name[1:]}") for name in _RULES}
    if shown["Policies"] is not None:
        shown["Policies"] = [
            {name: each.get(f"{name[0].lower()}{name[1:]}") for name in _POLICY} for each in shown["Policies"]
        ]
    return shown


def behavior_to_v2(behavior: Any) -> Object | None:
    """Return the behavior of an annotation as v2 has it, None if it says nothing."""
    if not isinstance(behavior, dict):
        return None
    named = _lower_first(behavior)
    found = {name: named[name] for name in ("scaleUp", "scaleDown") if isinstance(named.get(name), dict)}
    return found or None


def _lower_first(value: Any) -> Any:
    """Return a value without its nulls, each key with a small first letter."""
    if isinstance(value, dict):
        return {f"{key[:1].lower()}{key[1:]}": _lower_first(item) for key, item in value.items() if item is not None}
    return [_lower_first(item) for item in value] if isinstance(value, list) else value


def _given(**members: Any) -> Object:
    return {name: value for name, value in members.items() if value is not None}


def _container(source: Object, name: str) -> Object:
    return {"container": source.get("container") or ""} if name == "containerResource" else {}


def _reference(reference: Object) -> Object:
    version = reference.get("apiVersion")
    head = {"kind": reference.get("kind") or "", "name": reference.get("name") or ""}
    return head | ({"apiVersion": version} if version else {})


def _selector(called: Object) -> Object | None:
    selector = called.get("selector")
    if selector is None:
        return None
    labels = selector.get("matchLabels")
    shown: Object = {"matchLabels": dict(sorted(labels.items()))} if labels else {}
    if requirements := selector.get("matchExpressions"):
        shown["matchExpressions"] = [
            {"key": each.get("key") or "", "operator": each.get("operator") or ""}
            | ({"values": each["values"]} if each.get("values") else {})
            for each in requirements
        ]
    return shown


def _called(source: Object, selector: str) -> Object:
    return {"name": source.get("metricName") or ""} | _given(selector=source.get(selector))


def _amount(value: Any, absent: str | None = _ZERO) -> str | None:
    return absent if value is None else canonical_quantity(value)
