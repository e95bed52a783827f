"""A class that has no schema is rejected when it is made, with class, field, file, line and the way out."""

import random
import types
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Literal, NamedTuple, TypedDict, TypeVar

import msgspec
import pytest

from plugin_operator import (
    UNSET,
    ApiObject,
    PluginRejected,
    Struct,
    UnsetType,
    column,
    resource,
    rule,
    scale,
    schema,
)
from plugin_operator.kinds import core_v1
from tests.struct_classes import kind_class, struct_class

X = TypeVar("X")


class Boxed(Struct, Generic[X]):
    value: X


class Color(Enum):
    RED = "red"


class Sized(Struct):
    size: int = 1


class Plain(msgspec.Struct):
    name: str


@dataclass
class PlainDataclass:
    name: str


class PlainDict(TypedDict):
    name: str


class PlainTuple(NamedTuple):
    name: str


class Part(Struct):
    name: str
    note: str | UnsetType = UNSET
    spot: str | None = None


class Node(Struct):
    name: str
    children: "list[Node]" = []


@resource("example.com/v1/Inner")
class Inner(ApiObject):
    spec: Part


def odd(value: Any) -> Any:
    """Return a value that a type checker would reject."""
    return value


def rejection(spec: dict[str, Any], values: dict[str, Any] | None = None, **options: Any) -> PluginRejected:
    """Return why a kind whose spec has these annotations is rejected."""
    made = kind_class({"spec": struct_class(spec, values), "status": Part | UnsetType}, {"status": UNSET})
    with pytest.raises(PluginRejected) as caught:
        resource("example.com/v1/Widget", **options)(made)
    return caught.value


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (set[str], "set[str] has no structural schema: its order is lost: write Annotated[list[…], schema(list_type="),
        (tuple[int, ...], "tuple[int, ...] has no structural schema: write list[…]"),
        (timedelta, "timedelta has no structural schema: Kubernetes has no such JSON: write Duration"),
        (object, "object has no structural schema: write Any"),
        (complex, "complex has no structural schema: use str, int, float, bool, bytes"),
        (Plain, "Plain has no structural schema: derive it from Struct"),
        (PlainDataclass, "PlainDataclass has no structural schema: derive it from Struct"),
        (dict[str, PlainDict], "PlainDict has no structural schema: derive it from Struct"),
        (list[PlainTuple] | None, "PlainTuple has no structural schema: derive it from Struct"),
        (int | bool, "int | bool has no structural schema: of unions it has X | None, X | UnsetType and int | str"),
        (int | float | None, "int | float has no structural schema: write float"),
        (Boxed[int], "Boxed[int] has no structural schema: a generic class has none: write a class that has the type"),
        (list[Boxed[Part]], "Boxed[Part] has no structural schema: a generic class has none"),
        (set[Annotated[Part | None, schema()]], "set[Part | None] has no structural schema: its order is lost"),
        (Part | str, "Part | str has no structural schema: of unions"),
        (None, "it has no type besides None: add one"),
        (dict[int, str], "the keys of a dict are texts: write dict[str, str]"),
        (Literal["a", 1], "the values 'a', 1 are of several types, or of none of str, int and bool: use one of these"),
        (Inner, "Inner is an API object, and within another it is a dict: write EmbeddedObject"),
        (Annotated[int, msgspec.Meta(ge=1)], "msgspec.Meta is checked when an object is read: write schema(…) in pla"),
        (Annotated[str, "min=1"], "'min=1' in Annotated would be ignored: write schema(…), such as schema(ge=1), or"),
        (list[Annotated[str, schema]], "<function schema at"),
        (list[str | UnsetType], "an item cannot be unset: take away UnsetType"),
        (str | UnsetType, "it may be unset, and has no default: write '= UNSET'"),
        (Annotated[str, schema(ge=1)], "ge: it is for a number, and this is a text"),
        (Annotated[int, schema(ge=0.5)], "ge: 0.5 is no whole number, and the type is int"),
        (Annotated[int, schema(ge=odd("1"))], "ge: '1' is no number"),
        (Annotated[float, schema(le=float("nan"))], "le: nan is no number"),
        (Annotated[int, schema(le=2**63 - 1)], "le: 9223372036854775807 is at the end of 64-bit integers"),
        (Annotated[int, schema(ge=-(2**63))], "ge: -9223372036854775808 is at the end of 64-bit integers"),
        (Annotated[int, schema(gt=-(2**63) - 1)], "gt: -9223372036854775809 is at the end of 64-bit integers"),
        (Annotated[int, schema(format="int32", lt=2**31)], "lt: 2147483648 is at the end of 32-bit integers"),
        (Annotated[int, schema(multiple_of=2**70)], "multiple_of: 1180591620717411303424 is at the end of 64-bit"),
        (Annotated[float, schema(le=1e308)], "le: 1e+308 is at the end of 64-bit integers"),
        (Annotated[int, schema(le=2**53 + 1)], "le: 9007199254740993 becomes 9007199254740992 on the API server"),
        (Annotated[int, schema(ge=1, gt=1)], "ge: there is gt too: leave out one of them"),
        (Annotated[int, schema(multiple_of=0)], "multiple_of: 0 is not above 0"),
        (Annotated[int, schema(max_length=1)], "max_length: it is for a text or an int or a text or a list or a dict"),
        (Annotated[str, schema(max_length=-1)], "max_length: -1 is no whole number of at least 0"),
        (Annotated[int, schema(pattern="a")], "pattern: it is for a text or an int or a text, and this is a number"),
        (Annotated[str, schema(pattern="")], "pattern: '' is no text"),
        (Annotated[str, schema(pattern="(?=a)")], "pattern: '(?=a)' is no regular expression of Go (RE2): error"),
        (Annotated[str, schema(format="datetme")], "format: the API server does not know 'datetme': did you mean 'da"),
        (Annotated[str, schema(format="int32")], "format: 'int32' is for another type than string"),
        (Annotated[list[str], schema(format="date")], "format: it is for numbers and texts"),
        (Annotated[str, schema(enum=[])], "enum: [] is no list of values"),
        (Annotated[str, schema(enum=["a", "a"])], "enum: ['a', 'a'] has a value twice"),
        (Annotated[str, schema(list_type="set")], "list_type: it is for a list, and this is a text"),
        (Annotated[list[str], schema(list_type=odd("bag"))], "list_type: 'bag' is none: write 'atomic', 'set' or 'ma"),
        (Annotated[list[Part], schema(list_type="set")], "list_type: a list with list_type='set' has items that are"),
        (Annotated[list[str], schema(list_type="map", keys=["a"])], "list_type: a list with list_type='map' has items"),
        (Annotated[list[Part], schema(list_type="map")], "keys: they go with list_type='map', and name what identifi"),
        (Annotated[list[Part], schema(keys=["name"])], "keys: they go with list_type='map'"),
        (Annotated[list[Part], schema(list_type="map", keys=["nam"])], "keys: the items have no field 'nam': they ha"),
        (Annotated[list[Part], schema(list_type="map", keys=["note"])], "keys: the field 'note' may be absent"),
        (Annotated[list[Part], schema(list_type="map", keys=["spot"])], "keys: the field 'spot' is a text: a key is"),
        (Annotated[str, schema(map_type="atomic")], "map_type: it is for a dict, and this is a text"),
        (Annotated[Part, schema(struct_type=odd("whole"))], "struct_type: 'whole' is none: write 'atomic' or 'granul"),
        (Annotated[Part, schema(map_type="atomic")], "map_type: it is for a dict, and this is a struct"),
        (Annotated[str, schema(embedded_resource=True)], "embedded_resource: it is for a dict, and this is a text"),
        (Annotated[list[int], schema(preserve_unknown_fields=True)], "preserve_unknown_fields: it is for a struct or"),
        (Annotated[str, schema(external_docs="www")], "external_docs: 'www' is no URL"),
        (Annotated[str, schema(rules=odd(["a"]))], "rules: 'a' is no rule: write rule("),
        (Annotated[str, schema(rules=odd(rule("a")))], "rules: Rule("),
        (Annotated[str, schema(rules=[rule(" ")])], "rules: the rule is empty"),
        (Annotated[str, schema(rules=[rule("a", message="b\nc")])], "rules: the message of 'a' must be one line"),
        (Annotated[str, schema(rules=[rule("a\n&& b")])], "rules: a rule of several lines needs a message"),
        (Annotated[str, schema(rules=[rule("a", reason="No")])], "rules: 'No' is no reason"),  # type: ignore[arg-type]
        (Annotated[str, schema(rules=[rule("a", field_path="b")])], "rules: field_path 'b' must begin with a dot: '."),
        (Annotated[str, schema(rules=[rule("a", optional_old_self=True)])], "rules: optional_old_self is for a rule"),
    ],
)  # fmt: skip
def test_a_field_without_a_schema_is_rejected(annotation: Any, words: str) -> None:
    assert rejection({"field": annotation}).reason.startswith(f"Spec.field: {words}")


