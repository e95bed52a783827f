"""Validation of a value by the keywords of its custom schema.

This module walks the value and orders the errors. Scalar keywords are in ``values``, combining keywords in
``composition``, checks of whole objects in ``validation``.
"""

from typing import Any

from kube_apiserver.keywords.composition import check_composition
from kube_apiserver.keywords.formats import is_recognized
from kube_apiserver.keywords.values import check_format, check_number, check_string
from kube_apiserver.schema import messages
from kube_apiserver.schema.model import Cause, Schema

# What kube-openapi says of a value that is no string or list where the schema has a format.
_GO_FORMATS = {"integer": "int64", "number": "float64"}


def check(value: Any, schema: Schema, path: str) -> list[Cause]:
    """Return the field errors of one value by its custom schema.

    As in kube-openapi, a value of the wrong type is checked by the other keywords too.
    """
    if value is None and (schema.nullable or (not schema.type and not schema.int_or_string)):
        return _enum(value, schema, path)
    causes = _type(value, schema, path)
    if value is None:
        return causes + _enum(value, schema, path)
    causes += check_composition(value, schema, path, check)
    if isinstance(value, str):
        causes += check_string(value, schema, path) + check_format(value, schema, path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        causes += check_format(value, schema, path) + check_number(value, schema, path)
    elif isinstance(value, list):
        causes += _array(value, schema, path)
    causes += _enum(value, schema, path)
    if isinstance(value, dict):
        causes += _object(value, schema, path)
    return causes


def _enum(value: Any, schema: Schema, path: str) -> list[Cause]:
    # In kube-openapi, null is in no enum.
    if schema.enum and (value is None or value not in schema.enum):
        return [messages.not_supported(path, value, schema.enum)]
    return []


def _type(value: Any, schema: Schema, path: str) -> list[Cause]:
    found = messages.json_type(value)
    if schema.int_or_string:
        fits = found in ("integer", "string")
        return [] if fits else [messages.wrong_type(path, found, "integer,string")]
    if not schema.type or found == schema.type or (schema.type == "number" and found == "integer"):
        return []
    if isinstance(value, float):
        found = "number"  # Go tells whole floats from integers only where an integer is expected
    if value is not None and is_recognized(schema.format, schema.type):
        if not isinstance(value, str | list):
            return [messages.wrong_type(path, _GO_FORMATS.get(found, ""), schema.format)]
        if schema.type == "string":
            return []
    return [messages.wrong_type(path, found, schema.type)]


def _array(value: list[Any], schema: Schema, path: str) -> list[Cause]:
    causes = []
    rules = schema.rules
    if rules and rules.min_items is not None and len(value) < rules.min_items:
        detail = f"{path} in body should have at least {rules.min_items} items"
        causes.append(messages.invalid(path, len(value), detail))
    if rules and rules.max_items is not None and len(value) > rules.max_items:
        causes.append(messages.too_many(path, len(value), rules.max_items))
    if schema.items:
        for position, item in enumerate(value):
            causes += check(item, schema.items, f"{path}[{position}]")
    return causes


def _object(value: dict[str, Any], schema: Schema, path: str) -> list[Cause]:
    causes = []
    rules = schema.rules
    if rules and rules.min_properties is not None and len(value) < rules.min_properties:
        detail = f"{path} in body should have at least {rules.min_properties} properties"
        causes.append(messages.invalid(path, len(value), detail))
    if rules and rules.max_properties is not None and len(value) > rules.max_properties:
        causes.append(messages.too_many(path, len(value), rules.max_properties))
    missing = [name for name in schema.required if name not in value]
    missing += [name for name in ("apiVersion", "kind") if schema.embedded and value.get(name) is None]
    causes += [messages.required(joined(path, name)) for name in missing]
    for name, member in value.items():
        known = schema.child(name)
        if known is not None and name not in missing:
            causes += check(member, known, joined(path, name))
    return causes


def joined(path: str, name: str) -> str:
    """Return the path of the member ``name`` of the object at ``path``."""
    return f"{path}.{name}" if path else name
