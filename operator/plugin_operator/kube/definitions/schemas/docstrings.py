"""Descriptions in docstrings: that of a class, and those of its fields in the Google style's ``Attributes:``."""

import inspect
import re
import textwrap
from collections.abc import Iterable
from typing import Any, NamedTuple

from plugin_operator.kube.objects import ApiObject, Struct

_SECTIONS = "Args Attributes Example Examples Note Notes Raises References Returns Todo Warning Warnings Yields"
_ENTRY = re.compile(r"(\w+(?:\s*,\s*\w+)*)(?:\s*\([^)]*\))?:\s*(.*)")


class Descriptions(NamedTuple):
    """The description of a class, empty for none, and those of its fields by name."""

    text: str
    fields: dict[str, str]


def descriptions_of(cls: type[Any]) -> Descriptions:
    """Return what the docstring of a class says, and those of its bases about fields that it inherits."""
    found: dict[str, str] = {}
    for each in reversed(cls.__mro__):
        if each not in (Struct, ApiObject):
            found |= descriptions_in(vars(each).get("__doc__")).fields
    return Descriptions(descriptions_in(vars(cls).get("__doc__")).text, found)


def descriptions_in(docstring: str | None) -> Descriptions:
    """Return what a docstring says about a class and about its fields."""
    text: list[str] = []
    attributes: list[str] = []
    section: list[str] = text
    for line in inspect.cleandoc(docstring or "").splitlines():
        title = line.rstrip().removesuffix(":")
        if line.rstrip().endswith(":") and title in _SECTIONS.split():
            section = attributes if title == "Attributes" else []
        else:
            section = text if line[:1].strip() else section
            section.append(line)
    return Descriptions(_paragraphs(text), _entries(textwrap.dedent("\n".join(attributes)).splitlines()))


def _entries(lines: Iterable[str]) -> dict[str, str]:
    """Return the descriptions in ``name: text`` and ``name, other: text``, whose further lines are indented."""
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for line in lines:
        entry = _ENTRY.fullmatch(line)
        if entry is not None:
            names = re.split(r"\s*,\s*", entry[1])
            found.update((name, [entry[2]]) for name in names)
        else:
            for name in names:
                found[name].append(line)
    return {name: _paragraphs(each) for name, each in found.items()}


def _paragraphs(lines: Iterable[str]) -> str:
    """Return one line for each paragraph, as ``kubectl explain`` wraps them, without the markup of Sphinx."""
    paragraphs = re.split(r"\n\s*\n", textwrap.dedent("\n".join(lines)).strip())
    return "\n\n".join(" ".join(each.split()) for each in paragraphs).replace("``", "`")
