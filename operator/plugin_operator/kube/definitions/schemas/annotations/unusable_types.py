"""What to write in place of a type that has no structural schema."""

import dataclasses
import datetime as dt
import difflib
import typing
from collections.abc import Sequence
from typing import Any, TypeVar, get_origin

import msgspec

from plugin_operator.kube.definitions.schemas.annotations.type_forms import name_of

_INSTEAD = {
    dt.timedelta: "Kubernetes has no such JSON: write Duration",
    dt.time: "Kubernetes has no such format: write str",
    object: "write Any",
    set: "its order is lost: write Annotated[list[…], schema(list_type='set')]",
    frozenset: "its order is lost: write Annotated[list[…], schema(list_type='set')]",
    tuple: "write list[…]",
}
_TYPES = "str, int, float, bool, bytes, datetime, list[…], dict[str, …], Literal, Enum, Any or a subclass of Struct"
_NUMBERS = frozenset({int, float})


def no_schema(type_: Any) -> ValueError:
    """Return the error for a type without a structural schema."""
    return ValueError(f"{name_of(type_)} has no structural schema: {_way_out(type_)}")


def no_schema_of_union(types: Sequence[Any]) -> ValueError:
    """Return the error for a union without a structural schema."""
    way_out = "write float" if _NUMBERS.issuperset(types) else "of unions it has X | None, X | UnsetType and int | str"
    return ValueError(f"{' | '.join(map(name_of, types))} has no structural schema: {way_out}")


def _way_out(type_: Any) -> str:
    if isinstance(type_, str | typing.ForwardRef):
        return "define the class before this one"
    if isinstance(type_, TypeVar):
        return "it stands for any type: write the type"
    origin = get_origin(type_) or type_
    if origin in _INSTEAD:
        return _INSTEAD[origin]
    if isinstance(origin, type) and issubclass(origin, msgspec.Struct) and origin is not type_:
        return "a generic class has none: write a class that has the type in place of the variable"
    if isinstance(origin, type) and (issubclass(origin, msgspec.Struct) or _has_fields(origin)):
        return "derive it from Struct"
    near = difflib.get_close_matches(name_of(origin).lower(), ["str", "int", "float", "bool", "list", "dict"], n=1)
    return f"write {near[0]}" if near else f"use {_TYPES}"


def _has_fields(cls: type[Any]) -> bool:
    """Report whether a class is a dataclass, a ``TypedDict`` or a ``NamedTuple``."""
    return dataclasses.is_dataclass(cls) or typing.is_typeddict(cls) or hasattr(cls, "_fields")
