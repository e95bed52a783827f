"""Label and field selectors: parsing and matching.

The grammar follows apimachinery's ``labels`` and ``fields`` packages, because users pass the same selectors to kubectl.
"""

import re
from collections.abc import Mapping
from typing import Self

import msgspec

_TOKEN = re.compile(r"\s*(?:(?P<op>!=|==|[=!(),<>])|(?P<word>[^\s=!(),<>]+))")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\Z")
_PREFIX = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\Z")
_ABSENT_MATCHES = frozenset({"!=", "notin", "!"})


class SelectorError(ValueError):
    """A label or field selector is invalid. The message names the column.

    Attributes:
        text: the whole selector.
        position: 0-based offset of the error.
    """

    def __init__(self, message: str, text: str, position: int) -> None:
        self.text = text
        self.position = position
        super().__init__(f"selector {text!r}, column {position + 1}: {message}")


class LabelRequirement(msgspec.Struct, frozen=True):
    """One requirement of a label selector. ``operator`` is one of ``= != in notin exists ! > <``."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Report whether ``labels`` match the requirement."""
        value = labels.get(self.key)
        if value is None:
            return self.operator in _ABSENT_MATCHES
        match self.operator:
            case "=" | "in":
                return value in self.values
            case "!=" | "notin":
                return value not in self.values
            case "exists":
                return True
            case "!":
                return False
        left, right = _integer(value), int(self.values[0])
        return left is not None and (left > right if self.operator == ">" else left < right)


class LabelSelector(msgspec.Struct, frozen=True):
    """A conjunction of label requirements. An empty one matches everything."""

    requirements: tuple[LabelRequirement, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse equality-based and set-based requirements (``a=b, c!=d, e in (x,y), f notin (z), g, !h, i>3``).

        Raises:
            SelectorError: the selector is invalid. The error has the position of the first mistake.
        """
        return cls(_LabelParser(text).parse())

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Report whether ``labels`` match every requirement."""
        return all(requirement.matches(labels) for requirement in self.requirements)


class _LabelParser:
    """Parses the tokens of one label selector."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str, int]] = []
        position = 0
        while match := _TOKEN.match(text, position):
            kind = match.lastgroup or ""
            self._tokens.append((kind, match[kind], match.start(kind)))
            position = match.end()
        self._tokens.append(("end", "", len(text)))
        self._next = 0

    def parse(self) -> tuple[LabelRequirement, ...]:
        requirements: list[LabelRequirement] = []
        if self._peek()[0] == "end":
            return ()
        while True:
            requirements.append(self._requirement())
            kind, word, position = self._take()
            if kind == "end":
                return tuple(requirements)
            if word != ",":
                raise SelectorError(f"found {word!r}, expected ',' or the end", self._text, position)

    def _requirement(self) -> LabelRequirement:
        if self._peek()[1] == "!":
            self._take()
            return LabelRequirement(self._key(), "!")
        key = self._key()
        _, word, position = self._peek()
        if word in {"", ","}:
            return LabelRequirement(key, "exists")
        self._take()
        if word in {"=", "==", "!=", ">", "<"}:
            return LabelRequirement(key, "=" if word == "==" else word, (self._value(word),))
        if word in {"in", "notin"}:
            return LabelRequirement(key, word, self._set())
        raise SelectorError(f"found {word!r}, expected an operator", self._text, position)

    def _key(self) -> str:
        kind, word, position = self._take()
        prefix, slash, name = word.rpartition("/")
        if kind != "word":
            raise SelectorError(f"found {word or 'the end'!r}, expected a label key", self._text, position)
        if not _NAME.match(name) or (slash and not _PREFIX.match(prefix)):
            raise SelectorError(f"{word!r} is not a valid label key", self._text, position)
        return word

    def _value(self, operator: str) -> str:
        kind, word, position = self._peek()
        value = word if kind == "word" else ""
        if kind == "word":
            self._take()
        if operator in {">", "<"} and _integer(value) is None:
            raise SelectorError(f"{operator!r} compares integers, not {value!r}", self._text, position)
        if value and not _NAME.match(value):
            raise SelectorError(f"{value!r} is not a valid label value", self._text, position)
        return value

    def _set(self) -> tuple[str, ...]:
        _, word, position = self._take()
        if word != "(":
            raise SelectorError(f"found {word or 'the end'!r}, expected '('", self._text, position)
        values = {self._value("in")}
        while True:
            _, word, position = self._take()
            if word == ")":
                return tuple(sorted(values))
            if word != ",":
                raise SelectorError(f"found {word or 'the end'!r}, expected ',' or ')'", self._text, position)
            values.add(self._value("in"))

    def _peek(self) -> tuple[str, str, int]:
        return self._tokens[self._next]

    def _take(self) -> tuple[str, str, int]:
        word = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return word


class FieldSelector(msgspec.Struct, frozen=True):
    """A conjunction of ``(path, operator, value)`` with operator ``=`` or ``!=``. An empty one matches everything."""

    requirements: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        r"""Parse ``metadata.name=x,spec.nodeName!=y``. In values, ``\\``, ``\,`` and ``\=`` are escapes.

        Raises:
            SelectorError: the selector is invalid. The error has the position of the first mistake.
        """
        requirements, position = [], 0
        for term in re.findall(r"(?:\\.|[^\\,])+|,|\\\Z", text, re.DOTALL):
            if term != "," and term.strip():
                requirements.append(_field_term(term, text, position))
            position += len(term)
        return cls(tuple(requirements))


def _field_term(term: str, text: str, position: int) -> tuple[str, str, str]:
    match = re.match(r"\s*([^=!\\\s]+)\s*(!=|==|=)(.*)\Z", term, re.DOTALL)
    if match is None:
        raise SelectorError(f"{term!r} is not 'field=value' or 'field!=value'", text, position)
    path, operator, raw = match.groups()
    if escape_error := re.search(r"\\(?![\\,=])", re.sub(r"\\[\\,=]", "  ", raw)):
        raise SelectorError(
            r"a backslash may only stand before '\', ',' or '='", text, position + match.start(3) + escape_error.start()
        )
    if "=" in re.sub(r"\\[\\,=]", "", raw):
        raise SelectorError("an '=' in a value must be written '\\='", text, position + match.start(3))
    return path, "=" if operator == "==" else operator, re.sub(r"\\([\\,=])", r"\1", raw)


def _integer(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,19}", text) else None
