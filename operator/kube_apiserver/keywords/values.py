"""Validation by the keywords of scalar values: lengths, patterns, ranges, formats."""

import math
from decimal import Decimal

from go_regexp import compile_pattern
from kube_apiserver.keywords.formats import fits_format
from kube_apiserver.schema import messages
from kube_apiserver.schema.model import Cause, Schema

_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_EXACT = 2**53
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
    """Return the field errors of a number by ``minimum``, ``maximum``, their exclusive forms and ``multipleOf``."""
    rules = schema.rules
    if rules is None:
        return []
    causes = _unusable_bounds(schema, path) if schema.type == "integer" else []
    if rules.multiple_of is not None and not _is_multiple(value, rules.multiple_of):
        causes.append(messages.invalid(path, value, f"{path} in body should be a multiple of {rules.multiple_of:g}"))
    if rules.maximum is not None and (value > rules.maximum or (rules.exclusive_maximum and value == rules.maximum)):
        words = "less than" if rules.exclusive_maximum else "less than or equal to"
        causes.append(messages.invalid(path, value, f"{path} in body should be {words} {rules.maximum:g}"))
    if rules.minimum is not None and (value < rules.minimum or (rules.exclusive_minimum and value == rules.minimum)):
        words = "greater than" if rules.exclusive_minimum else "greater than or equal to"
        causes.append(messages.invalid(path, value, f"{path} in body should be {words} {rules.minimum:g}"))
    return causes


def _unusable_bounds(schema: Schema, path: str) -> list[Cause]:
    """Return an error for each bound that is no integer of the format.

    Bounds are floats of 64 bits, and judged by their shortest digits: those of -2**63 are -9223372036854776000.
    """
    rules, (lowest, highest) = schema.rules, _RANGES.get(schema.format, _RANGES["int64"])
    if rules is None:
        return []
    of_type = _integer(schema)
    bounds = {"MultipleOf": rules.multiple_of, "Maximum boundary": rules.maximum, "Minimum boundary": rules.minimum}
    return [
        messages.invalid("<nil>", "", f"{word} value must be of {of_type} in {path}")
        for word, bound in bounds.items()
        if bound is not None and not (lowest <= bound <= highest and _is_whole_within(float(bound), lowest, highest))
    ]


def _integer(schema: Schema) -> str:
    return f"type integer with format {schema.format}" if schema.format in _RANGES else "type integer (default format)"


def _is_whole_within(bound: float, lowest: int, highest: int) -> bool:
    if not bound.is_integer():
        return False
    return abs(bound) < _EXACT or lowest <= Decimal(repr(bound)) <= highest


def _is_multiple(value: float, factor: float) -> bool:
    """Report what kube-openapi's ``MultipleOf`` does, which forgives the errors of floating point."""
    if isinstance(value, int):
        return not math.fmod(value, factor)
    quotient = 1 / factor * value if factor < 1 else value / factor
    return math.isfinite(quotient) and abs(quotient - round(quotient)) <= _EPSILON * abs(round(quotient))


def check_format(value: str | float, schema: Schema, path: str) -> list[Cause]:
    """Return the field errors of a value by its ``format``. Unknown formats are ignored."""
    if not isinstance(value, str):
        limits = _RANGES.get(schema.format)
        if schema.type == "integer" and messages.json_type(value) != "integer":
            return [messages.invalid("<nil>", "", f"Checked value must be of {_integer(schema)} in {path}")]
        if limits and not limits[0] <= value <= limits[1]:
            detail = f"Checked value must be of type {schema.type} with format {schema.format} in {path}"
            return [messages.invalid("<nil>", "", detail)]
        return []
    if schema.type != "string" or not schema.format or fits_format(value, schema.format):
        return []
    return [messages.wrong_format(path, value, schema.format)]
