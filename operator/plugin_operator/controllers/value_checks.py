"""Validation of values from plugins that reach queue and timers.

Each function returns a value of exactly the built-in type, without overrides of a subclass, or raises an error that
names the field and the fix.
"""

from typing import Any

from plugin_operator.rendering import class_name

_SHOWN_CHARACTERS = 40
_LARGEST_SHOWN = 10**18


def seconds(field: str, value: Any, *, most: float, above_zero: bool = False, hint: str = "") -> float:
    """Return a number of seconds as a plain float.

    Args:
        field: name of the field, for messages.
        value: the value from the plugin.
        most: the largest valid value.
        above_zero: whether 0 is invalid.
        hint: further valid values, for messages.

    Raises:
        TypeError: ``value`` is not a float or int; a bool is not one.
        ValueError: ``value`` is NaN or out of range.
    """
    takes = f"it takes seconds {'above' if above_zero else 'from'} 0 to {most:.0f}, as a float or an int{hint}"
    if isinstance(value, bool) or not issubclass(type(value), float | int):
        raise TypeError(f"{field} is {shown(value)}; {takes}")
    try:
        number = float.__float__(value) if issubclass(type(value), float) else float(int.__int__(value))
    except OverflowError:
        raise ValueError(f"{field} is too large; {takes}") from None
    if not 0 <= number <= most or (above_zero and not number):
        raise ValueError(f"{field} is {number!r}; {takes}")
    return number


def whole(field: str, value: Any, *, least: int, most: int, hint: str = "") -> int:
    """Return an integer as a plain int.

    Raises:
        TypeError: ``value`` is not an int; a bool is not one.
        ValueError: ``value`` is out of range.
    """
    takes = f"it takes an int from {least} to {most}{hint}"
    if isinstance(value, bool) or not issubclass(type(value), int):
        raise TypeError(f"{field} is {shown(value)}; {takes}")
    number = int.__int__(value)
    if not least <= number <= most:
        raise ValueError(f"{field} is {shown(number)}; {takes}")
    return number


def text(field: str, value: Any, *, most: int, hint: str = "") -> str:
    """Return a text as a plain str.

    Raises:
        TypeError: ``value`` is not a str.
        ValueError: ``value`` is longer than ``most`` characters, or cannot be encoded as UTF-8.
    """
    if not issubclass(type(value), str):
        raise TypeError(f"{field} is {shown(value)}; it takes a str{hint}")
    plain = str.__str__(value)
    if len(plain) > most:
        raise ValueError(f"{field} has {len(plain)} characters; it takes at most {most}{hint}")
    if not plain.isprintable():
        raise ValueError(f"{field} is {shown(plain)}; it takes printable characters{hint}")
    return plain


def shown(value: Any) -> str:
    """Return a value for a message: short plain values unchanged, only the type of all others.

    Other values may be a Secret, and their ``__repr__`` may be plugin code.
    """
    if value is None or type(value) in {bool, float}:
        return repr(value)
    if type(value) is int and -_LARGEST_SHOWN < value < _LARGEST_SHOWN:
        return repr(value)
    if type(value) is str and len(value) <= _SHOWN_CHARACTERS:
        return repr(value)
    name = class_name(value)
    return f"{'an' if name[:1].lower() in set('aeiou') else 'a'} {name}" if type(value) is not int else "a huge int"
