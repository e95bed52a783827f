"""HorizontalPodAutoscalers of both versions. autoscaling/v2 is stored; ``versions`` says how v1 shows it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import structs

from kube_apiserver import codec
from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.kinds.autoscaling.versions import (
    as_v1_shows,
    to_v1,
    to_v2,
    with_fields_of,
    without_annotations,
    without_state,
)
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.printer_columns.formats import NONE, UNKNOWN
from kube_apiserver.schema import Cause, is_dns1123_label, is_path_segment, messages
from kube_apiserver.schema.quantity import amount_of
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Conversion, Draft, Object, Strategy
from kube_apiserver.validation.containers.resources import container_resource_name_causes
from kube_apiserver.validation.forms.members import choice_causes, problem_causes
from kube_apiserver.validation.quantities import not_negative_causes
from kube_apiserver.validation.status_counters import Counters

_SOURCES = ("ContainerResource", "External", "Object", "Pods", "Resource")
#: What the rules of a behavior are where they do not say otherwise.
_SCALING: dict[str, dict[str, Any]] = {
    "scaleUp": {
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15},
        ],
    },
    "scaleDown": {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
}
_COUNTERS = Counters(("currentReplicas", "desiredReplicas"))
_CHECKED = ("object", "external", "pods", "resource", "containerResource")
_LONGEST_WINDOW, _LONGEST_PERIOD = 3600, 1800
_TO_ZERO = "must specify at least one Object or External metric to support scaling to zero replicas"


def _default(obj: Draft) -> None:
    """Set minReplicas, the CPU metric if there is none, and what behavior leaves out."""
    without_annotations(obj)
    spec = member(obj, "spec")
    fill(spec, minReplicas=1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    if (behavior := spec.get("behavior")) is not None:
        for name, rules in _SCALING.items():
            fill(member(behavior, name), **codec.copied(rules))


def _default_v1(obj: Draft) -> None:
    """Set minReplicas, and targetCPUUtilizationPercentage, which is the default metric of v2."""
    fill(member(obj, "spec"), minReplicas=1)
    obj.update(as_v1_shows(obj))


def _prepare_v1(obj: Draft, store: Store) -> None:
    """Set no annotations of a status, which the creator cannot set."""
    del store
    without_state(obj)


def _prepare_v1_update(old: Object, new: Draft) -> None:
    """Set the annotations to those of the spec and the status that are stored afterwards."""
    new.update(with_fields_of(old, new))


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of minReplicas, maxReplicas, scaleTargetRef and the types of metrics."""
    spec = obj.get("spec") or {}
    least, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    causes: list[Cause] = []
    if least is not None and least < 0:
        wrong = messages.invalid("spec.minReplicas", least, "must be greater than or equal to 0")
        causes.append(messages.declared(wrong))
    if not most:
        causes.append(messages.declared(messages.required("spec.maxReplicas")))
    elif most < 0:
        wrong = messages.invalid("spec.maxReplicas", most, "must be greater than or equal to 1")
        causes.append(messages.declared(wrong))
    if least is not None and most < least:
        detail = "must be greater than or equal to `minReplicas`"
        causes.append(messages.invalid("spec.maxReplicas", most, detail))
    causes += _reference(spec.get("scaleTargetRef") or {}, "spec.scaleTargetRef")
    metrics = spec.get("metrics") or ()
    for position, metric in enumerate(metrics):
        causes += _metric(metric, f"spec.metrics[{position}]")
    if least == 0 and not any(metric.get("type") in ("External", "Object") for metric in metrics):
        causes.append(messages.forbidden("spec.metrics", _TO_ZERO))
    for name, rules in (spec.get("behavior") or {}).items():
        causes += _rules(rules or {}, f"spec.behavior.{name}")
    return causes


def _validate_v1(obj: Object) -> list[Cause]:
    """Return the field errors of what an object is in v2."""
    return _validate(to_v2(dict(obj)))


def _validate_status(obj: Object, old: Object) -> list[Cause]:
    """Return the field errors of negative counters and negative generations of conditions."""
    causes = _COUNTERS.causes(obj, old)
    conditions = (obj.get("status") or {}).get("conditions") or ()
    for position, condition in enumerate(conditions):
        if (seen := condition.get("observedGeneration") or 0) < 0:
            where = f"status.conditions[{position}].observedGeneration"
            causes.append(messages.declared(messages.invalid(where, seen, "must be greater than or equal to 0")))
    return causes


