"""Validation by the keywords of scalar values: lengths, patterns, ranges, formats."""

import math
from decimal import Decimal

from go_regexp import compile_pattern
from kube_apiserver.keywords.formats import fits_format
from kube_apiserver.schema import messages
from kube_apiserver.schema.go_format import go_text
from kube_apiserver.schema.model import Cause, Schema

_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_EXACT = 2**53
_BEYOND_FLOAT = 2.0**128 - 2.0**103  # what rounds to a number that 32 bits cannot hold
_LARGEST_EXACT = 2**53 - 1
_EPSILON = 1e-9  # of go-openapi's ``IsFloat64AJSONInteger``


def check_string(value: str, schema: Schema, path: str) -> list[Cause]:
    """Return the first field error of a string by ``maxLength``, ``minLength`` and ``pattern``."""
    rules = schema.rules
    if rules is None:
        return []
    if rules.max_length is not None and len(value) > rules.max_length:
        return [messages.too_long(path, rules.max_length)]
    if rules.min_length is not None and len(value) < rules.min_length:
        detail = f"{path} in body should be at least {rules.min_length} chars long"
        return [messages.invalid(path, value, detail)]
    if rules.pattern is not None and not compile_pattern(rules.pattern).matches(value):
        return [messages.invalid(path, value, f"{path} in body should match '{rules.pattern}'")]
    return []


def check_number(value: float, schema: Schema, path: str) -> list[Cause]:
    """Return the field errors of a number by its format, ``multipleOf``, ``minimum``, ``maximum`` and exclusive forms.

    A bound that is no integer of the format refuses every number. Bounds are floats of 64 bits, and judged by their
    shortest digits: those of -2**63 are -9223372036854776000. Go compares integers with the whole part of a bound.
    """
    rules, causes = schema.rules, _range("Checked", value, schema, path)
    if rules is None:
        return causes
    if rules.multiple_of is not None:
        unfit, factor = _bound("MultipleOf", rules.multiple_of, value, schema, path)
        causes += [*unfit, *_multiple(value, factor, path)]
    if rules.minimum is not None:
        unfit, bound = _bound("Minimum boundary", rules.minimum, value, schema, path)
        causes += unfit
        if value < bound or (rules.exclusive_minimum and value == bound):
            causes.append(_beyond(value, bound, "greater than", path, exclusive=rules.exclusive_minimum))
    if rules.maximum is not None:
        unfit, bound = _bound("Maximum boundary", rules.maximum, value, schema, path)
        causes += unfit
        if value > bound or (rules.exclusive_maximum and value == bound):
            causes.append(_beyond(value, bound, "less than", path, exclusive=rules.exclusive_maximum))
    return causes


def _bound(word: str, bound: float, value: float, schema: Schema, path: str) -> tuple[list[Cause], float]:
    """Return the field errors of a bound, and the number that Go compares the value with."""
    unfit = _range(word, float(bound), schema, path)
    return unfit, int(bound) if isinstance(value, int) and not unfit else float(bound)


def _beyond(value: float, bound: float, words: str, path: str, *, exclusive: bool) -> Cause:
    words = words if exclusive else f"{words} or equal to"
    return messages.invalid(path, value, f"{path} in body should be {words} {go_text(bound)}")


def _multiple(value: float, factor: float, path: str) -> list[Cause]:
    if factor <= 0:
        detail = f"factor MultipleOf declared for {path} must be positive: {go_text(factor)}"
        return [messages.invalid(path, factor, detail)]
    if _is_multiple(value, factor):
        return []
    return [messages.invalid(path, value, f"{path} in body should be a multiple of {go_text(factor)}")]


def _range(word: str, number: float, schema: Schema, path: str) -> list[Cause]:
    """Return the field error of a value or bound that its type and format cannot hold."""
    if schema.type == "integer":
        limits = _RANGES.get(schema.format)
        fits, default = _is_whole_within(number, *(limits or _RANGES["int64"])), limits is None
    else:
        fits, default = schema.type != "number" or schema.format != "float" or abs(number) < _BEYOND_FLOAT, False
    if fits:
        return []
    of_format = "(default format)" if default else f"with format {schema.format}"
    return [messages.invalid("<nil>", "", f"{word} value must be of type {schema.type} {of_format} in {path}")]


def _is_whole_within(number: float, lowest: int, highest: int) -> bool:
    if isinstance(number, int):
        return lowest <= number <= highest
    if not number.is_integer():
        return False
    return lowest <= (number if abs(number) < _EXACT else Decimal(repr(number))) <= highest


def _is_multiple(value: float, factor: float) -> bool:
    """Report what kube-openapi's ``MultipleOf`` does, which forgives the errors of floating point."""
    if isinstance(value, int):
        return not math.fmod(value, factor)
    quotient = 1 / factor * value if factor < 1 else value / factor
    if not abs(quotient) <= _LARGEST_EXACT:
        return False
    return abs(quotient - round(quotient)) <= _EPSILON * abs(round(quotient))


def check_format(value: str, schema: Schema, path: str) -> list[Cause]:
    """Return the field error of a string by its ``format``. Unknown formats are ignored."""
    if schema.type not in ("", "string") or not schema.format or fits_format(value, schema.format):
        return []
    return [messages.wrong_format(path, value, schema.format)]