@pytest.mark.parametrize(
    ("annotation", "default", "words"),
    [
        (Annotated[int, schema(ge=5)], 3, "its default does not fit its schema: must be >= 5, and is 3"),
        (Literal["a"], "b", "its default does not fit its schema: must be one of 'a', and is 'b'"),
        (Annotated[str, schema(max_length=1)], "ab", "its default does not fit its schema: must have at most 1 charac"),
        (int, "3", "its default does not fit its schema: must be a whole number, and is '3'"),
        (list[Annotated[int, schema(le=1)]], msgspec.field(default_factory=lambda: [2]),
         "its default does not fit its schema: [0]: must be <= 1, and is 2"),
        (str, None, "its default is None, which is no str: write field: str | None = None, or field: str | UnsetT"),
        (int, None, "its default is None, which is no int: write field: int | None = None, or field: int | UnsetT"),
        (Part, None, "its default is None, which is no Part: write field: Part | None = None"),
        (list[str], None, "its default is None, which is no list[str]: write field: list[str] | None = None"),
        (str | UnsetType, None, "its default is None, which is no str: write field: str | None = None"),
        (str, UNSET, "its default is UNSET, which is no str: write field: str | UnsetType = UNSET"),
        (Part, msgspec.field(default_factory=odd(Part)), "its default cannot be made: Part() lacks the argument 'na"),
        (int | None, schema(ge=1), "schema(…) is no default: write field: Annotated[int, schema(…)]"),
        (Color, "red", "its default is 'red', which is no Color: write field: Color = Color.RED"),
        (list[Color], msgspec.field(default_factory=lambda: ["red"]), "its default is ['red'], which is no list[Colo"),
        (Sized, {}, "its default is {}, which is no Sized: write field: Sized = field(default_factory=Sized)"),
        (list[Sized] | None, msgspec.field(default_factory=lambda: [{"size": 2}]),
         "its default is [{'size': 2}], which is no list[Sized] | None: write field: list[Sized] | None = field("),
        (Part, msgspec.field(default_factory=lambda: {"name": "a"}), "its default is {'name': 'a'}, which is no Part"),
        (bytes, "aGk=", "its default is 'aGk=', which is no bytes: write field: bytes = b'hi'"),
        (datetime, "2026-01-01T00:00:00Z", "its default is '2026-01-01T00:00:00Z', which is no datetime: write"),
        (datetime, datetime(2026, 1, 1), "datetime.datetime(2026, 1, 1, 0, 0) has no time zone"),  # noqa: DTZ001
        (float, msgspec.field(default_factory=random.random), "its default differs from call to call: write UNSET"),
    ],
)  # fmt: skip
def test_a_default_outside_its_schema_is_rejected(annotation: Any, default: Any, words: str) -> None:
    assert rejection({"field": annotation}, {"field": default}).reason.startswith(f"Spec.field: {words}")


