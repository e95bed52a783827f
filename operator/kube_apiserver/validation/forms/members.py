"""Rules that the fields of many kinds share: present, one of some values, in a range, of a form."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, messages

Object = Mapping[str, Any]
_MOST_ID = 2**31 - 1
_NEGATIVE = "must be greater than or equal to 0"


def problem_causes(path: str, value: Any, problems: Iterable[str]) -> Iterator[Cause]:
    """Yield a field error for each reason why a value is invalid."""
    return (messages.invalid(path, value, why) for why in problems)


def required_causes(obj: Object, path: str, *names: str) -> Iterator[Cause]:
    """Yield the field errors of the members of the object at ``path`` that are missing or empty."""
    return (messages.required(f"{path}.{name}") for name in names if not obj.get(name))


def choice_causes(obj: Object, path: str, name: str, choices: tuple[Any, ...]) -> Iterator[Cause]:
    """Yield the field error of a member that is set, and to none of ``choices``."""
    value = obj.get(name)
    if value is not None and value not in choices:
        yield messages.not_supported(f"{path}.{name}", value, choices)


def range_causes(obj: Object, path: str, name: str, least: int, most: int) -> Iterator[Cause]:
    """Yield the field error of a number that is set and out of its range."""
    value = obj.get(name)
    if value is not None and not least <= value <= most:
        yield messages.invalid(f"{path}.{name}", value, f"must be between {least} and {most}, inclusive")


def id_causes(obj: Object, path: str, *names: str) -> Iterator[Cause]:
    """Yield the field errors of IDs of users or groups that Linux cannot have."""
    for name in names:
        yield from range_causes(obj, path, name, 0, _MOST_ID)


def negative_causes(obj: Object, path: str, *names: str) -> Iterator[Cause]:
    """Yield the field errors of numbers below zero."""
    for name in names:
        if (value := obj.get(name)) is not None and value < 0:
            yield messages.invalid(f"{path}.{name}", value, _NEGATIVE)
