"""Label selectors that are part of objects, as the text that requests use."""

from collections.abc import Mapping
from typing import Any


def selector_text(selector: Any) -> str:
    """Return a label selector, written as text or as an object, as text."""
    if not isinstance(selector, Mapping):
        return str(selector)
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
    terms = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    terms.extend(_expression(entry) for entry in selector.get("matchExpressions") or ())
    return ",".join(terms)


def _expression(entry: Mapping[str, Any]) -> str:
    key, operator, values = entry["key"], entry["operator"], ",".join(sorted(entry.get("values") or ()))
    match operator:
        case "Exists":
            return str(key)
        case "DoesNotExist":
            return f"!{key}"
    return f"{key} {operator.lower()} ({values})"
