"""Which errors a value has by its keywords, and their order. They are a real 1.37 server's."""

from typing import Any

import pytest

from kube_apiserver.crds.schemas import from_crd
from kube_apiserver.validation.correlation import aligned
from kube_apiserver.validation.embedded_objects import with_canonical_metadata
from kube_apiserver.validation.objects import validate

ANY = {"x-kubernetes-preserve-unknown-fields": True}
EITHER = {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}
DEEP = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
    "oneOf": [{"required": ["a"]}, {"properties": {"a": {"enum": ["x"]}, "b": {"enum": ["y"]}}}],
}
LISTED = {"type": "array", "items": {"type": "string", "maxLength": 1}, "maxItems": 1}
CHECKED = "Checked value must be of type integer (default format) in a"


def words(schema: dict[str, Any], value: Any) -> list[str]:
    found = validate({"a": value}, from_crd({"type": "object", "properties": {"a": schema}}))
    return [cause.message.partition(": ")[2] for cause in found]


@pytest.mark.parametrize(
    ("schema", "value", "last"),
    [
        (EITHER, 1.5, f'"": {CHECKED}'),
        (
            {**ANY, "anyOf": [{"minLength": 3}, {"minLength": 2, "format": "date"}]},
            "x",
            '"x": a in body must be of type',
        ),
        (DEEP, {"b": "z"}, '"z": supported values: "y"'),
    ],
)
def test_of_several_schemas_the_one_with_the_most_matches_says_why(schema: Any, value: Any, last: str) -> None:
    assert last in words(schema, value)[-1]


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (LISTED, ["bb"] * 2, ["may not be more than 1 byte"] * 2 + ["2: must have at most 1 item"]),
        (
            {"type": "integer", "multipleOf": 2, "minimum": 9, "enum": [4]},
            3,
            [
                "3: a in body should be a multiple of 2",
                "3: a in body should be greater than or equal to 9",
                '3: supported values: "4"',
            ],
        ),
        (
            {"type": "integer", "allOf": [{"minimum": 5}, {"minimum": 5}, {"multipleOf": 3}]},
            4,
            [
                "4: a in body should be greater than or equal to 5",
                "4: a in body should be a multiple of 3",
                '"": "a" must validate all the schemas (allOf). None validated',
            ],
        ),
        (
            {"type": "number", "format": "float"},
            1e39,
            ['"": Checked value must be of type number with format float in a'],
        ),
    ],
)
def test_errors_have_the_order_of_the_validators_and_each_is_there_once(
    schema: Any, value: Any, expected: list[str]
) -> None:
    assert words(schema, value) == expected


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("date", "x", '"x"'),
        ("date", 1, '"int64"'),
        ("date", 1.5, '"float64"'),
        ("date", True, '""'),
        ("date", {"a": 1}, '""'),
    ],
)
def test_a_format_without_a_type_refuses_values_of_other_types(name: str, value: Any, found: str) -> None:
    assert (
        words({**ANY, "allOf": [{"format": name}]}, value)[0] == f"{found}: a in body must be of type {name}: {found}"
    )


@pytest.mark.parametrize(("name", "value"), [("date", "2026-01-01"), ("date", ["a"]), ("int32", "x"), ("nonsense", 1)])
def test_a_format_without_a_type_lets_pass_what_it_does_not_know(name: str, value: Any) -> None:
    assert words({**ANY, "allOf": [{"format": name}]}, value) == []


@pytest.mark.parametrize(
    ("inner", "field", "expected"),
    [
        ({"kind": "A"}, "a.apiVersion", "Required value"),
        ({"apiVersion": "v1", "kind": ""}, "a.kind", 'Invalid value: "": must not be empty'),
        ({"apiVersion": 1, "kind": "A"}, "a.apiVersion", "Invalid value: 1: must be a string"),
        (
            {"apiVersion": "v1", "kind": "A", "metadata": {"name": "a/b"}},
            "a.metadata.name",
            "Invalid value: \"a/b\": may not contain '/'",
        ),
    ],
)
def test_an_embedded_resource_has_a_kind_and_metadata(inner: dict[str, Any], field: str, expected: str) -> None:
    schema = {"type": "object", "x-kubernetes-embedded-resource": True, **ANY}
    found = validate({"a": inner}, from_crd({"type": "object", "properties": {"a": schema}}))
    assert [(cause.field, cause.message) for cause in found] == [(field, expected)]


def test_a_number_beyond_the_exact_ones_is_no_multiple() -> None:
    assert words({"type": "number", "multipleOf": 0.5}, 1e30) == ["1e+30: a in body should be a multiple of 0.5"]


def test_the_metadata_of_an_embedded_resource_has_no_empty_fields() -> None:
    embedded = {"type": "object", "x-kubernetes-embedded-resource": True, **ANY}
    schema = from_crd({"type": "object", "properties": {"l": {"type": "array", "items": embedded}}})
    sent = [{"metadata": None}, {"metadata": {"name": "", "labels": {"a": None}, "annotations": {}}}, {"x": 1}]
    written = [{"metadata": {}}, {"metadata": {"labels": {"a": ""}}}, {"x": 1}]
    assert with_canonical_metadata({"l": sent}, schema) == {"l": written}
    assert not [each for each in validate({"l": sent[1:2]}, schema) if ".metadata" in each.field]


def test_an_emptied_list_is_none_that_an_update_may_leave() -> None:
    schema = from_crd({"type": "object", "properties": {"l": {"type": "array", "items": {"type": "integer"}}}})
    assert aligned({"l": [1]}, {"l": []}, schema) == {"l": [1]}
    assert aligned({"l": [1]}, {"l": [2]}, schema) == {"l": []}
