"""The names in dicts that stand in the place of a struct: whether its class has them.

A struct takes no other names. A dict takes any, and the API server drops those that the schema lacks. So a write is
refused for them, unless they were read from the server: those are fields of a newer version of the kind.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, get_args, get_origin

import msgspec

from plugin_operator.kube.definitions.schemas.annotations.type_forms import form_of
from plugin_operator.kube.objects.errors import Violation
from plugin_operator.kube.objects.fields import Field, fields_of
from plugin_operator.kube.objects.wire import at_field, at_key, key_of

_PARTS = "_struct_parts"  # on the class, for the reason in ``fields``


class _Part(NamedTuple):
    """Where structs can stand in the values of one annotation.

    Attributes:
        struct: the class of the value itself; None if it is no struct, or may be another dict.
        inner: the part of an item of a list, or of a value of a map; None for neither.
    """

    struct: type[msgspec.Struct] | None
    inner: "_Part | None"


def misnamed(value: Any, cls: type[msgspec.Struct], raw: Any, path: str = "") -> Iterator[Violation]:
    """Yield the fields in dicts, at any depth, that the class of their place does not have.

    Args:
        value: an instance of ``cls``, or a dict in its place.
        cls: the class.
        raw: the JSON that was read in its place; None for nothing.
        path: path of the value.
    """
    return _in_value(value, _Part(cls, None), path, [raw])


def _in_value(value: Any, part: _Part, path: str, read: Sequence[Any]) -> Iterator[Violation]:
    """Yield from one value; ``read`` is what was read in its place, of a list item that of all items."""
    if isinstance(value, msgspec.Struct):
        for field in fields_of(type(value)):
            if (found := _parts_of(type(value)).get(field.wire)) is not None:
                yield from _in_value(getattr(value, field.name), found, at_field(path, field.wire), _at(read, field))
    elif isinstance(value, Mapping) and part.struct is not None:
        yield from _in_dict(value, part.struct, path, read)
    elif isinstance(value, Mapping) and part.inner is not None:
        for key, each in value.items():
            known = [raw[key_of(key)] for raw in read if isinstance(raw, dict) and key_of(key) in raw]
            yield from _in_value(each, part.inner, at_key(path, key), known)
    elif isinstance(value, list | tuple) and part.inner is not None:
        items = [item for raw in read if isinstance(raw, list) for item in raw]
        for index, each in enumerate(value):
            yield from _in_value(each, part.inner, f"{path}[{index}]", items)


def _in_dict(
    value: Mapping[Any, Any], cls: type[msgspec.Struct], path: str, read: Sequence[Any]
) -> Iterator[Violation]:
    fields, parts = {field.wire: field for field in fields_of(cls)}, _parts_of(cls)
    tag = cls.__struct_config__.tag_field
    for key, each in value.items():
        name = key_of(key)
        if name in fields:
            if name in parts:
                yield from _in_value(each, parts[name], at_field(path, name), _at(read, fields[name]))
        elif name != tag and not any(isinstance(raw, dict) and name in raw for raw in read):
            yield Violation(at_field(path, name), f"class {cls.__name__} has no such field; {_meant(name, fields)}")


def _at(read: Sequence[Any], field: Field) -> list[Any]:
    return [raw[field.wire] for raw in read if isinstance(raw, dict) and field.wire in raw]


def _meant(name: str, fields: Mapping[str, Field]) -> str:
    of_python = [wire for wire, field in fields.items() if field.name == name]
    near = of_python or difflib.get_close_matches(name, fields, n=1)
    return f"did you mean {near[0]}?" if near else f"it has {', '.join(fields) or 'none'}"


def _parts_of(cls: type[msgspec.Struct]) -> Mapping[str, _Part]:
    """Return the fields of a class that can hold structs, by their names on the wire."""
    found: Mapping[str, _Part] | None = vars(cls).get(_PARTS)
    if found is None:
        parts = {field.wire: _part_of(field.type) for field in fields_of(cls)}
        found = {name: part for name, part in parts.items() if part is not None}
        setattr(cls, _PARTS, found)
    return found


def _part_of(annotation: Any) -> _Part | None:
    types = form_of(annotation).types
    structs = [each for each in types if isinstance(each, type) and issubclass(each, msgspec.Struct)]
    maps = [each for each in types if each in (Any, dict) or get_origin(each) is dict]
    if len(structs) == 1 and not maps:
        return _Part(structs[0], None)
    inner = [_part_of(get_args(each)[-1]) for each in types if get_origin(each) in (list, dict)]
    return _Part(None, inner[0]) if len(types) == 1 and inner and inner[0] is not None else None