def _reference(reference: Object, path: str, *, needs_group: bool = True) -> Iterator[Cause]:
    for name in ("kind", "name"):
        value = reference.get(name) or ""
        if not value:
            yield messages.required(f"{path}.{name}")
        yield from (messages.invalid(f"{path}.{name}", value, why) for why in is_path_segment(value))
    version = reference.get("apiVersion") or ""
    if version.count("/") > 1:
        yield messages.invalid(f"{path}.apiVersion", version, f"unexpected GroupVersion string: {version}")
    elif needs_group and "/" not in version:
        yield messages.invalid(f"{path}.apiVersion", version, "apiVersion must specify API group")


def _metric(metric: Object, path: str) -> Iterator[Cause]:
    kind = metric.get("type") or ""
    if not kind:
        yield messages.required(f"{path}.type", "must specify a metric source type")
    if kind not in _SOURCES:
        yield messages.not_supported(f"{path}.type", kind, _SOURCES)
    yield from _source(metric, path)
    source = kind[0].lower() + kind[1:] if kind in _SOURCES else ""
    if not source:
        yield messages.not_supported(f"{path}.type", kind, _SOURCES)
    elif metric.get(source) is None:
        yield messages.required(f"{path}.{source}", "must populate information for the given metric source")
    present = [name for name in _CHECKED if metric.get(name) is not None]
    if len(present) > 1:
        detail = "must populate the given metric source only"
        yield from (messages.forbidden(f"{path}.{name}", detail) for name in present if name != source)


