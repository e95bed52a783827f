"""Checks of the single values that authors hand over and that reach queue and timers.

Each function returns a value of exactly the built-in type, whatever a subclass overrides, or raises an error that names
the field and the way out. What cannot be checked cheaply here must not get into the queue.
"""

from typing import Any

from plugin_operator.rendering import class_name

_SHOWN_CHARACTERS = 40
_LARGEST_SHOWN = 10**18


def seconds(field: str, value: Any, *, most: float, above_zero: bool = False, hint: str = "") -> float:
    """Return a number of seconds as a plain float.

    Args:
        field: its name, for messages.
        value: what the author gave.
        most: the largest that is allowed.
        above_zero: zero is refused too.
        hint: what else the field takes, for messages.

    Raises:
        TypeError: it is no float and no int; a bool is none.
        ValueError: it is NaN or out of range.
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
    """Return a whole number as a plain int.

    Raises:
        TypeError: it is no int; a bool is none.
        ValueError: it is out of range.
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
        TypeError: it is no str.
        ValueError: it is longer than ``most`` characters, or has a character that UTF-8 cannot carry.
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
    """Return what a message may say of a value: short plain values as they are, of all others only the type.

    Others may be a whole Secret, and their ``__repr__`` is foreign code.
    """
    if value is None or type(value) in {bool, float}:
        return repr(value)
    if type(value) is int and -_LARGEST_SHOWN < value < _LARGEST_SHOWN:
        return repr(value)
    if type(value) is str and len(value) <= _SHOWN_CHARACTERS:
        return repr(value)
    name = class_name(value)
    return f"{'an' if name[:1].lower() in set('aeiou') else 'a'} {name}" if type(value) is not int else "a huge int"
