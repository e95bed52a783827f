"""The JSON of typed values: only what was set.

msgspec's own encoder would send every default, which server-side apply takes as a claim to the field.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, time
from enum import Enum
from typing import Any, TypeAlias

import msgspec

from plugin_operator.kube.objects.comparison import same
from plugin_operator.kube.objects.errors import IN_PLACE_OF_NULL, LossyWriteError
from plugin_operator.kube.objects.fields import Field, fields_of
from plugin_operator.kube.objects.struct import Struct, fields_set
from plugin_operator.rendering import class_name

_PLAIN = (str, int)
#: Of a value in a merge patch: returns the JSON of a struct that was read, ``UNSET`` to write it field by field.
Merging: TypeAlias = Callable[[Struct, str], Any]


def to_wire(value: Any, path: str = "", *, merging: Merging | None = None) -> Any:
    """Return a value as JSON-like dicts, lists and scalars.

    A field of a struct is sent if it is required, was set, or differs from its default. An ``UNSET`` field is not.

    Args:
        value: a struct, or any value of a field.
        path: path of the value, for errors.
        merging: given if the result is a value in a merge patch, which cannot write null.

    Raises:
        FieldMisfit: ``merging``, and a field is None that its class does not allow.
        LossyWriteError: ``merging``, and a null would be lost.
        ValueError: JSON has no such number, or a time has no time zone.
        TypeError: a value of this class cannot be written.
    """
    if value is None or (isinstance(value, _PLAIN) and not isinstance(value, Enum)):
        return value
    if isinstance(value, msgspec.Struct):
        if merging is not None and isinstance(value, Struct) and (found := merging(value, path)) is not msgspec.UNSET:
            return found
        return _struct(value, path, merging)
    if isinstance(value, Mapping):
        return {
            key_of(key): _member(each, at_key(path, key), merging)
            for key, each in value.items()
            if each is not msgspec.UNSET
        }
    if isinstance(value, list | tuple):
        return [to_wire(each, f"{path}[{index}]", merging=merging) for index, each in enumerate(value)]
    return _scalar(value, path)


def is_sent(field: Field, value: Any, of: msgspec.Struct) -> bool:
    """Report whether the author states a field of ``of``, whose value is ``value``."""
    if value is msgspec.UNSET:
        return False
    if field.is_required or (isinstance(of, Struct) and field.name in fields_set(of)):
        return True
    default = field.default()
    return not same(value, default) or states_more(value, default)


def at_field(path: str, name: str) -> str:
    """Return the path of a field."""
    return f"{path}.{name}" if path else name


def at_key(path: str, key: object) -> str:
    """Return the path of an entry of a map."""
    return f"{path}[{key}]"


def key_of(key: Any) -> str:
    """Return the key of an entry of a map on the wire."""
    return key if type(key) is str else str(msgspec.to_builtins(key))


def _struct(value: msgspec.Struct, path: str, merging: Merging | None) -> dict[str, Any]:
    config = value.__struct_config__
    document: dict[str, Any] = {} if config.tag is None else {str(config.tag_field): config.tag}
    for field in fields_of(type(value)):
        found = getattr(value, field.name)
        if not is_sent(field, found, value) or (merging is not None and found is None and same(found, field.default())):
            continue
        at = at_field(path, field.wire)
        if found is None and merging is not None:
            field.check_absence(found, at)
        document[field.wire] = _member(found, at, merging)
    return document


def _member(value: Any, path: str, merging: Merging | None) -> Any:
    if value is None and merging is not None:
        raise LossyWriteError(path, "a merge patch cannot write null: it removes the field", IN_PLACE_OF_NULL)
    return to_wire(value, path, merging=merging)


def states_more(value: Any, default: Any) -> bool:
    """Report whether the author set a field of a struct that equals its default."""
    if not isinstance(value, Struct):
        return False
    if fields_set(value) - (fields_set(default) if isinstance(default, Struct) else frozenset()):
        return True
    if type(value) is not type(default):
        return False
    return any(states_more(getattr(value, name), getattr(default, name)) for name in value.__struct_fields__)


def _scalar(value: Any, path: str) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{_in_front(path)}JSON has no number {value!r}")
    if isinstance(value, datetime | time) and value.tzinfo is None:
        raise ValueError(f"{_in_front(path)}{value!r} has no time zone: write datetime.now(UTC), for example")
    try:
        return msgspec.to_builtins(value, order="deterministic")
    except TypeError as error:
        problem = f"a {class_name(value)} cannot be written to the API server: {error}"
        raise TypeError(f"{_in_front(path)}{problem}") from error


def _in_front(path: str) -> str:
    return f"{path}: " if path else ""
