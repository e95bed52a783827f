"""What a struct class says that its schema would leave out.

These are values that look like fields and are none, and options of msgspec that change its JSON.
"""

import functools
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from plugin_operator.kube.objects import ApiObject, Struct

_BASES = (Struct, ApiObject)


def without_annotation(cls: type[Any], annotated: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the names of values without an annotation, such as ``image = "nginx"``, and what to write instead.

    Functions, properties, other descriptors, classes and private names are no fields.

    Args:
        cls: the class; what its bases say counts, too.
        annotated: names with an annotation.
    """
    seen = set(annotated)
    for each in cls.__mro__:
        if each in _BASES or each.__module__ in ("builtins", "msgspec", "msgspec._core"):
            continue
        for name, value in vars(each).items():
            if name not in seen and not name.startswith("_") and not _is_member(value):
                seen.add(name)
                yield name, _way_out(name, value)


def unusable_options(cls: type[msgspec.Struct]) -> Iterator[str]:
    """Yield why an option of a class cannot be used, and the way out."""
    options = cls.__struct_config__
    if options.array_like:
        yield "array_like=True makes it a list without names, which no API object has: leave it out"
    if options.tag is not None:
        tag = f"{options.tag_field}: {options.tag!r}"
        yield f"tag= writes the field {tag}, which the API server drops: write a field of the type Literal instead"
    if options.forbid_unknown_fields:
        way_out = "leave it out, because the API server drops unknown fields itself"
        yield f"forbid_unknown_fields=True makes an object with a newer field unreadable: {way_out}"


def _is_member(value: Any) -> bool:
    is_descriptor = any(hasattr(type(value), each) for each in ("__get__", "__set__"))
    return is_descriptor or isinstance(value, type | functools.partial) or callable(value)


def _way_out(name: str, value: Any) -> str:
    type_ = type(value).__name__ if type(value) in (bool, bytes, dict, float, int, list, str) else "…"
    return (
        f"it has no annotation, so it is no field: write {name}: {type_} = …, or {name}: ClassVar[{type_}] = … for a "
        "value of the class"
    )
