"""Quantities and semantic versions, which share the names of their comparisons."""

import json
import re
import string
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from functools import total_ordering
from typing import Any

from go_cel.errors import EvaluationError, no_overload
from go_cel.library.conversions import Function
from go_cel.values.scalars import INT_MAX, INT_MIN, UINT_MAX

_QUANTITY = re.compile(r"([+-]?)([0-9]*)(\.[0-9]*)?(Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]+|n|u|m|k|M|G|T|P|E|)")
_FORM = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_SUFFIX = "unable to parse quantity's suffix"
_SHAPE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eEinumkKMGTP]*[-+]?[0-9]*")
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_NANO = 10**9
_MAX_EXPONENT = 1000


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity such as ``500m``, in billionths.

    Attributes:
        is_exact: whether Go keeps it as an integer; larger ones count as no integers.
    """

    nanos: int
    is_exact: bool = field(default=True, compare=False)

    type_name = "kubernetes.Quantity"

    @property
    def as_integer(self) -> int | None:
        """The integer that it is, None if it is none of 64 bits."""
        whole, rest = divmod(self.nanos, _NANO)
        return whole if not rest and self.is_exact and INT_MIN <= whole <= INT_MAX else None


def parse_quantity(text: str) -> Quantity:
    """Return a quantity.

    Raises:
        EvaluationError: the text is none.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None or not (match[2] or (match[3] or "").strip(".")):
        raise EvaluationError(_SUFFIX if _SHAPE.fullmatch(text) else _FORM)
    sign, whole, fraction, suffix = match.groups()
    with localcontext() as context:
        context.prec = len(text) + 2 * _MAX_EXPONENT
        amount = Decimal(f"{whole or 0}.{(fraction or '').lstrip('.') or 0}") * _scale(suffix)
        capped = min(amount, Decimal(INT_MAX))
        nanos = int((capped * _NANO).to_integral_value(rounding=ROUND_CEILING))
    return Quantity(-nanos if sign == "-" else nanos, amount <= INT_MAX)


def _scale(suffix: str) -> Decimal:
    if suffix in _BINARY:
        return Decimal(1024) ** _BINARY[suffix]
    if suffix in _DECIMAL:
        return Decimal(1).scaleb(_DECIMAL[suffix])
    exponent = int(suffix[1:])
    return Decimal(1).scaleb(max(-_MAX_EXPONENT, min(exponent, _MAX_EXPONENT)))


def _is_quantity(text: str) -> bool:
    try:
        parse_quantity(text)
    except EvaluationError:
        return False
    return True


def _quantity_of(value: Any) -> Quantity:
    return value if isinstance(value, Quantity) else Quantity(int(value) * _NANO)


def _as_integer(value: Quantity) -> int:
    found = value.as_integer
    if found is None:
        raise EvaluationError("cannot convert value to integer")
    return found


def _approximate(value: Quantity) -> float:
    exact = Decimal(value.nanos).scaleb(-9)
    rounded = exact.quantize(Decimal(1).scaleb(-9), rounding=ROUND_FLOOR) if abs(exact) < _NANO else exact
    return float(rounded)


@total_ordering
@dataclass(frozen=True, slots=True)
class Identifier:
    """A part of a prerelease: numbers come before texts."""

    text: str
    is_number: bool

    def __lt__(self, other: "Identifier") -> bool:
        if self.is_number and other.is_number:
            return int(self.text) < int(other.text)
        return self.is_number if self.is_number != other.is_number else self.text < other.text


