"""Status conditions, by the rules of apimachinery's ``meta.SetStatusCondition``."""

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from plugin_operator.client.models import is_model, to_dict, to_model

_STATUSES = frozenset({"True", "False", "Unknown"})


def set_condition(obj: Any, type_: str, status: str | bool, reason: str, message: str, *, now: datetime) -> bool:
    """Set one condition in ``obj``, a dict or a typed model, and return whether it changed. Sends no request.

    ``lastTransitionTime`` changes only with ``status``; ``observedGeneration`` is the object's generation.

    Raises:
        ValueError: ``status`` is not True, False or Unknown, or ``reason`` is empty, which the API forbids.
    """
    word = ("True" if status else "False") if isinstance(status, bool) else status
    if word not in _STATUSES:
        raise ValueError(f"{status!r} is not the status of a condition: use 'True', 'False' or 'Unknown'")
    if not reason:
        raise ValueError("a condition needs a reason: one word in CamelCase, for machines")
    if is_model(obj):
        return _set_in_model(obj, type_, word, reason, message, now=now)
    wanted: dict[str, Any] = {"type": type_, "status": word, "reason": reason, "message": message}
    generation = obj["metadata"].get("generation")
    if generation is not None:
        wanted["observedGeneration"] = generation
    conditions = obj.setdefault("status", {}).setdefault("conditions", [])
    existing = find_condition(obj, type_)
    if existing is None:
        conditions.append(wanted | {"lastTransitionTime": _time(now)})
        return True
    if existing.get("status") != word or not existing.get("lastTransitionTime"):
        wanted["lastTransitionTime"] = _time(now)
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


def find_condition(obj: Mapping[str, Any], type_: str) -> dict[str, Any] | None:
    """Return the condition of one type, or None. Raises nothing for an object without a status.

    Args:
        obj: a dict; the result is a part of it, not a copy.
        type_: type of the condition, for example ``"Ready"``.

    Returns:
        The condition with ``type``, ``status``, ``reason``, ``message`` and ``lastTransitionTime``.
    """
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition.get("type") == type_:
            found: dict[str, Any] = condition
            return found
    return None


def _time(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")
