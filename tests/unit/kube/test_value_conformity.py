"""A value is judged by a schema as the API server judges it, and each reason has the path of the value."""

from typing import Any

import pytest

from kube_apiserver.crds.schemas import from_crd
from kube_apiserver.keywords.keywords import check
from plugin_operator.kube.definitions import violations

PARTS = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    "items": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
}
ATOMIC = {
    "type": "array",
    "x-kubernetes-list-type": "set",
    "items": {"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": {"type": "string"}},
}
CASES: list[tuple[dict[str, Any], Any, str]] = [
    ({"type": "integer"}, 1, ""),
    ({"type": "integer"}, 1.0, ""),
    ({"type": "integer"}, 1.5, "must be a whole number, and is 1.5"),
    ({"type": "integer"}, True, "must be a whole number, and is True"),
    ({"type": "integer", "format": "int32"}, 2**31, "must fit into 32 bits, and is 2147483648"),
    ({"type": "number"}, 1, ""),
    ({"type": "number"}, "1", "must be a number, and is '1'"),
    ({"type": "string"}, 1, "must be a text, and is 1"),
    ({"type": "string"}, None, "must not be null"),
    ({"type": "string", "nullable": True}, None, ""),
    ({"x-kubernetes-preserve-unknown-fields": True}, None, ""),
    ({"x-kubernetes-int-or-string": True}, None, "must not be null"),
    ({"x-kubernetes-int-or-string": True}, "a", ""),
    ({"x-kubernetes-int-or-string": True}, 1.5, "must be an int or a text, and is 1.5"),
    ({"type": "boolean"}, 0, "must be true or false, and is 0"),
    ({"type": "integer", "minimum": 1}, 0, "must be >= 1, and is 0"),
    ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, 1, "must be > 1, and is 1"),
    ({"type": "integer", "maximum": 1}, 2, "must be <= 1, and is 2"),
    ({"type": "integer", "maximum": 1, "exclusiveMaximum": True}, 1, "must be < 1, and is 1"),
    ({"type": "integer", "multipleOf": 5}, 7, "must be a multiple of 5, and is 7"),
    ({"type": "number", "multipleOf": 0.1}, 0.3, ""),
    ({"type": "number", "multipleOf": 1e-9}, 1e300, "must be a multiple of 1e-09, and is 1e+300"),
    ({"type": "number", "multipleOf": 0.1}, 0.35, "must be a multiple of 0.1, and is 0.35"),
    ({"type": "string", "maxLength": 1}, "ä", ""),
    ({"type": "string", "maxLength": 1}, "ab", "must have at most 1 characters, and has 2"),
    ({"type": "string", "minLength": 1}, "", "must have at least 1 characters, and has 0"),
    ({"type": "string", "enum": ["a", "b"]}, "c", "must be one of 'a', 'b', and is 'c'"),
    ({"type": "integer", "enum": [1]}, 1, ""),
    ({"type": "integer", "enum": [1]}, 1.0, ""),
    ({"x-kubernetes-preserve-unknown-fields": True}, {"a": [None, {"b": None}]}, ""),
    ({"type": "string", "pattern": "^[a-z]+$"}, "abc", ""),
    ({"type": "string", "pattern": "^[a-z]+$"}, "abc\n", "must match ^[a-z]+$, and is 'abc\\n'"),
    ({"type": "array", "maxItems": 1, "items": {}}, [1, 2], "must have at most 1 items, and has 2"),
    ({"type": "array", "items": {"type": "string"}}, ["a", 1], "[1]: must be a text, and is 1"),
    (
        {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        ["a", "a"],
        "[1]: is there twice",
    ),
    (ATOMIC, [{"a": "1", "b": "2"}, {"b": "2", "a": "1"}], "[1]: is there twice"),
    (PARTS, [{"name": "a"}, {"name": "a"}], "[1]: is there twice (by name)"),
    (PARTS, [{"name": "a"}, {}], "[1].name: is missing"),
    ({"type": "object", "maxProperties": 1}, {"a": 1, "b": 2}, "must have at most 1 keys, and has 2"),
    (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"a": "b"},
        "[a]: must be a whole number, and is 'b'",
    ),
    ({"type": "object", "properties": {"a": {"type": "object", "required": ["b"]}}}, {"a": {}}, "a.b: is missing"),
    ({"type": "object", "properties": {"a": {"type": "string"}}}, {"unknown": 1}, ""),
]


@pytest.mark.parametrize(("schema", "value", "expected"), CASES)
def test_a_value_that_does_not_fit_has_its_path_and_reason(schema: dict[str, Any], value: Any, expected: str) -> None:
    assert [str(each) for each in violations(value, schema)] == ([expected] if expected else [])


@pytest.mark.parametrize(("schema", "value", "expected"), [each for each in CASES if "is there twice" not in each[2]])
def test_the_embedded_api_server_judges_alike(schema: dict[str, Any], value: Any, expected: str) -> None:
    assert bool(check(value, from_crd(schema), "")) == bool(expected)
