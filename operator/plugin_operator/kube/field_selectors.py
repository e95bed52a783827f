"""Parsing and matching of field selectors.

Grammar and corner cases are those of apimachinery's ``fields`` package.
"""

import re
from collections.abc import Callable, Mapping
from typing import Self

import msgspec

from plugin_operator.kube.label_selectors import SelectorError
from plugin_operator.rendering import class_name


class FieldSelector(msgspec.Struct, frozen=True):
    """Conjunction of terms ``(path, operator, value)`` with operator ``=`` or ``!=``; without terms it matches all."""

    requirements: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def of(cls, value: object) -> "FieldSelector":
        """Return the selector for a text or mapping; None and empty values match all objects.

        Args:
            value: text in kubectl's syntax, or a mapping of fields to values.

        Raises:
            SelectorError: the text, or a key of the mapping, cannot be parsed.
            TypeError: ``value`` is neither text nor a mapping of fields to texts.
        """
        if value is None or isinstance(value, str):
            return cls.parse(value or "")
        if isinstance(value, FieldSelector):
            return value
        if not isinstance(value, Mapping) or not all(isinstance(each, str) for pair in value.items() for each in pair):
            raise TypeError(
                f"a {class_name(value)} is not a field selector of texts: "
                "write 'metadata.name=web' or {'metadata.name': 'web'}"
            )
        wanted = cls(tuple((path, "=", each) for path, each in sorted(value.items())))
        if cls.parse(str(wanted)) != wanted:
            raise SelectorError("a key is not the path of a field", str(wanted), 0)
        return wanted

    @classmethod
    def parse(cls, text: str) -> Self:
        r"""Parse ``metadata.name=x,spec.nodeName!=y``; values may contain the escapes ``\\``, ``\,`` and ``\=``.

        Raises:
            SelectorError: the text cannot be parsed; the error has the position.
        """
        requirements, position = [], 0
        for term in re.findall(r"(?:\\.|[^\\,])+|,|\\\Z", text, re.DOTALL):
            if term != "," and term.strip():
                requirements.append(_field_term(term, text, position))
            position += len(term)
        return cls(tuple(requirements))

    def matches(self, get: Callable[[str], str | None]) -> bool:
        """Report whether an object matches every term; ``get`` returns the value of a field, empty if it is absent."""
        return all(((get(path) or "") == value) == (op == "=") for path, op, value in self.requirements)

    def __bool__(self) -> bool:
        return bool(self.requirements)

    def __str__(self) -> str:
        """Return the canonical text: terms sorted, values escaped."""
        return ",".join(path + op + _escape(value) for path, op, value in sorted(self.requirements))


def _field_term(term: str, text: str, position: int) -> tuple[str, str, str]:
    match = re.match(r"\s*([^=!\\\s]+)\s*(!=|==|=)(.*)\Z", term, re.DOTALL)
    if match is None:
        raise SelectorError(f"{term!r} is not 'field=value' or 'field!=value'", text, position)
    path, operator, raw = match.groups()
    if fault := re.search(r"\\(?![\\,=])", re.sub(r"\\[\\,=]", "  ", raw)):
        raise SelectorError(
            r"a backslash may only stand before '\', ',' or '='", text, position + match.start(3) + fault.start()
        )
    if "=" in re.sub(r"\\[\\,=]", "", raw):
        raise SelectorError("an '=' in a value must be written '\\='", text, position + match.start(3))
    return path, "=" if operator == "==" else operator, re.sub(r"\\([\\,=])", r"\1", raw)


def _escape(value: str) -> str:
    return re.sub(r"([\\,=])", r"\\\1", value)
