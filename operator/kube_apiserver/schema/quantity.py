"""Quantities (``500m``, ``1Gi``) in the canonical form that the API server stores."""

import re
from decimal import ROUND_CEILING, Decimal

_FORM = re.compile(r"([+-]?[0-9]*\.?[0-9]*)(Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]+|n|u|m|k|M|G|T|P|E|)")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_SUFFIXES = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
ERROR = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


def canonical_quantity(value: str | float) -> str:
    """Return the canonical form of a quantity, as apimachinery's ``resource.Quantity`` encodes it.

    Raises:
        ValueError: ``value`` is not a quantity. The message is kube-apiserver's.
    """
    match = _FORM.fullmatch(str(value).strip())
    if not match or not any(char.isdigit() for char in match[1]):
        raise ValueError(ERROR)
    digits, suffix = Decimal(match[1]), match[2]
    if suffix.endswith("i"):
        amount = digits * 1024 ** _BINARY.index(suffix)
        return _binary(amount) if amount == amount.to_integral_value() and abs(amount) >= 1024 else _decimal(amount)
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        return _scientific(digits.scaleb(int(suffix[1:])))
    return _decimal(digits.scaleb(_DECIMAL[suffix]))


def amount_of(value: str | float) -> Decimal:
    """Return the amount of a quantity in its canonical form."""
    match = _FORM.fullmatch(str(value))
    if not match:
        raise ValueError(ERROR)
    digits, suffix = Decimal(match[1]), match[2]
    if suffix.endswith("i"):
        return digits * Decimal(1024 ** _BINARY.index(suffix))
    return digits.scaleb(int(suffix[1:]) if suffix[:1] == "e" else _DECIMAL[suffix])


def _binary(amount: Decimal) -> str:
    whole, power = int(amount), 0
    while whole and whole % 1024 == 0 and power < len(_BINARY) - 1:
        whole //= 1024
        power += 1
    return f"{whole}{_BINARY[power]}"


def _exponent(amount: Decimal) -> tuple[int, int]:
    nanos = int(amount.scaleb(9).to_integral_value(rounding=ROUND_CEILING))
    exponent = -9
    while nanos and nanos % 1000 == 0 and exponent < 18:
        nanos //= 1000
        exponent += 3
    return (nanos, exponent) if nanos else (0, 0)


def _decimal(amount: Decimal) -> str:
    digits, exponent = _exponent(amount)
    return f"{digits}{_SUFFIXES[exponent]}"


def _scientific(amount: Decimal) -> str:
    digits, exponent = _exponent(amount)
    return f"{digits}e{exponent}" if exponent else str(digits)
