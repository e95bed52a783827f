"""The defaults of a class as those of its CustomResourceDefinition."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

from plugin_operator.kube.definitions.schemas.annotations.type_forms import TypeForm, form_of
from plugin_operator.kube.definitions.schemas.conformity import violations
from plugin_operator.kube.definitions.schemas.field_schema import FieldSchema
from plugin_operator.kube.objects.comparison import same
from plugin_operator.kube.objects.wire import to_wire

_NONE = object()


def default_document(field: msgspec.structs.FieldInfo, schema: Mapping[str, Any]) -> Any:
    """Return the default of a field as JSON, or None if the definition should have none.

    An empty list or dict, null, and ``UNSET`` are none: an absent field is read as the default of the class, and the
    API server need not store what is empty. A struct that equals its defaults is ``{}`` if the API server has to fill
    in defaults of its fields.

    Raises:
        ValueError: the default does not fit the schema, or differs from call to call.
    """
    value = _value(field)
    if value is _NONE or value is None or value is msgspec.UNSET:
        return None
    if isinstance(value, FieldSchema):
        words = form_of(field.type).words
        raise TypeError(f"schema(…) is no default: write {field.name}: Annotated[{words}, schema(…)]")
    _check_class(field, value)
    found = to_wire(value)
    if field.default_factory is not msgspec.NODEFAULT and to_wire(_value(field)) != found:
        raise ValueError("its default differs from call to call: write UNSET, and let the plugin set the field")
    if found in ([], {}) and not _has_defaults(schema):
        return None
    for each in violations(found, schema):
        raise ValueError(f"its default does not fit its schema: {each}")
    return found


def _value(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        try:
            # Not factory(): a call that CPython has specialized for list runs past the metaclass, and its message.
            return field.default_factory(*())
        except TypeError as error:
            raise TypeError(f"its default cannot be made: {error}") from error
    return _NONE if field.default is msgspec.NODEFAULT else field.default


def _check_class(field: msgspec.structs.FieldInfo, value: Any) -> None:
    """Raise ValueError for a default that a read object would have as another value, such as ``"a"`` for ``Size.A``.

    What the schema refuses is left to it.
    """
    try:
        read = msgspec.convert(value, field.type)
    except msgspec.ValidationError:
        return
    if same(read, value):
        return
    form = form_of(field.type)
    words = f"{form.words} | None" if form.is_nullable else form.words
    instead = f"default_factory=lambda: {read!r}"
    if isinstance(read, Enum):
        instead = str(read)
    elif isinstance(read, msgspec.Struct) and not value:
        instead = f"default_factory={type(read).__name__}"
    elif not isinstance(read, list | dict | msgspec.Struct):
        instead = repr(read)
    instead = f"field({instead})" if instead.startswith("default_factory=") else instead
    raise ValueError(f"its default is {value!r}, which is no {words}: write {field.name}: {words} = {instead}")


def _has_defaults(schema: Mapping[str, Any]) -> bool:
    """Report whether the API server fills in a field of an empty struct."""
    return any("default" in each for each in schema.get("properties", {}).values())


def check_absence(field: msgspec.structs.FieldInfo, form: TypeForm) -> None:
    """Raise ValueError for a default that only another annotation allows."""
    if Any in form.types:
        return
    name, types = field.name, form.words
    if field.default is None and not form.is_nullable:
        way_out = f"write {name}: {types} | None = None, or {name}: {types} | UnsetType = UNSET for an optional field"
        raise ValueError(f"its default is None, which is no {types}: {way_out}")
    if field.default is msgspec.UNSET and not form.may_be_unset:
        raise ValueError(f"its default is UNSET, which is no {types}: write {name}: {types} | UnsetType = UNSET")
