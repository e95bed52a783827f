"""Custom kinds: validation, pruning, defaults, and whether a schema is structural. Words are a real 1.37 server's."""

from typing import Any

import pytest

from kube_apiserver.crds.definition import definition_causes
from kube_apiserver.crds.schemas import from_crd
from kube_apiserver.decoding.pruning import prune
from kube_apiserver.defaulting.defaults import apply_defaults
from kube_apiserver.validation.objects import validate

SET = {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}
SPEC = {
    "type": "object",
    "required": ["must"],
    "properties": {
        "must": {"type": "string"},
        "text": {"type": "string", "pattern": "^a+$", "minLength": 2, "maxLength": 5},
        "number": {"type": "integer", "minimum": 1, "maximum": 10},
        "colour": {"type": "string", "enum": ["red", "green"]},
        "list": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string"}},
        "set": SET,
        "map": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        },
        "either": {"x-kubernetes-int-or-string": True},
        "null": {"type": "string", "nullable": True},
        "one": {
            "type": "object",
            "properties": {"a": {"type": "string"}, "c": {"type": "string"}},
            "oneOf": [{"required": ["a"]}, {"required": ["c"]}],
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "size": {"type": "integer", "default": 3},
        "nested": {"type": "object", "default": {}, "properties": {"on": {"type": "boolean", "default": False}}},
    },
}
SCHEMA = from_crd({"type": "object", "properties": {"spec": SPEC}})


def gadget(spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "x", "odd": 1}, "spec": spec}


@pytest.mark.parametrize(
    ("spec", "field", "reason", "message"),
    [
        ({}, "spec.must", "FieldValueRequired", "Required value"),
        (
            {"must": 1},
            "spec.must",
            "FieldValueTypeInvalid",
            'Invalid value: "integer": spec.must in body must be of type string: "integer"',
        ),
        (
            {"must": "m", "text": "b"},
            "spec.text",
            "FieldValueInvalid",
            'Invalid value: "b": spec.text in body should be at least 2 chars long',
        ),
        ({"must": "m", "text": "aaaaaaa"}, "spec.text", "FieldValueTooLong", "Too long: may not be more than 5 bytes"),
        (
            {"must": "m", "number": 12},
            "spec.number",
            "FieldValueInvalid",
            "Invalid value: 12: spec.number in body should be less than or equal to 10",
        ),
        (
            {"must": "m", "colour": "blue"},
            "spec.colour",
            "FieldValueNotSupported",
            'Unsupported value: "blue": supported values: "red", "green"',
        ),
        (
            {"must": "m", "list": ["a", "b", "c"]},
            "spec.list",
            "FieldValueTooMany",
            "Too many: 3: must have at most 2 items",
        ),
        ({"must": "m", "set": ["a", "a"]}, "spec.set[1]", "FieldValueDuplicate", 'Duplicate value: "a"'),
        (
            {"must": "m", "map": [{"name": "a"}, {"name": "a"}]},
            "spec.map[1]",
            "FieldValueDuplicate",
            'Duplicate value: {"name":"a"}',
        ),
        (
            {"must": "m", "either": True},
            "spec.either",
            "FieldValueTypeInvalid",
            'Invalid value: "boolean": spec.either in body must be of type integer,string: "boolean"',
        ),
        (
            {"must": "m", "one": {"a": "1", "c": "2"}},
            "<nil>",
            "FieldValueInvalid",
            'Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found 2 valid alternatives',
        ),
    ],
)
def test_a_broken_keyword_is_one_cause(spec: dict[str, Any], field: str, reason: str, message: str) -> None:
    causes = validate(gadget(spec), SCHEMA)
    assert [(cause.field, cause.reason, cause.message) for cause in causes] == [(field, reason, message)]


@pytest.mark.parametrize(
    "extra", [{"null": None}, {"either": "50%"}, {"either": 1}, {"one": {"a": "x"}}, {"free": {"x": 1}}]
)
def test_a_value_that_fits_has_no_causes(extra: dict[str, Any]) -> None:
    assert validate(gadget({"must": "m", **extra}), SCHEMA) == []


def test_pruning_names_unknown_fields_in_order_and_keeps_free_ones() -> None:
    pruned, unknown = prune(
        gadget({"must": "m", "zz": 1, "map": [{"name": "a", "b": 1}], "free": {"k": {"l": 1}}}), SCHEMA
    )
    assert unknown == ["metadata.odd", "spec.map[0].b", "spec.zz"]
    assert pruned["spec"] == {"must": "m", "map": [{"name": "a"}], "free": {"k": {"l": 1}}}


def test_defaults_fill_nested_objects_and_drop_forbidden_nulls() -> None:
    result = apply_defaults(gadget({"must": "m", "colour": None, "size": None, "null": None}), SCHEMA)
    assert result["spec"] == {"must": "m", "null": None, "size": 3, "nested": {"on": False}}


def definition(schema: dict[str, Any]) -> dict[str, Any]:
    names = {"plural": "gadgets", "kind": "Gadget", "singular": "gadget", "listKind": "GadgetList"}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.example.com"},
        "spec": spec,
    }


def causes_of(schema: dict[str, Any]) -> list[tuple[str, str]]:
    root = "spec.validation.openAPIV3Schema"
    return [(cause.field.removeprefix(root), cause.message) for cause in definition_causes(definition(schema))]


@pytest.mark.parametrize(
    ("schema", "field", "message"),
    [
        ({}, ".type", "Required value: must not be empty at the root"),
        ({"type": "string"}, ".type", 'Invalid value: "string": must be object at the root'),
        (
            {"type": "object", "properties": {"a": {}}},
            ".properties[a].type",
            "Required value: must not be empty for specified object fields",
        ),
        (
            {"type": "object", "properties": {"a": {"type": "array"}}},
            ".properties[a].items",
            "Required value: must be specified",
        ),
        (
            {"type": "object", "properties": {"a": {"type": "string", "default": 1}}},
            ".properties[a].default",
            'Invalid value: "integer":  in body must be of type string: "integer"',
        ),
        ({"type": "object", "nullable": True}, ".nullable", "Forbidden: nullable cannot be true at the root"),
    ],
)
def test_a_schema_that_is_not_structural_is_refused(schema: dict[str, Any], field: str, message: str) -> None:
    assert causes_of(schema) == [(field, message)]


def test_a_structural_schema_is_accepted() -> None:
    assert causes_of({"type": "object", "properties": {"spec": SPEC}}) == []


def test_equal_schemas_are_converted_once_and_only_a_few_are_kept() -> None:
    first = from_crd({"type": "object", "description": "one"})
    assert from_crd({"type": "object", "description": "one"}) is first
    for number in range(20):
        from_crd({"type": "object", "description": str(number)})
    assert from_crd({"type": "object", "description": "one"}) is not first


def test_a_set_of_thousands_is_searched_for_duplicates_by_hash() -> None:
    """It took minutes when each item was compared with all before it."""
    schema = from_crd({"type": "object", "properties": {"set": SET}})
    items = [str(number) for number in range(30_000)]

    assert validate({"set": items}, schema) == []
    assert [cause.field for cause in validate({"set": [*items, "7"]}, schema)] == ["set[30000]"]


def test_only_values_of_one_type_are_duplicates_in_a_set() -> None:
    values = {"x-kubernetes-preserve-unknown-fields": True}
    schema = from_crd({"type": "object", "properties": {"set": {**SET, "items": values}}})

    assert validate({"set": [1, True, 1.5, "1", 0, False]}, schema) == []
