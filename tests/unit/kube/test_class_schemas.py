"""A class becomes the structural schema that Kubernetes people would write for it."""

import enum
import sys
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, NewType

import msgspec
import pytest

from plugin_operator import (
    UNSET,
    ApiObject,
    Conditions,
    Duration,
    EmbeddedObject,
    Quantity,
    Struct,
    UnsetType,
    resource,
    rule,
    schema,
)
from plugin_operator.kube.definitions import definition_of
from tests.struct_classes import kind_class, struct_class

INTEGER = {"type": "integer", "format": "int64"}
TEXT = {"type": "string"}
INT_OR_TEXT = {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}
KEEPING = {"x-kubernetes-preserve-unknown-fields": True}


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Part(Struct):
    """One part."""

    name: str
    count: int = 1


class Pair(Struct, rename=None):
    left_side: str
    right_side: Annotated[str, schema(min_length=1)]


Letters = Literal["a"]
Port = NewType("Port", int)
Name = Annotated[str, schema(max_length=63, min_length=1)]


def schema_of(annotation: Any, default: Any = msgspec.NODEFAULT, **options: Any) -> dict[str, Any]:
    """Return the schema of a field ``field`` of the spec of a new kind."""
    values = {} if default is msgspec.NODEFAULT else {"field": default}
    made = kind_class({"spec": struct_class({"field": annotation}, values)})
    found = definition_of(resource("example.com/v1/Widget", **options)(made)).schema
    whole: dict[str, Any] = found["properties"]["spec"]
    return whole


def field_of(annotation: Any, default: Any = msgspec.NODEFAULT) -> dict[str, Any]:
    found: dict[str, Any] = schema_of(annotation, default)["properties"]["field"]
    return found


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (str, TEXT),
        (int, INTEGER),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (bytes, {"type": "string", "format": "byte"}),
        (datetime, {"type": "string", "format": "date-time"}),
        (date, {"type": "string", "format": "date"}),
        (Port, INTEGER),
        (Any, KEEPING),
        (list[str], {"type": "array", "items": TEXT}),
        (list, {"type": "array", "items": KEEPING}),
        (list[list[int]], {"type": "array", "items": {"type": "array", "items": INTEGER}}),
        (dict[str, int], {"type": "object", "additionalProperties": INTEGER}),
        (dict[str, list[str]], {"type": "object", "additionalProperties": {"type": "array", "items": TEXT}}),
        (dict[str, Any], {"type": "object", **KEEPING}),
        (dict, {"type": "object", **KEEPING}),
        (int | str, INT_OR_TEXT),
        (str | int | None, {**INT_OR_TEXT, "nullable": True}),
        (str | None, {**TEXT, "nullable": True}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal[1, 2], {"type": "integer", "enum": [1, 2]}),
        (Letters | Literal["b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal["a"] | None, {"type": "string", "enum": ["a"]}),
        (Color, {"type": "string", "enum": ["red", "green"]}),
        (Level, {"type": "integer", "enum": [1, 2]}),
        (Color | None, {"type": "string", "enum": ["red", "green"]}),
        (Duration, {"type": "string", "format": "duration"}),
        (EmbeddedObject, {"type": "object", "x-kubernetes-embedded-resource": True, **KEEPING}),
        (Name, {"type": "string", "maxLength": 63, "minLength": 1}),
        (list[Name], {"type": "array", "items": {"type": "string", "maxLength": 63, "minLength": 1}}),
        (Annotated[Name, schema(max_length=9)], {"type": "string", "maxLength": 9, "minLength": 1}),
    ],
)
def test_a_type_has_its_schema(annotation: Any, expected: dict[str, Any]) -> None:
    assert field_of(annotation) == expected


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Annotated[int, schema(ge=1, le=10)], {**INTEGER, "minimum": 1, "maximum": 10}),
        (Annotated[int, schema(gt=0)], {**INTEGER, "minimum": 0, "exclusiveMinimum": True}),
        (Annotated[float, schema(lt=0.5)], {"type": "number", "maximum": 0.5, "exclusiveMaximum": True}),
        (Annotated[int, schema(multiple_of=5)], {**INTEGER, "multipleOf": 5}),
        (Annotated[int, schema(format="int32")], {"type": "integer", "format": "int32"}),
        (Annotated[str, schema(format="ipv4")], {**TEXT, "format": "ipv4"}),
        (Annotated[str, schema(enum=["a", "b"])], {**TEXT, "enum": ["a", "b"]}),
        (Annotated[str, schema(pattern="^a$")], {**TEXT, "pattern": "^a$"}),
        (Annotated[list[int], schema(min_length=1, max_length=3)],
         {"type": "array", "items": INTEGER, "minItems": 1, "maxItems": 3}),
        (Annotated[dict[str, str], schema(min_length=1, max_length=3)],
         {"type": "object", "additionalProperties": TEXT, "minProperties": 1, "maxProperties": 3}),
        (Annotated[list[str], schema(list_type="set")],
         {"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"}),
        (Annotated[list[str], schema(list_type="atomic")],
         {"type": "array", "items": TEXT, "x-kubernetes-list-type": "atomic"}),
        (Annotated[dict[str, str], schema(map_type="atomic")],
         {"type": "object", "additionalProperties": TEXT, "x-kubernetes-map-type": "atomic"}),
        (Annotated[str, schema(title="T", description="D", example="x", external_docs="https://example.com")],
         {**TEXT, "title": "T", "description": "D", "example": "x", "externalDocs": {"url": "https://example.com"}}),
        (Annotated[str, schema(immutable=True)],
         {**TEXT, "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "the field is immutable"}]}),
        (Annotated[str, schema(rules=[rule("a", message="b", reason="FieldValueForbidden", field_path=".c")])],
         {**TEXT, "x-kubernetes-validations": [
             {"rule": "a", "message": "b", "reason": "FieldValueForbidden", "fieldPath": ".c"}]}),
        (Annotated[str, schema(rules=[rule("oldSelf", message_expression="x", optional_old_self=True)])],
         {**TEXT, "x-kubernetes-validations": [
             {"rule": "oldSelf", "messageExpression": "x", "optionalOldSelf": True}]}),
        (Annotated[str, schema(max_length=5)] | None, {**TEXT, "maxLength": 5, "nullable": True}),
    ],
)  # fmt: skip
def test_schema_adds_its_keywords(annotation: Any, expected: dict[str, Any]) -> None:
    assert field_of(annotation) == expected


