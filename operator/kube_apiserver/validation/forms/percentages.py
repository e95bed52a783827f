"""Validation of fields that are a number or a percentage, such as ``maxUnavailable``."""

from collections.abc import Iterator

from go_regexp import compile_pattern
from kube_apiserver.schema import Cause, messages

_FORM = "^[0-9]+%$"
_PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
    "regex used for validation is '[0-9]+%')"
)
_NEGATIVE = "must be greater than or equal to 0"
_MOST_DIGITS = 18


def amount_causes(value: int | str, path: str) -> Iterator[Cause]:
    """Yield the field errors of a number below zero, or a text that is no percentage."""
    if isinstance(value, int):
        if value < 0:
            yield messages.invalid(path, value, _NEGATIVE)
    elif not compile_pattern(_FORM).matches(value):
        yield messages.invalid(path, value, _PERCENT)


def at_most_all_causes(value: int | str, path: str) -> Iterator[Cause]:
    """Yield the field error of a percentage above a hundred."""
    if isinstance(value, str) and compile_pattern(_FORM).matches(value) and amount_of(value) > 100:
        yield messages.invalid(path, value, "must not be greater than 100%")


def amount_of(value: int | str) -> int:
    """Return the number, or that of a percentage; 0 for another text."""
    if isinstance(value, int):
        return value
    digits = value.removesuffix("%").lstrip("0")
    if not compile_pattern(_FORM).matches(value) and not compile_pattern("^[+-]?[0-9]+$").matches(value):
        return 0
    # Go reads a longer number as the largest.
    return int(digits or 0) if len(digits) <= _MOST_DIGITS else 2**63 - 1
