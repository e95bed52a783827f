"""Parsing and matching of label selectors.

Grammar and corner cases are those of apimachinery's ``labels`` package, because kubectl takes the same text.
"""

import re
from collections.abc import Mapping
from typing import Any, Self

import msgspec

from plugin_operator.rendering import class_name

_TOKEN = re.compile(r"\s*(?:(?P<op>!=|==|[=!(),<>])|(?P<word>[^\s=!(),<>]+))")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\Z")
_PREFIX = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\Z")
_ABSENT_MATCHES = frozenset({"!=", "notin", "!"})


class SelectorError(ValueError):
    """A label or field selector cannot be parsed; the message contains the column.

    Attributes:
        text: the whole selector.
        position: 0-based offset of the fault.
    """

    def __init__(self, message: str, text: str, position: int) -> None:
        self.text = text
        self.position = position
        super().__init__(f"selector {text!r}, column {position + 1}: {message}")


class LabelRequirement(msgspec.Struct, frozen=True, order=True):
    """One term of a label selector: ``operator`` is one of ``= != in notin exists ! > <``."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Report whether ``labels`` match the term."""
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

    def __str__(self) -> str:
        match self.operator:
            case "exists":
                return self.key
            case "!":
                return f"!{self.key}"
            case "in" | "notin":
                return f"{self.key} {self.operator} ({','.join(self.values)})"
        return f"{self.key}{self.operator}{self.values[0]}"


class LabelSelector(msgspec.Struct, frozen=True):
    """Conjunction of label requirements; without requirements it matches all objects."""

    requirements: tuple[LabelRequirement, ...] = ()

    @classmethod
    def of(cls, value: object) -> "LabelSelector":
        """Return the selector for a text, mapping or typed model; None and empty values match all objects.

        Args:
            value: text in kubectl's syntax; a mapping of labels to values; or ``matchLabels`` and
                ``matchExpressions`` as in ``spec.selector`` of a Deployment, as a mapping or a typed model.

        Raises:
            SelectorError: the text, or a key or value of the mapping, cannot be parsed.
            TypeError: ``value`` has none of these types.
        """
        if value is None or isinstance(value, str):
            return cls.parse(value or "")
        if isinstance(value, LabelSelector):
            return value
        if hasattr(value, "match_labels") and hasattr(value, "match_expressions"):  # V1LabelSelector
            return cls(_equal(value.match_labels) + _expressions(value.match_expressions))
        if not isinstance(value, Mapping):
            raise TypeError(f"a {class_name(value)} is not a label selector: {_WAY_OUT}")
        if value and value.keys() <= {"matchLabels", "matchExpressions"}:
            return cls(_equal(value.get("matchLabels")) + _expressions(value.get("matchExpressions")))
        return cls(_equal(value))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse equality-based and set-based terms (``a=b, c!=d, e in (x,y), f notin (z), g, !h, i>3``).

        Raises:
            SelectorError: the text cannot be parsed; the error has the position.
        """
        return cls(_LabelParser(text).parse())

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Report whether ``labels`` match every term."""
        return all(requirement.matches(labels) for requirement in self.requirements)

    def __bool__(self) -> bool:
        return bool(self.requirements)

    def __str__(self) -> str:
        """Return the canonical text: terms and values sorted, ``==`` written ``=``."""
        return ",".join(str(requirement) for requirement in sorted(self.requirements))


_WAY_OUT = "write 'app=web,tier!=db' or {'app': 'web'}"
_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


def _equal(labels: Any) -> tuple[LabelRequirement, ...]:
    if labels is not None and not isinstance(labels, Mapping):
        raise TypeError(f"a {class_name(labels)} is not a mapping of labels: {_WAY_OUT}")
    found: list[LabelRequirement] = []
    for key, value in (labels or {}).items():
        if not isinstance(key, str):
            raise TypeError(f"the key of a label is a {class_name(key)}, and it must be text: {_WAY_OUT}")
        if not isinstance(value, str):
            raise TypeError(f"label {key!r} has a {class_name(value)} as its value, and it must be text: {_WAY_OUT}")
        found += _read(key, "=", (value,))
    return tuple(found)


def _expressions(expressions: Any) -> tuple[LabelRequirement, ...]:
    found: list[LabelRequirement] = []
    for each in map(_term, expressions or ()):
        operator = each.get("operator") if isinstance(each, Mapping) else None
        if operator not in _OPERATORS or not isinstance(each.get("key"), str):
            raise TypeError(f"each of matchExpressions needs key and operator ({', '.join(_OPERATORS)})")
        values = tuple(sorted(map(str, each.get("values") or ())))
        if bool(values) != (operator in {"In", "NotIn"}):
            where = f"{operator} of {each['key']!r} in matchExpressions"
            raise TypeError(f"{where}: In and NotIn need values, the others take none")
        found += _read(each["key"], _OPERATORS[operator], values)
    return tuple(found)


def _term(expression: Any) -> Any:
    if hasattr(expression, "openapi_types"):  # V1LabelSelectorRequirement
        return {name: getattr(expression, name, None) for name in ("key", "operator", "values")}
    return expression


def _read(key: str, operator: str, values: tuple[str, ...]) -> tuple[LabelRequirement, ...]:
    """Return the requirement, after a check that key and values contain no selector syntax."""
    wanted = LabelRequirement(key, operator, values)
    if LabelSelector.parse(str(wanted)).requirements != (wanted,):
        raise SelectorError("a key or a value is not valid for labels", str(wanted), 0)
    return (wanted,)


class _LabelParser:
    """Recursive-descent parser of one selector."""

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


def _integer(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,19}", text) else None