@pytest.mark.parametrize("annotation", [Any, str | None, Part | None, Literal["a"] | None, dict[str, Any] | None])
def test_a_default_of_none_is_for_what_may_be_none(annotation: Any) -> None:
    made = kind_class({"spec": struct_class({"field": annotation}, {"field": None})})
    assert resource("example.com/v1/Widget")(made) is made


def test_a_status_without_a_default_is_rejected_since_a_new_object_has_none() -> None:
    with pytest.raises(PluginRejected) as caught:
        resource("example.com/v1/Widget")(kind_class({"status": Part}))
    assert caught.value.reason == (
        "Widget.status: a new object has no status, so it needs a default: write status: Part = "
        "field(default_factory=Part), or status: Part | UnsetType = UNSET"
    )


@pytest.mark.parametrize("type_", [dict, dict[str, Any], Part, Any])
def test_metadata_of_another_type_is_rejected(type_: Any) -> None:
    with pytest.raises(PluginRejected, match=r"Widget\.metadata: metadata is that of ApiObject, .*: leave it out"):
        resource("example.com/v1/Widget")(kind_class({"metadata": type_}))


@pytest.mark.parametrize(
    ("value", "words"),
    [("nginx", "write image: str = …, or image: ClassVar[str] = … for"), ([], "write image: list = …"), (None, "…")],
)
def test_a_value_without_an_annotation_is_rejected_since_it_is_no_field(value: Any, words: str) -> None:
    found = rejection({"size": int}, {"image": value})
    assert found.reason.startswith("Spec.image: it has no annotation, so it is no field: ")
    assert words in found.reason


