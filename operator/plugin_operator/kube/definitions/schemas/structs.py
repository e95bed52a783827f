"""From a class to its structural OpenAPI schema."""

import datetime as dt
import enum
import typing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, get_args, get_origin

import msgspec

from plugin_operator.kube.definitions.schemas.annotations.type_forms import TypeForm, form_of, name_of
from plugin_operator.kube.definitions.schemas.annotations.unusable_types import no_schema, no_schema_of_union
from plugin_operator.kube.definitions.schemas.class_bodies import unusable_options, without_annotation
from plugin_operator.kube.definitions.schemas.defaults import check_absence, default_document
from plugin_operator.kube.definitions.schemas.docstrings import Descriptions, descriptions_of
from plugin_operator.kube.definitions.schemas.field_schema import SCHEMA_MARK, FieldSchema
from plugin_operator.kube.definitions.schemas.keywords import INT_OR_STRING, PRESERVE, apply_all
from plugin_operator.kube.definitions.schemas.schema_budget import SchemaBudget, SchemaTooLarge
from plugin_operator.kube.definitions.schemas.structural import OF_EVERY_OBJECT, FieldOf
from plugin_operator.kube.objects import ApiObject, Metadata, Struct

Schema = dict[str, Any]

_SCALARS: Mapping[Any, Schema] = {
    bool: {"type": "boolean"},
    bytes: {"type": "string", "format": "byte"},
    dt.date: {"type": "string", "format": "date"},
    dt.datetime: {"type": "string", "format": "date-time"},
    float: {"type": "number"},
    int: {"type": "integer", "format": "int64"},
    str: {"type": "string"},
}
_JSON = {bool: "boolean", int: "integer", str: "string"}


class SchemaError(ValueError):
    """A class has no structural schema.

    Attributes:
        cls: the class with the mistake.
        field: its field; empty for the class itself.
        reason: what is wrong, and the way out.
        others: further mistakes, in this class and others.
    """

    def __init__(self, cls: type[Any], field: str, reason: str) -> None:
        self.cls, self.field, self.reason = cls, field, reason
        self.others: tuple[SchemaError, ...] = ()
        super().__init__(f"{cls.__name__}.{field}: {reason}" if field else f"{cls.__name__}: {reason}")


def schema_of_kind(cls: type[ApiObject], rules: FieldSchema) -> Schema:
    """Return the schema of a kind.

    The status has no defaults, because the API server would write them in place of the controller.

    Args:
        cls: class of the objects.
        rules: the rules for the whole object.

    Raises:
        SchemaError: the class has no structural schema; further mistakes are in its ``others``.
    """
    try:
        found = _Struct(cls, (), SchemaBudget()).schema()
    except SchemaTooLarge as error:
        raise SchemaError(cls, "", str(error)) from error
    for name in ("apiVersion", "kind"):
        found["properties"][name] = {"type": "string"}
    found["properties"]["metadata"] = {"type": "object"}
    try:
        apply_all(found, [rules])
    except ValueError as error:
        raise SchemaError(cls, "", str(error)) from error
    return found


