"""``TypeForm``: an annotation taken apart into its type, what ``schema()`` says, and whether it may be absent."""

import types
import typing
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from plugin_operator.kube.definitions.schemas.field_schema import FieldSchema

_UNIONS = (Union, types.UnionType)
_WORDS = {type(None): "None", ...: "..."}


class TypeForm(msgspec.Struct, frozen=True):
    """One annotation.

    Attributes:
        types: the type, or the members of a union, without None and ``UnsetType``.
        schemas: what ``schema()`` says, that of an alias before that of the field.
        is_nullable: whether it includes None.
        may_be_unset: whether it includes ``UnsetType``.
    """

    types: tuple[Any, ...]
    schemas: tuple[FieldSchema, ...] = ()
    is_nullable: bool = False
    may_be_unset: bool = False

    @property
    def words(self) -> str:
        """The types as an author writes them."""
        return " | ".join(map(name_of, self.types))


def name_of(type_: Any) -> str:
    """Return a type as an author writes it: without the modules of classes, which differ from revision to revision."""
    if type_ in _WORDS:
        return _WORDS[type_]
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Annotated:
        return name_of(arguments[0])
    if origin in _UNIONS:
        return " | ".join(map(name_of, arguments))
    if arguments and isinstance(origin, type):
        return f"{origin.__name__}[{', '.join(map(name_of, arguments))}]"
    if isinstance(type_, type):
        return type_.__qualname__
    return type_.__name__ if isinstance(type_, TypeVar) else str(type_).removeprefix("typing.")


def form_of(annotation: Any) -> TypeForm:
    """Take an annotation apart.

    Raises:
        TypeError: ``Annotated`` has something that would be ignored.
    """
    if annotation is None or annotation is type(None):
        return TypeForm((), is_nullable=True)
    if annotation is msgspec.UnsetType:
        return TypeForm((), may_be_unset=True)
    if isinstance(annotation, typing.NewType):
        return form_of(annotation.__supertype__)
    if type(annotation).__name__ == "TypeAliasType":  # of Python 3.12
        return form_of(annotation.__value__)
    origin = get_origin(annotation)
    if origin is Annotated:
        return _annotated(annotation)
    if origin in _UNIONS:
        return _union([form_of(each) for each in get_args(annotation)])
    if origin is Literal and None in get_args(annotation):
        rest = tuple(each for each in get_args(annotation) if each is not None)
        return TypeForm((Literal[rest],), is_nullable=True)
    return TypeForm((annotation,))


def _annotated(annotation: Any) -> TypeForm:
    inner, *said = get_args(annotation)
    form = form_of(inner)
    for each in said:
        if isinstance(each, msgspec.Meta):
            raise TypeError("msgspec.Meta is checked when an object is read: write schema(…) in place of Meta(…)")
        if not isinstance(each, FieldSchema):
            raise TypeError(
                f"{each!r} in Annotated would be ignored: write schema(…), such as schema(ge=1), or drop it"
            )
    return TypeForm(form.types, (*form.schemas, *said), form.is_nullable, form.may_be_unset)


def _union(parts: Sequence[TypeForm]) -> TypeForm:
    members = tuple(dict.fromkeys(each for part in parts for each in part.types))
    if len(members) > 1 and all(get_origin(each) is Literal for each in members):
        members = (Literal[tuple(value for each in members for value in get_args(each))],)
    return TypeForm(
        members,
        tuple(each for part in parts for each in part.schemas),
        any(part.is_nullable for part in parts),
        any(part.may_be_unset for part in parts),
    )