class Mixed:
    """A base that is no struct."""

    shared = 1


class Rich(Struct, Mixed):
    """A class with all that is no field, and one value that a base forgot to annotate."""

    size: int = 1
    limit: ClassVar[int] = 5
    _private = 3
    short = staticmethod(len)
    made: ClassVar[Any] = partial(dict, a=1)

    class Inner(Struct):
        """A class in a class."""

    @property
    def double(self) -> int:
        """Return twice the size."""
        return 2 * self.size

    @cached_property
    def text(self) -> str:
        """Return a text."""
        return "x"

    @classmethod
    def empty(cls) -> "Rich":
        """Return one with defaults."""
        return cls()

    def method(self) -> int:
        """Return the size."""
        return self.size


def test_what_is_no_field_by_its_form_is_let_through() -> None:
    found = rejection({"rich": Rich})
    assert found.reason.startswith("Rich.shared: it has no annotation")
    assert found.others == ()


def test_a_class_that_contains_itself_is_rejected_at_the_line_of_its_field() -> None:
    found = rejection({"field": Node})
    lines = Path(__file__).read_text("utf-8").splitlines()
    assert found.reason.startswith("Node.children: Node contains itself, which no structural schema can say")
    assert found.path == __file__
    assert lines[(found.line or 0) - 1].strip() == 'children: "list[Node]" = []'


def test_an_annotation_that_names_nothing_is_rejected() -> None:
    assert rejection({"field": "Nothing"}).reason.startswith(
        "Spec: an annotation cannot be read (name 'Nothing' is not"
    )


@pytest.mark.parametrize("name", ["kind", "api_version"])
def test_a_kind_cannot_have_a_field_that_every_object_has(name: str) -> None:
    with pytest.raises(PluginRejected, match=f"Widget.{name}: .* is that of the class: choose another name"):
        resource("example.com/v1/Widget")(kind_class({name: str}))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"columns": column("A", ".spec.size")}, "columns: Column("),
        ({"columns": ["A"]}, "columns: 'A' is no column: write column('Size', '.spec.size')"),
        ({"columns": [column("A", "spec.size")]}, "columns: A: 'spec.size' is no path: write for example '.spec.size'"),
        ({"columns": [column("A", ".spec.siez")]}, "columns: A: '.spec.siez': .spec has no field 'siez': did you mea"),
        ({"columns": [column("A", ".spec.max_size")]}, "columns: A: '.spec.max_size': .spec has no field 'max_size'"),
        ({"columns": [column("A", ".spec.size", type=odd("int"))]}, "columns: A: 'int' is no type: write one of bool"),
        ({"columns": [column("A", ".spec.size", format="x")]}, "columns: A: 'x' is no format: write one of byte, date"),
        ({"columns": [column("A", ".spec.size", priority=-1)]}, "columns: A: priority -1 is no whole number"),
        ({"columns": [column("", ".spec.size")]}, "columns: '' is no name of a column"),
        ({"scale": ".spec.size"}, "scale: '.spec.size' is none: write scale(spec_replicas="),
        ({"scale": scale(spec_replicas=".spec.name", status_replicas=".status.name")},
         "scale: spec_replicas: the field at '.spec.name' is not an int"),
        ({"scale": scale(spec_replicas=".status.name", status_replicas=".status.name")},
         "scale: spec_replicas: '.status.name' is not below .spec"),
        ({"selectable_fields": ".spec.name"}, "selectable_fields: '.spec.name' is no list: write ['.spec.name']"),
        ({"selectable_fields": [".spec.no"]}, "selectable_fields: '.spec.no': .spec has no field 'no'"),
        ({"selectable_fields": [".spec.many"]}, "selectable_fields: the field at '.spec.many' cannot be selected"),
        ({"selectable_fields": [".metadata.name"]}, "selectable_fields: the field at '.metadata.name' cannot be sele"),
        ({"rules": [rule("")]}, "rules: the rule is empty"),
        ({"served": 1}, "served: 1 is neither True nor False"),
        ({"storage": "yes"}, "storage: 'yes' is neither True nor False"),
        ({"deprecated": "a\nb"}, "deprecated: 'a\\nb' is no warning: write one line of at most 256 characters, or Tr"),
        ({"labels": {"a": 1}}, "labels: {'a': 1} is no mapping from text to text"),
    ],
)  # fmt: skip
def test_an_argument_of_resource_that_does_not_fit_the_class_is_rejected(options: dict[str, Any], words: str) -> None:
    found = rejection({"name": str, "size": int, "max_size": int, "many": list[str]}, **options)
    assert found.reason.startswith(f"Widget: {words}")