class _Struct:
    """One struct class, at one place in the schema of a kind.

    Args:
        cls: the class.
        trail: the classes around it, outermost first.
        budget: how large the schema of the kind may become.
        has_defaults: whether its defaults are those of the definition.
    """

    def __init__(
        self, cls: type[msgspec.Struct], trail: Sequence[type[Any]], budget: SchemaBudget, *, has_defaults: bool = True
    ) -> None:
        self._cls = cls
        self._trail = (*trail, cls)
        self._budget = budget
        self._has_defaults = has_defaults
        self._wrong: list[SchemaError] = []

    def schema(self) -> Schema:
        """Return its schema, in which the schema of each field is a ``FieldOf``.

        Raises:
            SchemaError: the class has no structural schema.
            SchemaTooLarge: the schema of the kind exceeds its budget.
        """
        with self._noting(""):
            found = self._schema()
        if self._wrong:
            first, *rest = self._wrong
            first.others = tuple(rest)
            raise first
        return found

    @contextmanager
    def _noting(self, field: str) -> Iterator[None]:
        """Keep the mistakes of a field, so that those of the next are found as well."""
        try:
            yield
        except SchemaError as error:
            self._wrong += [error, *error.others]
        except (TypeError, ValueError) as error:
            self._wrong.append(SchemaError(self._cls, field, str(error)))

    def _schema(self) -> Schema:
        annotations = self._annotations()
        texts = descriptions_of(self._cls)
        properties: dict[str, Schema] = {}
        required = []
        for field in msgspec.structs.fields(self._cls):
            with self._noting(field.name):
                if issubclass(self._cls, ApiObject) and field.encode_name in OF_EVERY_OBJECT:
                    _check_reserved(field, annotations[field.name])
                    continue
                schema = self._property(field, annotations[field.name], texts)
                properties[field.encode_name] = FieldOf(self._cls, field.name, schema)
                if field.required:
                    required.append(field.encode_name)
        self._wrong += [SchemaError(self._cls, *each) for each in without_annotation(self._cls, annotations)]
        self._wrong += [SchemaError(self._cls, "", each) for each in unusable_options(self._cls)]
        found: Schema = {"type": "object", "properties": properties}
        if required:
            found["required"] = sorted(required)
        if texts.text:
            found["description"] = texts.text
        said = vars(self._cls).get(SCHEMA_MARK)
        apply_all(found, [said] if isinstance(said, FieldSchema) else [])
        return found

    def _annotations(self) -> dict[str, Any]:
        try:
            return typing.get_type_hints(self._cls, include_extras=True)
        except (NameError, AttributeError, SyntaxError) as error:
            raise ValueError(
                f"an annotation cannot be read ({error}): define its class before, at module level"
            ) from error

    def _property(self, field: msgspec.structs.FieldInfo, annotation: Any, texts: Descriptions) -> Schema:
        is_status = issubclass(self._cls, ApiObject) and field.encode_name == "status"
        has_defaults = self._has_defaults and not is_status
        form = form_of(annotation)
        if form.may_be_unset and field.required:
            raise ValueError("it may be unset, and has no default: write '= UNSET'")
        if is_status and field.required:
            raise ValueError(
                f"a new object has no status, so it needs a default: write status: {form.words} = "
                f"field(default_factory={form.words}), or status: {form.words} | UnsetType = UNSET"
            )
        check_absence(field, form)
        found = self._value(form, has_defaults=has_defaults, is_field=True)
        if text := texts.fields.get(field.name):
            found["description"] = text
        for said in form.schemas:
            if said.description:
                found["description"] = said.description
        if has_defaults and (default := default_document(field, found)) is not None:
            found["default"] = default
        elif not has_defaults:
            default_document(field, found)  # it must fit, even if the definition does not have it
        return found

    def _value(self, form: TypeForm, *, has_defaults: bool, is_field: bool = False) -> Schema:
        if form.may_be_unset and not is_field:
            raise ValueError("an item cannot be unset: take away UnsetType")
        found = self._union(form.types, has_defaults)
        apply_all(found, form.schemas)
        # kube-apiserver compares null with no value of an enum: null cannot be written, and None means absent.
        if form.is_nullable and "enum" not in found:
            found["nullable"] = True
        self._budget.spend(found)
        return found

    def _union(self, types: Sequence[Any], has_defaults: bool) -> Schema:
        if not types:
            raise ValueError("it has no type besides None: add one")
        if set(types) == {int, str}:
            return {INT_OR_STRING: True, "anyOf": [{"type": "integer"}, {"type": "string"}]}
        if len(types) > 1:
            raise no_schema_of_union(types)
        return self._type(types[0], has_defaults)

    def _type(self, type_: Any, has_defaults: bool) -> Schema:
        if type_ is Any:
            return {PRESERVE: True}
        origin, arguments = get_origin(type_), get_args(type_)
        if origin is Literal:
            return _enumeration(arguments)
        if origin is list or type_ is list:
            item = form_of(arguments[0] if arguments else Any)
            return {"type": "array", "items": self._value(item, has_defaults=has_defaults)}
        if origin is dict or type_ is dict:
            return self._dict(arguments, has_defaults)
        if isinstance(type_, type):
            if type_ in _SCALARS:
                return dict(_SCALARS[type_])
            if issubclass(type_, enum.Enum):
                return _enumeration([each.value for each in type_])
            if issubclass(type_, Struct):
                return self._struct(type_, has_defaults)
        raise no_schema(type_)

    def _dict(self, arguments: Sequence[Any], has_defaults: bool) -> Schema:
        key, value = arguments or (str, Any)
        if form_of(key).types != (str,):
            raise ValueError(f"the keys of a dict are texts: write dict[str, {name_of(value)}]")
        form = form_of(value)
        if form.types == (Any,) and not form.schemas:
            return {"type": "object", PRESERVE: True}
        return {"type": "object", "additionalProperties": self._value(form, has_defaults=has_defaults)}

    def _struct(self, cls: type[Struct], has_defaults: bool) -> Schema:
        if issubclass(cls, ApiObject):
            raise TypeError(f"{cls.__name__} is an API object, and within another it is a dict: write EmbeddedObject")
        if cls in self._trail:
            raise ValueError(
                f"{cls.__name__} contains itself, which no structural schema can say: write dict[str, Any]"
            )
        try:
            inner = _Struct(cls, self._trail, self._budget, has_defaults=has_defaults)
            return self._budget.schema_of(cls, inner.schema, has_defaults=has_defaults)
        except SchemaError as error:
            if not _is_ours(cls) or _is_ours(self._cls):
                raise
            raise ValueError(
                f"{cls.__name__} has no structural schema, because of {error.cls.__name__}.{error.field}: write "
                "dict[str, Any], which the API server checks in the object that you make of it"
            ) from error


def _is_ours(cls: type[Any]) -> bool:
    """Report whether a class is part of this package, so that an author cannot mend it."""
    return cls.__module__.partition(".")[0] == __name__.partition(".")[0]


def _check_reserved(field: msgspec.structs.FieldInfo, annotation: Any) -> None:
    if field.name != "metadata":
        raise ValueError(f"{field.encode_name} is that of the class: choose another name")
    if not (isinstance(annotation, type) and issubclass(annotation, Metadata)):
        raise TypeError("metadata is that of ApiObject, with the type Metadata: leave it out")


def _enumeration(values: Sequence[Any]) -> Schema:
    kinds = {type(each) for each in values}
    if len(kinds) != 1 or not kinds <= _JSON.keys():
        shown = ", ".join(map(repr, values))
        raise ValueError(f"the values {shown} are of several types, or of none of str, int and bool: use one of these")
    return {"type": _JSON[kinds.pop()], "enum": list(values)}
