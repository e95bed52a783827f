"""The JSONPath subset of ``additionalPrinterColumns``: members, indexes, wildcards and simple filters."""

import re
from typing import Any

_STEP = re.compile(
    r"""\.\.?(?P<name>[A-Za-z0-9_\-/]+(?:\\\.[A-Za-z0-9_\-/]+)*)|\.\*|\[(?P<inside>(?:'[^']*'|"[^"]*"|[^\]])+)\]"""
)
_FILTER = re.compile(r"""\?\(\s*@(?P<path>[^=!<>]*?)\s*(?P<op>==|!=)\s*(?P<value>.+?)\s*\)""")


def find(path: str, obj: Any) -> list[Any]:
    """Return the values at a path such as ``.status.conditions[?(@.type=="Ready")].status``.

    Unsupported syntax yields no values, because a printer column must not break a list.
    """
    values = [obj]
    text = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    for step in _STEP.finditer(text if text.startswith((".", "[")) else f".{text}"):
        values = [found for value in values for found in _step(step, value)]
    return values


def _step(step: re.Match[str], value: Any) -> list[Any]:
    inside = step["inside"]
    if step["name"] is not None:
        return _member(value, step["name"].replace("\\.", "."))
    if inside is None or inside == "*":
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if inside[0] in "'\"":
        return _member(value, inside[1:-1].replace("\\.", "."))
    condition = _FILTER.fullmatch(inside)
    if condition:
        return [item for item in value if _holds(condition, item)] if isinstance(value, list) else []
    return _indexed(value, inside)


def _member(value: Any, name: str) -> list[Any]:
    return [value[name]] if isinstance(value, dict) and name in value else []


def _holds(condition: re.Match[str], item: Any) -> bool:
    found = find(condition["path"], item) if condition["path"] else [item]
    wanted = condition["value"].strip("'\"")
    same = any(str(one).lower() == wanted.lower() if isinstance(one, bool) else str(one) == wanted for one in found)
    return same == (condition["op"] == "==")


def _indexed(value: Any, text: str) -> list[Any]:
    if not isinstance(value, list):
        return []
    try:
        if ":" in text:
            start, _, end = text.partition(":")
            return value[int(start) if start else None : int(end) if end else None]
        return [value[int(text)]]
    except (IndexError, ValueError):
        return []