def _source(metric: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of the first source of a metric, in the order of kube-apiserver."""
    if (name := next((name for name in _CHECKED if metric.get(name) is not None), None)) is None:
        return
    source, where = metric[name], f"{path}.{name}"
    if name == "object":
        yield from _reference(source.get("describedObject") or {}, f"{where}.describedObject", needs_group=False)
    if name in ("object", "external", "pods"):
        called = (source.get("metric") or {}).get("name") or ""
        if not called:
            yield messages.required(f"{where}.metric.name", "must specify a metric name")
        yield from problem_causes(f"{where}.metric.name", called, is_path_segment(called))
    else:
        yield from _resource(source, name, where)
    target = source.get("target") or {}
    yield from _metric_target(target, f"{where}.target")
    yield from _values(name, target, f"{where}.target")


def _resource(source: Object, name: str, path: str) -> Iterator[Cause]:
    resource, container = source.get("name") or "", source.get("container") or ""
    if not resource:
        yield messages.required(f"{path}.name", "must specify a resource name")
    elif name == "containerResource":
        yield from container_resource_name_causes(resource, f"{path}.name")
    if name == "containerResource":
        if not container:
            yield messages.required(f"{path}.container", "must specify a container")
        yield from problem_causes(f"{path}.container", container, is_dns1123_label(container) if container else ())


def _metric_target(target: Object, path: str) -> Iterator[Cause]:
    kind = target.get("type") or ""
    if not kind:
        yield messages.required(f"{path}.type", "must specify a metric target type")
    if kind not in ("Utilization", "Value", "AverageValue"):
        yield messages.invalid(f"{path}.type", kind, "must be either Utilization, Value, or AverageValue")
    for name in ("value", "averageValue"):
        if (value := target.get(name)) is not None and amount_of(value) <= 0:
            yield messages.invalid(f"{path}.{name}", value, "must be positive")
    if (share := target.get("averageUtilization")) is not None and share < 1:
        yield messages.invalid(f"{path}.averageUtilization", share, "must be greater than 0")


def _values(name: str, target: Object, path: str) -> Iterator[Cause]:
    value, average, share = (target.get(each) is not None for each in ("value", "averageValue", "averageUtilization"))
    match name:
        case "object":
            if not value and not average:
                yield messages.required(f"{path}.averageValue", "must set either a target value or averageValue")
        case "external":
            if not value and not average:
                detail = "must set either a target value for metric or a per-pod target"
                yield messages.required(f"{path}.averageValue", detail)
            if value and average:
                detail = "may not set both a target value for metric and a per-pod target"
                yield messages.forbidden(f"{path}.value", detail)
        case "pods":
            if not average:
                yield messages.required(f"{path}.averageValue", "must specify a positive target averageValue")
        case _:
            if not share and not average:
                detail = "must set either a target raw value or a target utilization"
                yield messages.required(f"{path}.averageUtilization", detail)
            if share and average:
                detail = "may not set both a target raw value and a target utilization"
                yield messages.forbidden(f"{path}.averageValue", detail)


def _rules(rules: Object, path: str) -> Iterator[Cause]:
    window, policies = rules.get("stabilizationWindowSeconds") or 0, rules.get("policies") or ()
    if not 0 <= window <= _LONGEST_WINDOW:
        detail = "greater than or equal to zero" if window < 0 else f"less than or equal to {_LONGEST_WINDOW}"
        yield messages.invalid(f"{path}.stabilizationWindowSeconds", window, f"must be {detail}")
    yield from choice_causes(rules, path, "selectPolicy", ("Disabled", "Max", "Min"))
    if not policies:
        yield messages.required(f"{path}.policies", "must specify at least one Policy")
    for position, policy in enumerate(policies):
        where = f"{path}.policies[{position}]"
        yield from choice_causes({"type": "", **policy}, where, "type", ("Percent", "Pods"))
        for name in ("value", "periodSeconds"):
            if (number := policy.get(name) or 0) <= 0:
                yield messages.invalid(f"{where}.{name}", number, "must be greater than zero")
        if (period := policy.get("periodSeconds") or 0) > _LONGEST_PERIOD:
            detail = f"must be less than or equal to {_LONGEST_PERIOD}"
            yield messages.invalid(f"{where}.periodSeconds", period, detail)
    yield from not_negative_causes(rules.get("tolerance") or "0", f"{path}.tolerance")


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a HorizontalPodAutoscaler."""
    name, spec, status = parts(obj)
    target = spec.get("scaleTargetRef") or {}
    reference = f"{target.get('kind', '')}/{target.get('name', '')}"
    low = spec.get("minReplicas")
    counts = ["<unset>" if low is None else str(low), spec.get("maxReplicas", 0), status.get("currentReplicas", 0)]
    return [name, reference, _targets(spec, status), *counts, age_cell(obj, now)]


def _targets(spec: Object, status: Object) -> str:
    shown = []
    current = status.get("currentMetrics") or []
    for position, metric in enumerate(spec.get("metrics") or ()):
        kind = str(metric.get("type", ""))
        source = metric.get(kind[:1].lower() + kind[1:]) or {}
        seen = current[position] if position < len(current) else {}
        now = (seen.get(kind[:1].lower() + kind[1:]) or {}).get("current") or {}
        shown.append(_target(str(source.get("name", "")), source.get("target") or {}, now))
    return ", ".join(shown[:2]) + (f" + {len(shown) - 2} more..." if len(shown) > 2 else "") if shown else NONE


def _target(name: str, target: Object, current: Object) -> str:
    if target.get("averageUtilization") is not None:
        seen = current.get("averageUtilization")
        now = UNKNOWN if seen is None else f"{seen}%"
        return f"{name}: {now}/{target['averageUtilization']}%"
    field = "averageValue" if target.get("averageValue") else "value"
    suffix = " (avg)" if field == "averageValue" else ""
    prefix = f"{name}: " if name else ""
    return f"{prefix}{current.get(field) or UNKNOWN}/{target.get(field)}{suffix}"


_V2 = Strategy(
    group="autoscaling",
    kind="HorizontalPodAutoscaler",
    default=_default,
    validate=_validate,
    sees_empty=tuple(("spec", "behavior", name, "policies") for name in _SCALING),
    validate_status=_validate_status,
    stored_null=(("status", "currentMetrics"),),
    columns=columns("Name/name|Reference|Targets|MinPods|MaxPods|Replicas|Age", _cells),
)
_V1 = structs.replace(
    _V2,
    version="v1",
    default=_default_v1,
    prepare_create=_prepare_v1,
    prepare_update=_prepare_v1_update,
    validate=_validate_v1,
    conversion=Conversion(to_v1, to_v2),
)
STRATEGIES = (_V2, _V1)
