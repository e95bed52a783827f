"""The class of the status of a typed object, and its first status: an empty one."""

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from plugin_operator.kube.objects.fields import fields_of


def status_class(cls: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """Return the class of the field ``status``.

    Raises:
        TypeError: the class has no field ``status`` of one struct class.
    """
    found = [struct for field in fields_of(cls) if field.name == "status" for struct in _structs_in(field.type)]
    if len(found) != 1:
        name = cls.__name__
        raise TypeError(
            f"class {name} has no status that a block can change: declare status: {name}Status | None = None, with a "
            f"Struct {name}Status"
        )
    return found[0]


def new_status(cls: type[msgspec.Struct]) -> msgspec.Struct:
    """Return an empty status for an object that has none.

    Raises:
        TypeError: the class has no field ``status`` of one struct class, or that class has required fields.
    """
    status = status_class(cls)
    required = [field.name for field in fields_of(status) if field.is_required]
    if required:
        raise TypeError(
            f"this {cls.__name__} has no status yet, and {status.__name__} cannot begin empty: give "
            f"{', '.join(required)} a default, or write the first one with obj.status = {status.__name__}(…) and "
            "ctx.client.update_status(obj)"
        )
    return status()


def _structs_in(annotation: Any) -> list[type[msgspec.Struct]]:
    """Return the struct classes in a type, also inside unions and ``Annotated``."""
    if get_origin(annotation) is Annotated:
        return _structs_in(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [struct for each in get_args(annotation) for struct in _structs_in(each)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct) else []