def test_all_mistakes_of_a_definition_are_in_one_rejection() -> None:
    found = rejection({"size": int}, plural="Widgets", scope="x", columns=[column("A", ".b")])
    assert [each.reason.split(":")[1].strip() for each in (found, *found.others)] == ["plural", "scope", "columns"]


class TemplateOfThisFile(Struct):
    pods: core_v1.PodTemplateSpec


class Deeper(Struct):
    odd: set[str]


class SpecOfThisFile(Struct):
    size: int
    wrong: complex | None
    image = "nginx"
    deeper: Deeper
    again: list[Deeper]
    text: str = odd(None)


def test_all_mistakes_of_all_classes_of_a_kind_are_in_one_rejection_with_their_lines() -> None:
    with pytest.raises(PluginRejected) as caught:
        resource("example.com/v1/Widget")(kind_class({"spec": SpecOfThisFile, "status": Part}))
    lines = Path(__file__).read_text("utf-8").splitlines()
    found = (caught.value, *caught.value.others)
    assert [each.reason.partition(":")[0] for each in found] == [
        *("SpecOfThisFile.wrong", "Deeper.odd", "SpecOfThisFile.text", "SpecOfThisFile.image", "Widget.status")
    ]
    assert [lines[(each.line or 0) - 1].strip() for each in found[:4]] == [
        *("wrong: complex | None", "odd: set[str]", "text: str = odd(None)", 'image = "nginx"')
    ]


def test_a_mistake_in_a_field_has_its_line() -> None:
    with pytest.raises(PluginRejected) as caught:
        resource("example.com/v1/Widget")(kind_class({"spec": SpecOfThisFile}))
    lines = Path(__file__).read_text("utf-8").splitlines()
    assert lines[(caught.value.line or 0) - 1].strip() == "wrong: complex | None"


def test_a_built_in_class_without_a_schema_is_a_mistake_in_the_field_of_the_author() -> None:
    with pytest.raises(PluginRejected) as caught:
        resource("example.com/v1/Widget")(kind_class({"spec": TemplateOfThisFile}))
    lines = Path(__file__).read_text("utf-8").splitlines()
    assert lines[(caught.value.line or 0) - 1].strip() == "pods: core_v1.PodTemplateSpec"
    words = (
        "TemplateOfThisFile.pods: PodTemplateSpec has no structural schema, because of Metadata.owner_references: write"
    )
    assert caught.value.reason.startswith(f"{words} dict[str, Any]")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"array_like": True}, "array_like=True makes it a list without names, which no API object has: leave it out"),
        (
            {"tag": "a"},
            "tag= writes the field type: 'a', which the API server drops: write a field of the type Literal",
        ),
        ({"forbid_unknown_fields": True}, "forbid_unknown_fields=True makes an object with a newer field unreadable"),
    ],
)
def test_an_option_that_changes_the_json_of_a_class_is_rejected(options: dict[str, Any], words: str) -> None:
    inner = types.new_class("Inner", (Part,), options, lambda body: body.update(__module__=__name__))
    assert rejection({"field": list[inner]}).reason.startswith(f"Inner: {words}")  # type: ignore[valid-type]


def test_the_variable_of_a_generic_class_has_no_schema() -> None:
    assert rejection({"field": Boxed}).reason.startswith("Boxed.value: X has no structural schema: it stands for any")


@pytest.mark.parametrize(
    ("annotation", "default"),
    [(float, 1), (list[Sized], []), (Sized, msgspec.field(default_factory=Sized)), (Color | None, Color.RED)],
)
def test_a_default_of_the_class_of_its_field_is_let_through(annotation: Any, default: Any) -> None:
    made = struct_class({"field": annotation}, {"field": default})
    resource("example.com/v1/Widget")(kind_class({"spec": made}, {}))
