"""Status conditions: lookup, update and validation."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_qualified_name, messages

_STATUSES = ("False", "True", "Unknown")
_REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
_REASON_RULE = (
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric "
    "characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  "
    "or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is "
    f"'{_REASON}')"
)
_LONGEST_REASON, _LONGEST_MESSAGE = 1024, 32768


def condition(obj: dict[str, Any], kind: str) -> dict[str, Any] | None:
    """Return the condition of type ``kind``, None if there is none."""
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((entry for entry in conditions if entry["type"] == kind), None)


def set_condition(obj: dict[str, Any], kind: str, status: str, reason: str, message: str, now: str) -> None:
    """Set a condition. Its lastTransitionTime changes only when its status does."""
    present = condition(obj, kind)
    if present is not None:
        if present["status"] != status:
            present["lastTransitionTime"] = now
        present.update({"status": status, "reason": reason, "message": message})
        return
    entry = {"lastTransitionTime": now, "message": message, "reason": reason, "status": status, "type": kind}
    # The conditions of a new CustomResourceDefinition are null.
    holder = obj.setdefault("status", {})
    holder["conditions"] = [*(holder.get("conditions") or ()), entry]


def condition_causes(status: Mapping[str, Any]) -> list[Cause]:
    """Return the field errors of conditions of the common type ``metav1.Condition``.

    The rules follow apimachinery's ``ValidateConditions``.
    """
    causes: list[Cause] = []
    seen: set[str] = set()
    for position, entry in enumerate(status.get("conditions") or ()):
        path, kind = f"status.conditions[{position}]", entry.get("type") or ""
        if kind in seen:
            causes.append(messages.duplicate(path, kind))
        seen.add(kind)
        if not kind:
            causes.append(messages.required(f"{path}.type", "is required"))
        else:
            causes += [messages.invalid(f"{path}.type", kind, why) for why in is_qualified_name(kind)]
        causes += _entry_causes(entry, path)
    return causes


def status_condition_causes(obj: Mapping[str, Any], old: Mapping[str, Any]) -> list[Cause]:
    """Return the field errors of conditions."""
    del old
    return condition_causes(obj.get("status") or {})


def _entry_causes(entry: Mapping[str, Any], path: str) -> Iterator[Cause]:
    status, reason, message = entry.get("status") or "", entry.get("reason") or "", entry.get("message") or ""
    if not status:
        yield messages.required(f"{path}.status")
    elif status not in _STATUSES:
        yield messages.not_supported(f"{path}.status", status, _STATUSES)
    if (entry.get("observedGeneration") or 0) < 0:
        yield messages.invalid(
            f"{path}.observedGeneration", entry["observedGeneration"], "must be greater than or equal to zero"
        )
    if not entry.get("lastTransitionTime"):
        yield messages.required(f"{path}.lastTransitionTime")
    if not reason:
        yield messages.required(f"{path}.reason")
    else:
        yield from reason_causes(reason, f"{path}.reason")
    for name, text, limit in (("reason", reason, _LONGEST_REASON), ("message", message, _LONGEST_MESSAGE)):
        if len(text) > limit:
            yield messages.too_long(f"{path}.{name}", limit)


def reason_causes(reason: str, path: str) -> Iterator[Cause]:
    """Yield the field error of a reason that is set and has not the form of one."""
    if reason and not re.fullmatch(_REASON, reason, re.ASCII):
        yield messages.invalid(path, reason, _REASON_RULE)