@dataclass(frozen=True, slots=True)
class Semver:
    """A semantic version. Its build does not count in comparisons."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[Identifier, ...] = ()

    type_name = "kubernetes.Semver"

    @property
    def key(self) -> Any:
        """What versions are ordered by: a release comes after its prereleases."""
        return (self.major, self.minor, self.patch, not self.prerelease, self.prerelease)


_ALPHANUMERIC = frozenset(string.ascii_letters + string.digits + "-")


def parse_semver(text: str, is_lenient: bool = False) -> Semver:
    """Return a version.

    Raises:
        EvaluationError: the text is none; the message is that of the Go library.
    """
    if is_lenient:
        text = _normalized(text)
    if not text:
        raise EvaluationError("Version string empty")
    parts = text.split(".", 2)
    if len(parts) != 3:
        raise EvaluationError("No Major.Minor.Patch elements found")
    major, minor = _number("Major", parts[0]), _number("Minor", parts[1])
    rest, plus, build = parts[2].partition("+")
    rest, dash, prerelease = rest.partition("-")
    patch = _number("Patch", rest)
    found = tuple(_identifier(each) for each in prerelease.split(".")) if dash else ()
    for each in build.split(".") if plus else ():
        if not each:
            raise EvaluationError("Build meta data is empty")
        if not set(each) <= _ALPHANUMERIC:
            raise EvaluationError(f"Invalid character(s) found in build meta data {json.dumps(each)}")
    return Semver(major, minor, patch, found)


def _normalized(text: str) -> str:
    parts = text.removeprefix("v").split(".", 2)
    for place, part in enumerate(parts):
        if len(part) > 1:
            stripped = part.lstrip("0")
            parts[place] = stripped if stripped[:1].isdigit() and stripped[:1].isascii() else f"0{stripped}"
    if len(parts) < 3 and set(parts[-1]) & {"+", "-"}:
        raise EvaluationError("short version cannot contain PreRelease/Build meta data")
    return ".".join([*parts, *["0"] * (3 - len(parts))])


def _number(name: str, text: str) -> int:
    if not set(text) <= set(string.digits):
        raise EvaluationError(f"Invalid character(s) found in {name.lower()} number {json.dumps(text)}")
    if len(text) > 1 and text[0] == "0":
        raise EvaluationError(f"{name} number must not contain leading zeroes {json.dumps(text)}")
    return _parsed(text)


def _parsed(text: str) -> int:
    if not text:
        raise EvaluationError('strconv.ParseUint: parsing "": invalid syntax')
    if int(text) > UINT_MAX:
        raise EvaluationError(f"strconv.ParseUint: parsing {json.dumps(text)}: value out of range")
    return int(text)


def _identifier(text: str) -> Identifier:
    if not text:
        raise EvaluationError("Prerelease is empty")
    if set(text) <= set(string.digits):
        if len(text) > 1 and text[0] == "0":
            problem = "Numeric PreRelease version must not contain leading zeroes"
            raise EvaluationError(f"{problem} {json.dumps(text)}")
        return Identifier(str(_parsed(text)), is_number=True)
    if not set(text) <= _ALPHANUMERIC:
        raise EvaluationError(f"Invalid character(s) found in prerelease {json.dumps(text)}")
    return Identifier(text, is_number=False)


def _is_semver(text: str, is_lenient: bool = False) -> bool:
    try:
        parse_semver(text, is_lenient)
    except EvaluationError:
        return False
    return True


def _compare(left: Any, right: Any) -> int:
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return (left.nanos > right.nanos) - (left.nanos < right.nanos)
    if isinstance(left, Semver) and isinstance(right, Semver):
        return int(left.key > right.key) - int(left.key < right.key)
    raise no_overload()


FUNCTIONS: dict[str, Function] = {
    "quantity": parse_quantity,
    "isQuantity": _is_quantity,
    "isInteger": lambda value: value.as_integer is not None,
    "asInteger": _as_integer,
    "asApproximateFloat": _approximate,
    "sign": lambda value: (value.nanos > 0) - (value.nanos < 0),
    "add": lambda left, right: Quantity(left.nanos + _quantity_of(right).nanos),
    "sub": lambda left, right: Quantity(left.nanos - _quantity_of(right).nanos),
    "isGreaterThan": lambda left, right: _compare(left, right) == 1,
    "isLessThan": lambda left, right: _compare(left, right) == -1,
    "compareTo": _compare,
    "semver": parse_semver,
    "isSemver": _is_semver,
    "major": lambda version: version.major,
    "minor": lambda version: version.minor,
    "patch": lambda version: version.patch,
}
