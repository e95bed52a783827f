"""The conditions of FlowSchemas and PriorityLevelConfigurations: each has a type, and no other has the same."""

from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Object


def typed_condition_causes(obj: Object) -> list[Cause]:
    """Return the field errors of the conditions of an object."""
    causes, seen = [], set[str]()
    for position, each in enumerate((obj.get("status") or {}).get("conditions") or ()):
        path, kind = f"status.conditions[{position}].type", each.get("type") or ""
        if kind in seen:
            causes.append(messages.duplicate(path, kind))
        seen.add(kind)
        if not kind:
            causes.append(messages.required(path))
    return causes


def validate_status(obj: Object, old: Object) -> list[Cause]:
    """Return the field errors of conditions."""
    del old
    return typed_condition_causes(obj)
