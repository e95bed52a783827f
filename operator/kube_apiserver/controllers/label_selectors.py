"""Label selectors of objects, in the string form of requests."""

from collections.abc import Mapping
from typing import Any


def selector_text(selector: Any) -> str:
    """Return the string form of a label selector, which may be a string or an object."""
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
