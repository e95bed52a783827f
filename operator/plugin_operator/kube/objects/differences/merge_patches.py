"""Merge patches (RFC 7386) between JSON documents."""

from collections.abc import Iterator
from typing import Any

from plugin_operator.kube.objects.comparison import same
from plugin_operator.kube.objects.wire import at_field


def merged(document: Any, patch: Any) -> Any:
    """Return ``document`` merged with ``patch``, sharing what the patch does not touch."""
    if not isinstance(patch, dict):
        return patch
    result = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return the merge patch from ``before`` to ``after``, which has no nulls that ``before`` lacks."""
    patch: dict[str, Any] = {key: None for key in before if key not in after}
    for key, value in after.items():
        old = before.get(key)
        if key in before and same(old, value):
            continue
        patch[key] = difference(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return patch


def paths_in(patch: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield the paths of what a patch changes."""
    for key, value in patch.items():
        at = at_field(path, key)
        if isinstance(value, dict) and value:
            yield from paths_in(value, at)
        else:
            yield at
