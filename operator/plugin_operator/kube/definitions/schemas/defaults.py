"""The defaults of a class as those of its CustomResourceDefinition."""

from collections.abc import Mapping
from typing import Any

import msgspec

from plugin_operator.kube.definitions.schemas.conformity import violations
from plugin_operator.kube.definitions.schemas.type_forms import TypeForm
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
        return field.default_factory()
    return _NONE if field.default is msgspec.NODEFAULT else field.default


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
