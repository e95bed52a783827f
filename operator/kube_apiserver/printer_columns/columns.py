"""The columns of one kind, in a compact notation, and the function that makes their cells.

``Name/name|Ready|Count:integer|IP*1`` defines a name column, a string column, an integer column, and a string column
for ``-o wide``.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

Cells = Callable[[Mapping[str, Any], datetime], list[Any]]
OfList = Callable[[Sequence[Mapping[str, Any]], Sequence[list[Any]]], None]


class Columns(msgspec.Struct, frozen=True):
    """The ``columnDefinitions`` of a kind, and the function that returns the cells of one object at a time.

    ``of_list`` changes the cells of a list in place where they depend on its other objects.
    """

    definitions: list[dict[str, Any]]
    cells: Cells
    of_list: OfList | None = None


def columns(line: str, cells: Cells, of_list: OfList | None = None) -> Columns:
    """Return the columns of a line. Their descriptions are empty."""
    return Columns([_column(text) for text in line.split("|")], cells, of_list)


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
