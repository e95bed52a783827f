"""Validation by the keywords of scalar values: lengths, patterns, ranges, formats."""

import math
import re
from functools import lru_cache

from kube_apiserver.keywords.formats import fits_format
from kube_apiserver.schema import messages
from kube_apiserver.schema.model import Cause, Schema

_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a Python pattern for an RE2 pattern. ``$`` does not match before a final newline.

    Raises:
        re.error: ``pattern`` is not a valid regular expression.
    """
    return re.compile(pattern.replace(r"\z", r"\Z"), re.ASCII)


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
    if rules.pattern is not None and not compiled(rules.pattern).search(value):
        return [messages.invalid(path, value, f"{path} in body should match '{rules.pattern}'")]
    return []


def check_number(value: float, schema: Schema, path: str) -> list[Cause]:
    """Return the field errors of a number by ``minimum``, ``maximum``, their exclusive forms and ``multipleOf``."""
    rules = schema.rules
    if rules is None:
        return []
    causes = []
    if rules.multiple_of is not None and math.fmod(value, rules.multiple_of) != 0:
        causes.append(messages.invalid(path, value, f"{path} in body should be a multiple of {rules.multiple_of:g}"))
    if rules.maximum is not None and (value > rules.maximum or (rules.exclusive_maximum and value == rules.maximum)):
        words = "less than" if rules.exclusive_maximum else "less than or equal to"
        causes.append(messages.invalid(path, value, f"{path} in body should be {words} {rules.maximum:g}"))
    if rules.minimum is not None and (value < rules.minimum or (rules.exclusive_minimum and value == rules.minimum)):
        words = "greater than" if rules.exclusive_minimum else "greater than or equal to"
        causes.append(messages.invalid(path, value, f"{path} in body should be {words} {rules.minimum:g}"))
    return causes


def check_format(value: str | float, schema: Schema, path: str) -> list[Cause]:
    """Return the field errors of a value by its ``format``. Unknown formats are ignored."""
    if not isinstance(value, str):
        limits = _RANGES.get(schema.format)
        if schema.type == "integer" and not float(value).is_integer():
            return [messages.invalid("<nil>", "", f"Checked value must be of type integer (default format) in {path}")]
        if limits and not limits[0] <= value <= limits[1]:
            detail = f"Checked value must be of type {schema.type} with format {schema.format} in {path}"
            return [messages.invalid("<nil>", "", detail)]
        return []
    if schema.type != "string" or not schema.format or fits_format(value, schema.format):
        return []
    return [messages.wrong_format(path, value, schema.format)]