def test_a_struct_has_its_fields_and_those_without_a_default_are_required() -> None:
    assert field_of(Part) == {
        "type": "object",
        "description": "One part.",
        "properties": {"name": TEXT, "count": {**INTEGER, "default": 1}},
        "required": ["name"],
    }


def test_a_struct_may_be_replaced_as_a_whole() -> None:
    assert field_of(Annotated[Part, schema(struct_type="atomic")])["x-kubernetes-map-type"] == "atomic"


def test_fields_have_their_names_on_the_wire() -> None:
    assert set(field_of(Pair)["properties"]) == {"left_side", "right_side"}

    class Camel(Struct):
        left_side: str
        cluster_ip: str = msgspec.field(name="clusterIP", default="")

    assert set(field_of(Camel)["properties"]) == {"leftSide", "clusterIP"}


def test_a_list_may_be_a_map_by_keys() -> None:
    found = field_of(Annotated[list[Part], schema(list_type="map", keys=["name", "count"])])
    assert found["x-kubernetes-list-map-keys"] == ["name", "count"]
    assert field_of(Conditions)["x-kubernetes-list-map-keys"] == ["type"]


@pytest.mark.parametrize(
    "said",
    [
        schema(list_type="map", keys=["name"]),
        schema(example=[{"name": "a"}], external_docs={"url": "https://example.com"}),
        schema(rules=[rule("self.size() < 9")]),
    ],
)
def test_a_type_with_any_schema_may_be_absent_or_null(said: Any) -> None:
    annotation: Any = Annotated[list[Part], said]
    assert field_of(annotation | UnsetType, UNSET)["type"] == "array"
    assert field_of(annotation | None, None)["nullable"] is True


def test_a_quantity_is_a_number_or_a_text_with_a_pattern() -> None:
    found = field_of(Quantity)
    assert found.pop("pattern").startswith("^(")
    assert found == INT_OR_TEXT


