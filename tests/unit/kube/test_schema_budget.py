"""A kind whose schema or patterns are too large is rejected when its class is made.

A check that came after the work would take hours or all memory: the tests would never end.
"""

from typing import Annotated, Any

import pytest

from go_regexp import compile_pattern
from plugin_operator import ApiObject, PluginRejected, Struct, resource, schema
from plugin_operator.kube.definitions import crd_of
from plugin_operator.kube.definitions.schemas import schema_budget
from tests.struct_classes import kind_class, struct_class


def kind_of(spec: Any, name: str = "Widget") -> type[ApiObject]:
    made: type[ApiObject] = resource(f"example.com/v1/{name}")(kind_class({"spec": spec}))
    return made


def nested(depth: int) -> type[Struct]:
    """Return a class that has the one below three times, and so on: 3 ** depth values."""
    made: Any = struct_class({"size": int})
    for _ in range(depth):
        made = struct_class({"a": made, "b": list[made], "c": dict[str, made]})
    return made  # type: ignore[no-any-return]


def test_classes_that_multiply_are_rejected_before_their_schema_is_made() -> None:
    with pytest.raises(PluginRejected, match=r"its schema has more than 20000 values, .* stands at several places"):
        kind_of(nested(40))


def test_classes_that_stand_at_several_places_have_their_own_descriptions_there() -> None:
    inner: Any = struct_class({"size": Annotated[int, schema(ge=1)]})
    spec = struct_class({"a": Annotated[inner, schema(description="One.")], "b": inner, "c": inner | None})
    (version,) = crd_of([kind_of(spec)])["spec"]["versions"]
    fields = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    assert [each.get("description") for each in fields.values()] == ["One.", None, None]
    assert [each.get("nullable") for each in fields.values()] == [None, None, True]
    assert [each["properties"]["size"]["minimum"] for each in fields.values()] == [1, 1, 1]


def test_patterns_that_take_long_to_compile_are_rejected() -> None:
    fields = {f"f{number}": Annotated[str, schema(pattern=rf"^\pL{{{number}}}$")] for number in range(100, 200)}
    with pytest.raises(PluginRejected, match=r"its patterns, up to .*, are too large to be checked before each write"):
        kind_of(struct_class(fields))


def test_very_many_patterns_are_rejected_and_one_at_many_places_counts_once() -> None:
    fields: dict[str, Any] = {f"f{number}": Annotated[str, schema(pattern=f"^a{number}$")] for number in range(501)}
    with pytest.raises(PluginRejected, match="it has more than 500 different patterns: write enums, or share patterns"):
        kind_of(struct_class(fields))
    kind_of(struct_class(dict.fromkeys(fields, fields["f1"])))


def test_a_definition_beyond_what_the_api_server_stores_is_rejected() -> None:
    text = "x" * 200_000
    fields = {f"f{number}": Annotated[str, schema(description=text)] for number in range(8)}
    with pytest.raises(
        PluginRejected, match=r"its definition has \d+ bytes, and the API server stores at most 1400000"
    ):
        crd_of([kind_of(struct_class(fields))])


def test_the_patterns_of_a_kind_stay_compiled() -> None:
    assert (compile_pattern.cache_parameters()["maxsize"] or 0) >= 2 * schema_budget.MAX_PATTERNS
