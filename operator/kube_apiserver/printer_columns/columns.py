"""A compact notation for column definitions.

``Name/name|Ready|Count:integer|IP*1`` defines a name column, a string column, an integer column, and a string column
for ``-o wide``.
"""

from typing import Any


def columns(line: str) -> list[dict[str, Any]]:
    """Return the ``columnDefinitions`` of a line. Their descriptions are empty."""
    return [_column(text) for text in line.split("|")]


def _column(text: str) -> dict[str, Any]:
    text, star, priority = text.partition("*")
    text, _, form = text.partition("/")
    name, _, kind = text.partition(":")
    if form not in ("", "name"):
        name, form = f"{name}/{form}", ""
    return {
        "name": name,
        "type": kind or "string",
        "format": form,
        "description": "",
        "priority": int(priority) if star else 0,
    }
