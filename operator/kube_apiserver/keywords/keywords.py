"""Validation of a value by the keywords of its custom schema.

This module walks the value and orders the errors. Scalar keywords are in ``values``, combining keywords in
``composition``, checks of whole objects in ``validation``.
"""

from typing import Any

from kube_apiserver.keywords.composition import Result, judge_composition
from kube_apiserver.keywords.formats import is_recognized
from kube_apiserver.keywords.values import check_format, check_number, check_string
from kube_apiserver.schema import messages
from kube_apiserver.schema.go_format import go_json
from kube_apiserver.schema.model import Cause, Schema

# The formats that kube-openapi sees in numbers.
_GO_FORMATS = {"integer": "int64", "number": "float64"}


def check(value: Any, schema: Schema, path: str) -> list[Cause]:
    """Return the field errors of one value by its custom schema, each once.

    As in kube-openapi, a value of the wrong type is checked by the other keywords too.
    """
    causes = _judge(value, schema, path).causes
    return list(dict.fromkeys(causes)) if len(causes) > 1 else causes


def _judge(value: Any, schema: Schema, path: str) -> Result:
    if value is None:
        forbidden = not schema.nullable and (schema.type or schema.int_or_string)
        causes = [messages.wrong_type(path, "null", _types(schema))] if forbidden else []
        return Result(causes + _enum(value, schema, path), matches=0 if forbidden else 1)
    result = Result(_type(value, schema, path), matches=3)
    if schema.type or schema.int_or_string or is_recognized(schema.format, ""):
        result.matches += 1 if result.causes else 2
    result.merge(judge_composition(value, schema.rules, path, _judge))
    if isinstance(value, str):
        result.causes += check_string(value, schema, path) + check_format(value, schema, path)
        result.matches += 2 if is_recognized(schema.format, schema.type) else 1
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        result.causes += check_number(value, schema, path)
        result.matches += 2
    elif isinstance(value, list):
        _array(result, value, schema, path)
    result.causes += _enum(value, schema, path)
    if isinstance(value, dict):
        _object(result, value, schema, path)
    return result


def _enum(value: Any, schema: Schema, path: str) -> list[Cause]:
    # In kube-openapi, null is in no enum.
    if schema.enum and (value is None or value not in schema.enum):
        supported = [each if isinstance(each, str) else go_json(each) for each in schema.enum]
        return [messages.not_supported(path, value, supported)]
    return []


def _types(schema: Schema) -> str:
    return "integer,string" if schema.int_or_string else schema.type


def _type(value: Any, schema: Schema, path: str) -> list[Cause]:
    found, expected = messages.json_type(value), _types(schema)
    if expected == found or (not expected and not schema.format):
        return []
    if schema.int_or_string:
        fits = found in ("integer", "string")
        return [] if fits else [messages.wrong_type(path, found, expected)]
    if expected == "number" and found == "integer":
        return []
    if isinstance(value, float):
        found = "number"  # Go tells whole floats from integers only where an integer is expected
    if is_recognized(schema.format, schema.type):
        if not isinstance(value, str | list):
            return [messages.wrong_type(path, _GO_FORMATS.get(found, ""), schema.format)]
        if expected in ("", "string"):
            return []
    return [messages.wrong_type(path, found, expected)] if expected else []


def _array(result: Result, value: list[Any], schema: Schema, path: str) -> None:
    rules = schema.rules
    result.matches += 2
    if schema.items:
        for position, item in enumerate(value):
            result.merge(_judge(item, schema.items, f"{path}[{position}]"))
    if rules and rules.min_items is not None and len(value) < rules.min_items:
        detail = f"{path} in body should have at least {rules.min_items} items"
        result.causes.append(messages.invalid(path, len(value), detail))
    if rules and rules.max_items is not None and len(value) > rules.max_items:
        result.causes.append(messages.too_many(path, len(value), rules.max_items))


def _object(result: Result, value: dict[str, Any], schema: Schema, path: str) -> None:
    rules = schema.rules
    result.matches += 1
    if rules and rules.min_properties is not None and len(value) < rules.min_properties:
        detail = f"{path} in body should have at least {rules.min_properties} properties"
        result.causes.append(messages.invalid(path, len(value), detail))
    if rules and rules.max_properties is not None and len(value) > rules.max_properties:
        result.causes.append(messages.too_many(path, len(value), rules.max_properties))
    for name, member in value.items():
        known = schema.child(name)
        if known is not None:
            result.merge(_judge(member, known, joined(path, name)))
    result.causes += [messages.required(joined(path, name)) for name in schema.required if name not in value]


def joined(path: str, name: str) -> str:
    """Return the path of the member ``name`` of the object at ``path``."""
    return f"{path}.{name}" if path else name
