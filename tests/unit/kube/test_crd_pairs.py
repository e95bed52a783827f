"""The pairs of Go and Python types: their definitions and the objects that are sent to both."""

import json
from typing import Any

import pytest

from tests.pairs import generate
from tests.pairs.definitions import normalised, of_go, of_python
from tests.pairs.objects import NUMBER, objects

KINDS = sorted(of_go())


def _schema(definition: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def test_the_committed_definitions_are_made_from_the_go_types() -> None:
    assert generate.DIGEST.read_text().strip() == generate.digest(), "run `make pairs` (it needs Go)"


def test_there_are_at_least_25_kinds() -> None:
    assert len(KINDS) >= 25


def test_each_go_type_has_a_class() -> None:
    assert sorted(of_python()) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_the_definition_of_a_class_is_that_of_its_go_type(kind: str) -> None:
    assert normalised(of_python()[kind]) == normalised(of_go()[kind])


def test_another_bound_another_rule_and_another_default_are_differences() -> None:
    for kind, old, new in (("Bounds", "10", "11"), ("Ruled", "< 100", "< 101"), ("Defaults", "http", "https")):
        text = json.dumps(of_go()[kind])
        assert old in text
        assert normalised(json.loads(text.replace(old, new))) != normalised(of_go()[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_the_objects_of_a_kind_are_the_same_in_each_run(kind: str) -> None:
    schema = _schema(of_go()[kind])
    made = objects(kind, schema)

    assert len(made) == NUMBER
    assert made == objects(kind, schema)
