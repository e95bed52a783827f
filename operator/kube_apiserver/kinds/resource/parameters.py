"""Validation of the parameters that a driver reads, of tolerations and of taints."""

from collections.abc import Iterator, Sequence
from typing import Any

from kube_apiserver import codec
from kube_apiserver.kinds.resource.names import declared_all
from kube_apiserver.schema import Cause, is_label_value, is_qualified_name, messages
from kube_apiserver.strategies import Object
from kube_apiserver.validation.domain_names import declared_driver_causes

_LONGEST, _OMITTED = 10 * 1024, "<value omitted>"
_EFFECTS = ("NoExecute", "NoSchedule", "None")
_OPERATORS = ("Equal", "Exists")


def configuration_causes(configuration: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of a configuration for a driver."""
    opaque, where = configuration.get("opaque"), f"{path}.opaque"
    if opaque is None:
        yield messages.required(where)
        return
    yield from raw_causes(opaque.get("parameters"), f"{where}.parameters", _LONGEST)
    yield from declared_all(declared_driver_causes(opaque.get("driver") or "", f"{where}.driver"))


def raw_causes(value: Any, path: str, longest: int) -> Iterator[Cause]:
    """Yield the field errors of JSON that a driver reads: it is an object."""
    if value is None:
        yield messages.required(path)
    elif len(codec.encode(value)) > longest:
        yield messages.too_long(path, longest)
    elif not isinstance(value, dict):
        yield messages.invalid(path, _OMITTED, "must be a valid JSON object")


def taint_causes(taint: Object, path: str, old: Object | None = None) -> Iterator[Cause]:
    """Yield the field errors of a taint; the effect of the stored one may stay."""
    key, value, effect = (taint.get(name) or "" for name in ("key", "value", "effect"))
    yield from (messages.invalid(f"{path}.key", key, why) for why in is_qualified_name(key))
    yield from (messages.invalid(f"{path}.value", value, why) for why in is_label_value(value))
    if old is not None and (old.get("effect") or "") == effect:
        return
    if not effect:
        yield messages.declared(messages.required(f"{path}.effect"))
    elif effect not in _EFFECTS:
        yield messages.declared(messages.not_supported(f"{path}.effect", effect, _EFFECTS))


def toleration_causes(tolerations: Sequence[Object], path: str) -> Iterator[Cause]:
    """Yield the field errors of tolerations of taints."""
    for position, each in enumerate(tolerations):
        where = f"{path}[{position}]"
        key, value, operator, effect = (each.get(name) or "" for name in ("key", "value", "operator", "effect"))
        if key:
            wrong = (messages.invalid(f"{where}.key", key, why) for why in is_qualified_name(key))
            yield from declared_all(wrong)
        if operator == "Exists" and value:
            yield messages.invalid(f"{where}.value", value, "must be empty for operator `Exists`")
        elif operator == "Equal":
            yield from (messages.invalid(f"{where}.value", value, why) for why in is_label_value(value))
        elif not operator:
            yield messages.declared(messages.required(f"{where}.operator"))
        elif operator not in _OPERATORS:
            yield messages.declared(messages.not_supported(f"{where}.operator", operator, _OPERATORS))
        if effect and effect not in _EFFECTS:
            yield messages.declared(messages.not_supported(f"{where}.effect", effect, _EFFECTS))


def binding_causes(holder: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of the conditions that bind a device, or fail to."""
    bound, failed = (holder.get(name) or () for name in ("bindingConditions", "bindingFailureConditions"))
    for name, given in (("bindingConditions", bound), ("bindingFailureConditions", failed)):
        for at, each in enumerate(given):
            yield from (messages.invalid(f"{path}.{name}[{at}]", each, why) for why in is_qualified_name(each))
    for at, each in enumerate(bound):
        if each in bound[:at]:
            yield messages.duplicate(f"{path}.bindingConditions[{at}]", each)
    for at, each in enumerate(failed):
        where = f"{path}.bindingFailureConditions[{at}]"
        if each in failed[:at]:
            yield messages.duplicate(where, each)
        if each in bound:
            yield messages.invalid(where, each, "bindingFailureConditions must not overlap with bindingConditions")
    if failed and not bound:
        why = "bindingConditions are required to use bindingFailureConditions"
        yield messages.invalid(f"{path}.bindingConditions", None, why)
    if bound and not failed:
        why = "bindingFailureConditions are required to use bindingConditions"
        yield messages.invalid(f"{path}.bindingFailureConditions", None, why)
