"""Status conditions."""

from typing import Any


def condition(obj: dict[str, Any], kind: str) -> dict[str, Any] | None:
    """Return the condition of a type, None if there is none."""
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((entry for entry in conditions if entry["type"] == kind), None)


def set_condition(obj: dict[str, Any], kind: str, status: str, reason: str, message: str, now: str) -> None:
    """Set a condition; its transition time moves only when its status does."""
    present = condition(obj, kind)
    if present is not None:
        if present["status"] != status:
            present["lastTransitionTime"] = now
        present.update({"status": status, "reason": reason, "message": message})
        return
    entry = {"lastTransitionTime": now, "message": message, "reason": reason, "status": status, "type": kind}
    # A fresh CustomResourceDefinition has null here.
    holder = obj.setdefault("status", {})
    holder["conditions"] = [*(holder.get("conditions") or ()), entry]
