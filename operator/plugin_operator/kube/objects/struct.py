"""``Struct``, the base of typed values: a msgspec struct that knows which of its fields were set, and takes no others.

Server-side apply sends the fields that an author set, and no others: a field left to its default belongs to the server
or to another manager. A value equal to its default is a different statement, and is sent.
"""

import copy
import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, dataclass_transform

import msgspec

from plugin_operator.error_hints import missing_arguments, unknown_argument
from plugin_operator.rendering import class_name

_SET = "_set"
_NO_CLASSES: Mapping[str, type] = {}
_READ = "_read"  # of a decoded value that was assigned to: what was read of the assigned fields
RAW = "_raw"  # of an object: the bytes that it was decoded from
WRITTEN = "_written"  # of an object that was read: what was written of it since
BLOCKS = "_blocks"  # of an object: how many blocks change its status
_KEPT = (_SET, _READ, RAW, WRITTEN)

S = TypeVar("S", bound="Struct")


class StructMeta(msgspec.StructMeta):
    """Makes all fields keywords, and records those that a constructor call names; decoding does not pass through it."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> Any:
        """Create a class; msgspec does not inherit ``kw_only``."""
        return super().__new__(mcls, name, bases, namespace, **{"kw_only": True, **config})

    if not TYPE_CHECKING:  # pyright would take its result for that of every class

        def __call__(cls, *args: Any, **fields: Any) -> Any:
            """Create an instance, and record the names of ``fields``.

            Raises:
                TypeError: an argument is unknown, missing, or has no name.
            """
            try:
                made = super().__call__(*args, **fields)
            except TypeError as error:
                if reason := _wrong_call(cls, fields, str(error)):
                    raise TypeError(reason) from None
                raise
            for name, value in fields.items():
                _check_exact(made, name, value)
            made.__dict__[_SET] = set(fields)
            return made


@dataclass_transform(kw_only_default=True, field_specifiers=(msgspec.field,))
class Struct(msgspec.Struct, metaclass=StructMeta, rename="camel", dict=True):
    """A typed value with named fields: ``class WidgetSpec(Struct): size: int = 1``.

    Fields are written in snake_case and are camelCase on the wire; ``msgspec.field(name="clusterIP")`` names another.
    A field without a default is required. ``UNSET`` as default makes a field optional without a default.
    """

    #: The fields whose values are looked into before they are checked, and their classes.
    _exact = _NO_CLASSES

    if not TYPE_CHECKING:  # with it, a type checker would let any attribute pass

        def __setattr__(self, name: str, value: Any) -> None:
            is_field = name in self.__struct_fields__
            if not is_field and not _takes(type(self), name):
                raise AttributeError(_no_field(type(self), name), name=name, obj=self)
            _check_exact(self, name, value)
            before = getattr(self, name, msgspec.UNSET) if is_field else None
            super().__setattr__(name, value)
            if is_field:
                _record(self, name, before)

    def __copy__(self) -> Self:
        return _restored(_shallow(self), {}, self.__dict__)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return _restored(_shallow(self), copy.deepcopy(_values(self), memo), self.__dict__)

    def __replace__(self, **fields: Any) -> Self:
        """Return a copy with other values of ``fields``, which count as set; ``copy.replace`` of Python 3.13 calls it.

        Raises:
            TypeError: the class has no such field.
        """
        made = _restored(_shallow(self), {}, {key: self.__dict__[key] for key in _KEPT if key in self.__dict__})
        for name, value in fields.items():
            if name not in self.__struct_fields__:
                raise TypeError(_no_field(type(self), name))
            _check_exact(made, name, value)
            _record(made, name, getattr(made, name))
            msgspec.structs.force_setattr(made, name, value)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        kept = {key: self.__dict__[key] for key in _KEPT if key in self.__dict__}
        return _unpickled, (type(self), _values(self), kept)


def fields_set(value: Struct) -> frozenset[str]:
    """Return the names of the fields that the author set; of a decoded value, those that were assigned since."""
    return frozenset(value.__dict__.get(_SET, ()))


def was_read(value: Struct) -> bool:
    """Report whether a value was decoded, or is a copy of one that was; not made by its class."""
    return _SET not in value.__dict__ or _READ in value.__dict__


def forgets_its_fields(value: Struct) -> bool:
    """Report whether an object was made by ``msgspec.structs.replace``, which copies no record of its fields."""
    return _SET not in value.__dict__ and RAW not in value.__dict__


def as_it_was(value: Struct, name: str) -> Any:
    """Return a field as it was before the first assignment. A list or map in it may have been changed since."""
    return value.__dict__.get(_READ, {}).get(name, getattr(value, name))


def replace_read(of: Struct, name: str, value: Any) -> None:
    """Replace a field by what was read of it, which does not count as set by the author."""
    msgspec.Struct.__setattr__(of, name, value)
    of.__dict__.get(_SET, set()).discard(name)
    of.__dict__.get(_READ, {}).pop(name, None)


def _wrong_call(cls: type[msgspec.Struct], fields: Mapping[str, Any], problem: str) -> str:
    """Return what is wrong with the arguments of a constructor call; empty for another ``problem``."""
    name, known = cls.__name__, cls.__struct_fields__
    if problem.startswith("Extra positional arguments"):
        return f"{name}() takes its arguments by name: write {name}({known[0] if known else ''}=…)"
    unknown = [each for each in fields if each not in known]
    if problem.startswith("Unexpected keyword argument") and unknown:
        return unknown_argument(name, unknown[0], known)
    lacking = [each.name for each in msgspec.structs.fields(cls) if each.required and each.name not in fields]
    if problem.startswith("Missing required argument") and lacking:
        return missing_arguments(name, _listed(lacking), known)
    return ""


def _listed(names: list[str]) -> str:
    *most, last = map(repr, names)
    return f"{', '.join(most)} and {last}" if most else last


def _check_exact(of: Struct, name: str, value: Any) -> None:
    cls = of._exact.get(name)  # noqa: SLF001 - of this module
    if cls is not None and not isinstance(value, cls):
        way_out = f"write {name}={cls.__name__}(name='a')"
        raise TypeError(f"{type(of).__name__}.{name} takes a {cls.__name__}, and got a {class_name(value)}: {way_out}")


def _takes(cls: type[Any], name: str) -> bool:
    """Report whether something other than a field takes an assignment, such as a property with a setter."""
    return hasattr(getattr(cls, name, None), "__set__")


def _no_field(cls: type[msgspec.Struct], name: str) -> str:
    near = difflib.get_close_matches(name, cls.__struct_fields__, n=1)
    wire = dict(zip(cls.__struct_encode_fields__, cls.__struct_fields__, strict=True)).get(name)
    meant = wire or (near[0] if near else "")
    hint = f"did you mean {meant!r}?" if meant else f"it has {', '.join(cls.__struct_fields__) or 'none'}"
    return f"{cls.__name__} has no field {name!r}: {hint}"


def _record(of: Struct, name: str, before: Any) -> None:
    """Record that a field was set, and what was read of it."""
    if _SET not in of.__dict__:
        of.__dict__.update({_SET: set(), _READ: {}})
    of.__dict__[_SET].add(name)
    if _READ in of.__dict__:
        of.__dict__[_READ].setdefault(name, before)


def _values(of: Struct) -> dict[str, Any]:
    return {name: getattr(of, name) for name in of.__struct_fields__}


def _shallow(of: S) -> S:
    """Return a copy of the fields alone, on which ``__post_init__`` is not called again."""
    found: S = msgspec.Struct.__copy__(of)  # type: ignore[attr-defined]
    return found


def _restored(made: S, fields: dict[str, Any], kept: Mapping[str, Any]) -> S:
    """Return ``made`` with the values of ``fields``, and a copy of the attributes that the class does not declare."""
    for name, value in fields.items():
        msgspec.structs.force_setattr(made, name, value)
    made.__dict__.clear()
    made.__dict__.update({name: copy.copy(each) if name in (_SET, _READ) else each for name, each in kept.items()})
    return made


def _unpickled(cls: type[S], fields: dict[str, Any], kept: dict[str, Any]) -> S:
    return _restored(cls(**fields), fields, kept)
