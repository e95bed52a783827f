"""Paths of the fields in which two versions of an object differ, without values, which may be Secret data.

A path has the form of those in errors of typed objects: ``data.owner``, ``metadata.annotations[example.com/seen]``.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from plugin_operator.kube.objects.wire import at_field, at_key

Digests = Mapping[str, int]

_MAX_FIELDS = 2_000
_MAX_PATH = 200
_MAX_DEPTH = 50
_PLAIN = re.compile(r"[A-Za-z0-9_-]+\Z").match
# Fields that the API server changes at each write, or that differ between API versions.
_IGNORED = {
    "": frozenset({"apiVersion", "kind"}),
    "metadata": frozenset({"resourceVersion", "generation", "managedFields", "uid", "creationTimestamp"}),
}


def digests(obj: Mapping[str, Any]) -> Digests:
    """Return the hash of each field's value by path; for a large object, of the first fields only."""
    found: dict[str, int] = {}
    for path, value in _leaves("", obj, _MAX_DEPTH):
        if len(found) >= _MAX_FIELDS:
            break
        found[path] = hash(value)
    return found


def changed(old: Digests, new: Digests) -> list[str]:
    """Return the paths whose values differ, or that exist on one side only."""
    return sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))


def _leaves(path: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value and depth:
        for key, each in value.items():
            if key not in _IGNORED.get(path, ()):
                yield from _leaves(_join(path, str(key)), each, depth - 1)
    elif isinstance(value, list) and value and depth:
        for number, each in enumerate(value):
            yield from _leaves(f"{path}[{number}]", each, depth - 1)
    else:
        # An empty or too deeply nested map or list counts as a value.
        yield path[:_MAX_PATH], value if isinstance(value, str | int | float | bool | None) else type(value).__name__


def _join(path: str, key: str) -> str:
    return at_field(path, key) if _PLAIN(key) else at_key(path, key)
