"""The keys of maps in the paths of msgspec's errors, which have ``[...]`` for any key."""

import re
from collections.abc import Callable, Sequence
from typing import Any

_ANY_KEY = "..."
_STEP = re.compile(r"\[(\.\.\.|\d+)\]|([^.\[\]]+)")


def with_keys(path: str, document: Any, fails: Callable[[Any], bool]) -> str:
    """Return a path with the key of each map on its way, as far as one entry alone makes the document fail.

    Args:
        path: path of a value in the document, such as ``data[...]``.
        document: a document that fails.
        fails: reports whether another document fails in the same way.
    """
    if f"[{_ANY_KEY}]" not in path:
        return path
    for key in _keys(document, [one or other for one, other in _STEP.findall(path)], fails):
        path = path.replace(_ANY_KEY, key, 1)
    return path


def _keys(value: Any, steps: Sequence[str], fails: Callable[[Any], bool]) -> list[str]:
    """Return the keys below a value; ``fails`` takes another value in its place."""
    if not steps:
        return []
    step, rest = steps[0], steps[1:]
    if isinstance(value, list) and step.isdigit() and int(step) < len(value):
        position = int(step)
        around = value[:position], value[position + 1 :]
        return _keys(value[position], rest, lambda new: fails([*around[0], new, *around[1]]))
    if not isinstance(value, dict):
        return []
    if step == _ANY_KEY:
        key = next((key for key, each in value.items() if fails({key: each})), None)
        return [] if key is None else [key, *_keys(value[key], rest, lambda new: fails({key: new}))]
    return _keys(value.get(step), rest, lambda new: fails({**value, step: new}))