@pytest.mark.parametrize(
    ("annotation", "default", "expected"),
    [
        (int, 3, 3),
        (str, "", ""),
        (bool, False, False),
        (Color, Color.RED, "red"),
        (bytes, b"abc", "YWJj"),
        (datetime, datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
        (list[str], msgspec.field(default_factory=lambda: ["a"]), ["a"]),
        (Part, msgspec.field(default_factory=lambda: Part(name="a")), {"name": "a"}),
        (dict[str, Part], msgspec.field(default_factory=lambda: {"x": Part(name="a", count=2)}),
         {"x": {"name": "a", "count": 2}}),
    ],
)  # fmt: skip
def test_the_default_of_the_class_is_that_of_the_definition(annotation: Any, default: Any, expected: Any) -> None:
    found = schema_of(annotation, default)
    assert found["properties"]["field"]["default"] == expected
    assert "required" not in found


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (str | UnsetType, UNSET),
        (str | None, None),
        (list[str], []),
        (dict[str, str], {}),
        (Pair | UnsetType, UNSET),
    ],
)
def test_an_absent_null_or_empty_default_makes_a_field_optional_only(annotation: Any, default: Any) -> None:
    found = schema_of(annotation, default)
    assert "default" not in found["properties"]["field"]
    assert "required" not in found


def test_a_struct_of_defaults_is_an_empty_default_which_the_api_server_fills() -> None:
    class Inner(Struct):
        size: int = 3

    assert field_of(Inner, msgspec.field(default_factory=Inner))["default"] == {}


class DocumentedBase(Struct):
    """A base.

    Attributes:
        inherited: From the base.
    """


class Documented(DocumentedBase):
    """What it is,
    over two lines.

    More about ``it``.

    Attributes:
        size: In metres,
            as a whole number.
        color, shade: Of the paint.
        own (str): Is hidden by ``schema``.

    Note:
        Not for users.
    """

    size: int
    color: str
    shade: str
    inherited: str
    own: Annotated[str, schema(description="From the field.")]
    part: Part


def test_docstrings_describe_a_class_and_its_fields() -> None:
    found = field_of(Documented)
    assert found["description"] == "What it is, over two lines.\n\nMore about `it`."
    assert {name: each["description"] for name, each in found["properties"].items()} == {
        "size": "In metres, as a whole number.",
        "color": "Of the paint.",
        "shade": "Of the paint.",
        "inherited": "From the base.",
        "own": "From the field.",
        "part": "One part.",
    }


@resource("example.com/v1/Gadget", rules=[rule("self.spec.size > 0")])
class Gadget(ApiObject):
    """A gadget."""

    spec: Part
    status: Part | UnsetType = UNSET
    data: dict[str, str] = {}


def test_a_kind_has_the_fields_of_every_object_and_its_own() -> None:
    found = definition_of(Gadget).schema
    assert found["description"] == "A gadget."
    assert found["required"] == ["spec"]
    assert found["x-kubernetes-validations"] == [{"rule": "self.spec.size > 0"}]
    assert [found["properties"][name] for name in ("apiVersion", "kind", "metadata")] == [
        TEXT,
        TEXT,
        {"type": "object"},
    ]
    assert set(found["properties"]) == {"apiVersion", "kind", "metadata", "spec", "status", "data"}


def test_a_status_has_no_defaults() -> None:
    found = definition_of(Gadget).schema["properties"]
    assert found["spec"]["properties"]["count"]["default"] == 1
    assert found["status"]["properties"]["count"] == INTEGER


@schema(rules=[rule("self.low <= self.high", message="low is above high")], struct_type="atomic", title="Range")
class Range(Struct):
    low: int
    high: int


def test_a_class_has_rules_of_its_own_wherever_it_is_used() -> None:
    found = field_of(list[Range])["items"]
    assert found["x-kubernetes-validations"] == [{"rule": "self.low <= self.high", "message": "low is above high"}]
    assert (found["x-kubernetes-map-type"], found["title"]) == ("atomic", "Range")
    more = field_of(Annotated[Range, schema(rules=[rule("self.low > 0")])])
    assert [each["rule"] for each in more["x-kubernetes-validations"]] == ["self.low <= self.high", "self.low > 0"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the statement type is new in Python 3.12")
def test_an_alias_of_the_statement_type_is_its_type() -> None:
    scope: dict[str, Any] = {}
    exec("type Alias = list[int]", scope)
    assert field_of(scope["Alias"]) == {"type": "array", "items": INTEGER}
