"""Conversion of JSON values to CEL data: property names are escaped, dates and durations are parsed.

Lists with keys and sets are compared and joined by their meaning, as the reference of ``x-kubernetes-list-type`` says.
"""

import base64
import binascii
from collections.abc import Iterable
from datetime import date
from typing import Any

from go_cel.values.comparing import equal
from go_cel.values.scalars import Duration, Timestamp
from kube_apiserver import codec
from kube_apiserver.cel.names import identifier, spellings
from kube_apiserver.cel.shapes import is_map, visible
from kube_apiserver.schema.model import Schema


class SetList(list[Any]):
    """A list whose order does not count."""

    __slots__ = ()

    def equals(self, other: list[Any]) -> bool:
        """Report whether another list has the same items."""
        own = {codec.token(item) for item in self}
        return len(self) == len(other) and all(codec.token(item) in own for item in other)

    def merged(self, other: list[Any]) -> "SetList":
        """Return the list with those items of another list that it lacks."""
        known = {codec.token(item) for item in self}
        return SetList([*self, *(item for item in other if codec.token(item) not in known)])


class KeyedList(list[Any]):
    """A list whose items are known by their keys."""

    def __init__(self, items: Iterable[Any], keys: tuple[str, ...]) -> None:
        super().__init__(items)
        self.keys = keys

    def _key(self, item: Any) -> bytes:
        return codec.token([item.get(key) for key in self.keys] if isinstance(item, dict) else None)

    def equals(self, other: list[Any]) -> bool:
        """Report whether another list has equal items, in any order."""
        own = {self._key(item): item for item in self}
        same = len(self) == len(other)
        return same and all((key := self._key(item)) in own and equal(own[key], item) for item in other)

    def merged(self, other: list[Any]) -> "KeyedList":
        """Return the list with the items of another, which replace those with the same keys."""
        found = {self._key(item): item for item in self}
        found.update((self._key(item), item) for item in other)
        return KeyedList(found.values(), self.keys)


def converted(value: Any, schema: Schema, *, is_root: bool = False) -> Any:
    """Return a JSON value of ``schema`` as CEL data. Values that do not match the schema stay unchanged."""
    if isinstance(value, list):
        return _list(value, schema)
    if isinstance(value, dict):
        if is_map(schema) and not is_root and schema.additional is not None:
            return {key: converted(member, schema.additional) for key, member in value.items()}
        return _object(value, schema, is_root=is_root)
    if schema.type == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and schema.format:
        return _formatted(value, schema.format)
    return value


def _list(value: list[Any], schema: Schema) -> list[Any]:
    items = [converted(item, schema.items) for item in value] if schema.items else value
    if schema.list_type == "set":
        return SetList(items)
    if schema.list_type == "map":
        return KeyedList(items, tuple(identifier(key) or key for key in schema.list_keys))
    return items


def _object(value: dict[str, Any], schema: Schema, *, is_root: bool) -> Any:
    if not schema.type and schema.preserve_unknown:
        return value
    found = {}
    for name, child in visible(schema, is_root=is_root or schema.embedded).items():
        escaped = identifier(name)
        if escaped is not None and value.get(name) is not None:
            found.update(dict.fromkeys(spellings(escaped), converted(value[name], child)))
    return found


def _formatted(value: str, form: str) -> Any:
    try:
        match form:
            case "date-time":
                return Timestamp.parse(value)
            case "date":
                return Timestamp.of_date(date.fromisoformat(value))
            case "duration":
                return Duration.parse(value)
            case "byte":
                return base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return value  # schema validation rejects this value
    return value
