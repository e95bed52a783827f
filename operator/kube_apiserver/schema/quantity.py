"""Quantities (``500m``, ``1Gi``): their amounts, and the text that the API server stores.

The rules are those of ``resource.Quantity`` in apimachinery. An amount is a whole number times a power of ten, and no
step writes that power out, so ``1e999999999`` costs as little as ``1``.
"""

import re
from decimal import Decimal
from typing import NamedTuple

_FORM = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[+-]?[0-9]*)")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_SUFFIXES = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_INT32, _INT64 = 2**31, 2**63
_NANO, _KIBI = -9, 1024
# Digits of numbers that fit an int64, whose text is kept if it is canonical; and the most that Python converts.
_KEPT_DIGITS, _MOST_DIGITS = 18, 4300
ERROR = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_WRONG_NUMBER, _WRONG_SUFFIX = "unable to parse numeric part of quantity", "unable to parse quantity's suffix"


class _Quantity(NamedTuple):
    """The amount ``mantissa`` times ten to ``exponent``; ``text`` is what was parsed, if Go keeps it."""

    mantissa: int
    exponent: int
    is_binary: bool = False
    is_scientific: bool = False
    text: str = ""


def canonical_quantity(value: str | float, places: int = 9) -> str:
    """Return the canonical form of a quantity, as apimachinery's ``resource.Quantity`` encodes it.

    More decimal places than ``places`` are rounded away from zero.

    Raises:
        ValueError: ``value`` is not a quantity. The message is kube-apiserver's.
    """
    found = _parsed(str(value).strip())
    if found.exponent < -places:
        mantissa, exponent = _rounded(found.mantissa, found.exponent, -places)
        found = found._replace(mantissa=mantissa, exponent=exponent, text="")
    if found.text or not found.mantissa:
        return found.text or "0"
    mantissa, exponent = _stripped(found.mantissa, found.exponent)
    if found.is_binary and exponent >= 0 and abs(amount := mantissa * 10**exponent) >= _KIBI:
        return _binary(amount)
    if found.is_scientific:
        return f"{mantissa}e{exponent}" if exponent else str(mantissa)
    return f"{mantissa}{_SUFFIXES.get(exponent, '')}"


def amount_of(value: str | float) -> Decimal:
    """Return the amount of a quantity. Compare it only: arithmetic would write out a large power of ten.

    Raises:
        ValueError: ``value`` is not a quantity. The message is kube-apiserver's.
    """
    found = _parsed(str(value).strip())
    return Decimal(f"{found.mantissa}E{found.exponent}")


def is_whole(value: str | float) -> bool:
    """Report whether a quantity is a whole number to Go, which counts its thousandths in 64 bits."""
    return not scaled_value(value, 3) % 1000


def scaled_value(value: str | float, places: int = 0) -> int:
    """Return a quantity times ten to ``places``, rounded up, as the 64 bits that Go makes of it.

    Go answers 0 if a short number becomes too large, and the last 64 bits of a long one.
    """
    found = _parsed(str(value).strip())
    power = found.exponent + places
    if power < 0:
        return _wrapped(_rounded(found.mantissa, power, 0)[0])
    if abs(found.mantissa) < 10**_KEPT_DIGITS:
        amount = found.mantissa * 10 ** min(power, _KEPT_DIGITS + 1)
        return amount if abs(amount) < _INT64 else 0
    return _wrapped(found.mantissa * 10**power if power <= _KEPT_DIGITS else _wrapped(found.mantissa) * -_INT64)


def _wrapped(number: int) -> int:
    """Return the last 64 bits of a number."""
    return (number + _INT64) % (2 * _INT64) - _INT64


def _parsed(text: str) -> _Quantity:
    match = _FORM.fullmatch(text)
    if match is None or not text:
        raise ValueError(ERROR)
    sign, number, fraction, suffix = match[1], match[2].lstrip("0") or "0", match[3] or "", match[4]
    if len(number) + len(fraction) > _MOST_DIGITS:
        raise ValueError(_WRONG_NUMBER)
    shifted = number + fraction
    mantissa = int(shifted) * (-1 if sign == "-" else 1)
    if suffix in _BINARY:
        return _of_binary(text, mantissa, len(number), len(fraction), _BINARY[suffix])
    power, is_scientific = _power(suffix)
    exponent = power - len(fraction)
    if len(shifted) <= _KEPT_DIGITS and exponent >= _NANO:
        is_kept = not exponent % 3 and not shifted.endswith("000") and shifted[0] != "0"
        return _Quantity(mantissa, exponent, is_scientific=is_scientific, text=text if is_kept else "")
    return _Quantity(*_rounded(mantissa, exponent), is_scientific=is_scientific)


def _power(suffix: str) -> tuple[int, bool]:
    """Return the power of ten of a suffix, and whether it is scientific."""
    if suffix in _DECIMAL:
        return _DECIMAL[suffix], False
    digits = suffix[1:]
    if suffix[:1] in ("e", "E") and digits.lstrip("+-").isdecimal() and len(digits) <= _KEPT_DIGITS + 2:
        power = int(digits)
        if -_INT64 <= power < _INT64:
            return (power + _INT32) % (2 * _INT32) - _INT32, True  # Go cuts it to 32 bits
    raise ValueError(_WRONG_SUFFIX)


def _of_binary(text: str, mantissa: int, size: int, places: int, power: int) -> _Quantity:
    amount, exponent = mantissa << power, -places
    if not places and size + power * 3 // 10 < 15 and abs(amount) < _INT64:
        return _Quantity(amount, 0, is_binary=True, text=text if abs(mantissa) & 7 else "")
    amount, exponent = _rounded(amount, exponent)
    if abs(amount) > (_INT64 - 1) * 10**-exponent:
        amount, exponent = (_INT64 - 1) * _sign(amount), 0
    return _Quantity(amount, exponent, is_binary=True)


def _rounded(mantissa: int, exponent: int, least: int = _NANO) -> tuple[int, int]:
    """Return an amount rounded away from zero to a multiple of ten to ``least``."""
    if exponent >= least or not mantissa:
        return mantissa, exponent
    places = least - exponent
    if places > _MOST_DIGITS:
        return _sign(mantissa), least
    whole, rest = divmod(abs(mantissa), 10**places)
    return (whole + bool(rest)) * _sign(mantissa), least


def _sign(number: int) -> int:
    return -1 if number < 0 else 1


def _stripped(mantissa: int, exponent: int) -> tuple[int, int]:
    """Return an amount other than zero with the largest exponent that is a multiple of three."""
    while not mantissa % 10:
        mantissa, exponent = mantissa // 10, exponent + 1
    return mantissa * 10 ** (exponent % 3), exponent - exponent % 3


def _binary(amount: int) -> str:
    power = 0
    while not amount % _KIBI:
        amount, power = amount // _KIBI, power + 10
    return f"{amount}{next((suffix for suffix, each in _BINARY.items() if each == power), '')}"
