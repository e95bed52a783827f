"""Status conditions, by the rules of apimachinery's ``meta.SetStatusCondition``."""

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any, overload

import msgspec

from plugin_operator.client.models import is_model, to_dict, to_model
from plugin_operator.kube.objects import ApiObject, Struct
from plugin_operator.kube.objects.comparison import same
from plugin_operator.kube.objects.wire import to_wire
from plugin_operator.kube.timestamps import timestamp
from plugin_operator.rendering import class_name

_STATUSES = frozenset({"True", "False", "Unknown"})


def set_condition(obj: Any, type_: str, status: str | bool, reason: str, message: str, *, now: datetime) -> bool:
    """Set one condition in ``obj``, a dict or a typed model, and return whether it changed. Sends no request.

    ``lastTransitionTime`` changes only with ``status``; ``observedGeneration`` is the object's generation.

    Raises:
        ValueError: ``status`` is not True, False or Unknown, or ``reason`` is empty, which the API forbids.
    """
    word: Any = ("True" if status else "False") if isinstance(status, bool) else status
    if not isinstance(word, str) or word not in _STATUSES:
        given = repr(word) if isinstance(word, str) else f"a {class_name(word)}"
        raise ValueError(f"{given} is not the status of a condition: use 'True', 'False' or 'Unknown'")
    if not reason:
        raise ValueError("a condition needs a reason: one word in CamelCase, for machines")
    if isinstance(obj, ApiObject):
        return _set_in_typed(obj, type_, word, reason, message, now=now)
    if is_model(obj):
        return _set_in_model(obj, type_, word, reason, message, now=now)
    wanted: dict[str, Any] = {"type": type_, "status": word, "reason": reason, "message": message}
    generation = obj["metadata"].get("generation")
    if generation is not None:
        wanted["observedGeneration"] = generation
    conditions = obj.setdefault("status", {}).setdefault("conditions", [])
    existing = find_condition(obj, type_)
    if existing is None:
        conditions.append(wanted | {"lastTransitionTime": timestamp(now)})
        return True
    if existing.get("status") != word or not existing.get("lastTransitionTime"):
        wanted["lastTransitionTime"] = timestamp(now)
    changed = any(existing.get(key) != value for key, value in wanted.items())
    existing.update(wanted)
    return changed


def _set_in_model(obj: Any, type_: str, status: str, reason: str, message: str, *, now: datetime) -> bool:
    """Set the condition in the dict of the model, and copy the resulting status back into the model."""
    before = to_dict(obj)
    document = copy.deepcopy(before)
    set_condition(document, type_, status, reason, message, now=now)
    model = obj.openapi_types.get("status")
    if model is None:
        raise TypeError(f"a {type(obj).__name__} has no status")
    found = to_model(msgspec.json.encode(document["status"]), model)
    if to_dict(found) == (before.get("status") or {}):
        return False
    obj.status = found
    return True


def _set_in_typed(obj: ApiObject, type_: str, status: str, reason: str, message: str, *, now: datetime) -> bool:
    """Set the condition in a dict of the conditions, and convert this one back to the class of the conditions."""
    before = _typed_conditions(obj)
    metadata = {"generation": obj.metadata.generation} if obj.metadata.generation else {}
    document = {"metadata": metadata, "status": {"conditions": [to_wire(each) for each in before]}}
    if not set_condition(document, type_, status, reason, message, now=now):
        return False
    try:
        return _put_condition(obj, before, find_condition(document, type_))
    except msgspec.ValidationError as error:
        problem = f"the status of {type(obj).__name__} cannot have this condition: {error}"
        raise TypeError(f"{problem}; declare status.conditions") from None


def _put_condition(obj: Any, before: list[Any], condition: Any) -> bool:
    """Put a condition in the place of the one with its type, or at the end; return whether that changed anything."""
    if obj.status is None or obj.status is msgspec.UNSET:
        obj.status = msgspec.convert({"conditions": [condition]}, _annotation(type(obj), "status"))
        return True
    [made] = msgspec.convert([condition], _annotation(type(obj.status), "conditions"))
    index = next((index for index, each in enumerate(before) if each.type == made.type), len(before))
    if same(before[index : index + 1], [made]):
        return False  # what the class left out on the wire is its default
    obj.status.conditions = [*before[:index], made, *before[index + 1 :]]
    return True


def _annotation(cls: type[Any], name: str) -> Any:
    """Return the type of a field.

    Raises:
        TypeError: the class has no such field.
    """
    for field in msgspec.structs.fields(cls):
        if field.name == name:
            return field.type
    raise TypeError(f"class {cls.__name__} has no field {name}: a condition is in status.conditions")


def _typed_conditions(obj: Any) -> list[Any]:
    _annotation(type(obj), "status")
    conditions = getattr(obj.status, "conditions", None)
    return list(conditions) if isinstance(conditions, list | tuple) else []


@overload
def find_condition(obj: Mapping[str, Any], type_: str) -> dict[str, Any] | None: ...
@overload
def find_condition(obj: ApiObject, type_: str) -> Struct | None: ...
def find_condition(obj: Mapping[str, Any] | ApiObject, type_: str) -> dict[str, Any] | Struct | None:
    """Return the condition of one type, or None. Raises nothing for an object without a status.

    Args:
        obj: a dict or a typed object; the result is a part of it, not a copy.
        type_: type of the condition, for example ``"Ready"``.

    Returns:
        The condition with ``type``, ``status``, ``reason``, ``message`` and ``lastTransitionTime``.
    """
    if isinstance(obj, ApiObject):
        conditions = getattr(getattr(obj, "status", None), "conditions", None)
        found = conditions if isinstance(conditions, list | tuple) else ()
        return next((each for each in found if each.type == type_), None)
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition.get("type") == type_:
            part: dict[str, Any] = condition
            return part
    return None
