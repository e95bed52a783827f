"""The mutations are drawn by the seed alone, for every kind that can be created."""

import random

import pytest

from kube_apiserver.schema import facts
from tests.conformance.differential.comparing import ABSENT, Difference
from tests.conformance.differential.language import STRATEGIC, patch
from tests.conformance.mutations.definitions import CUSTOM
from tests.conformance.mutations.excused import excuse
from tests.conformance.mutations.kinds import builtin, custom
from tests.conformance.mutations.mutating import REMOVED, Edit, edited, json_patch, merge_patch
from tests.conformance.mutations.playing import Found, with_panics
from tests.conformance.mutations.samples import SAMPLES
from tests.conformance.mutations.units import OPERATIONS, Sent, unit, units


def test_a_seed_draws_the_same_requests_again() -> None:
    kinds = [*builtin(), *custom()]

    def drawn(seed: int) -> list[object]:
        return [each.call for made in units(kinds, seed, 700) for each in made.sent]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_every_kind_that_can_be_created_has_a_sample() -> None:
    created = {f"{each.group}/{each.version}/{each.kind}" for each in facts.resources() if "create" in each.verbs}
    assert {place.removeprefix("/") for place in created} == set(SAMPLES)
    assert len(CUSTOM) == 20


def test_a_unit_writes_in_every_way() -> None:
    (deployments,) = (kind for kind in builtin() if kind.kind == "Deployment")
    made = unit(deployments, random.Random(1))
    assert {each.operation for each in made.sent} == {"create", "get", "sample", *OPERATIONS}


def test_an_edit_is_an_object_and_each_kind_of_patch() -> None:
    obj = {"spec": {"a": 1, "l": [{"name": "x"}, {"name": "y"}]}}
    edits = [Edit("remove", ("spec", "a"), REMOVED), Edit("value", ("spec", "l", 1, "name"), "z")]

    assert edited(obj, edits) == {"spec": {"l": [{"name": "x"}, {"name": "z"}]}}
    assert merge_patch(obj, edits) == {"spec": {"a": None, "l": [{"name": "x"}, {"name": "z"}]}}
    assert merge_patch(obj, edits, strategic=True) == {"spec": {"a": None, "l": [{"name": "z"}]}}
    assert json_patch(obj, edits) == [
        {"op": "remove", "path": "/spec/a"},
        {"op": "replace", "path": "/spec/l/1/name", "value": "z"},
    ]


@pytest.mark.parametrize(
    ("path", "real", "embedded", "is_excused"),
    [
        ("conditions", None, [{"type": "NamesAccepted"}, {"type": "Established"}], True),
        ("conditions[1].status", "False", "True", True),
        ("conditions[1].status", "True", "False", False),
        ("conditions[1].message", "a", "b", False),
        ("conditions[2]", ABSENT, {"type": "NonStructuralSchema"}, False),
        ("acceptedNames.plural", "", "gadgets", False),
    ],
)
def test_of_a_definition_only_what_comes_later_is_excused(
    path: str, real: object, embedded: object, is_excused: bool
) -> None:
    (definitions,) = (kind for kind in builtin() if kind.kind == "CustomResourceDefinition")
    difference = Difference("", "1 get", f"body.status.{path}", real, embedded)
    found = Found(unit(definitions, random.Random(1)), Sent("get"), difference)
    assert (excuse(found) is not None) is is_excused


def test_a_definition_is_established_before_it_is_changed() -> None:
    (definitions,) = (kind for kind in builtin() if kind.kind == "CustomResourceDefinition")
    operations = [each.operation for each in unit(definitions, random.Random(1)).sent]
    assert operations[operations.index("sample") + 1] == "served"


@pytest.mark.parametrize(("last", "is_excused"), [("a", True), ("c", False)])
def test_of_causes_only_their_order_is_excused(last: str, is_excused: bool) -> None:
    one = Difference("", "1 get", "body.details.causes[0].message", "a", "b")
    other = Difference("", "1 get", "body.details.causes[1].message", "b", last)
    found = Found(unit(builtin()[0], random.Random(1)), Sent("get"), one, beside=(one, other))
    assert (excuse(found) is not None) is is_excused


@pytest.mark.parametrize(
    ("line", "is_excused"),
    [
        ('"apiserver panic\'d" method="PATCH" URI="/api/v1/pods/x?dryRun=All" auditID="1"', True),
        ('"apiserver panic\'d" method="PATCH" URI="/api/v1/pods/y?dryRun=All" auditID="1"', False),
        ('"Timeout or abort while handling" method="PATCH" URI="/api/v1/pods/x?dryRun=All"', False),
    ],
)
def test_a_connection_that_ends_is_excused_where_the_log_has_the_panic(line: str, is_excused: bool) -> None:
    sent = Sent("strategic patch", call=patch("/api/v1/pods/x?dryRun=All", "{}", STRATEGIC))
    difference = Difference("", "1 patch", "status", "connection failed: ServerDisconnectedError", 500)
    (found,) = with_panics([Found(unit(builtin()[0], random.Random(1)), sent, difference)], f"E1 wrap.go:57] {line}\n")
    assert (excuse(found) is not None) is is_excused


def test_field_errors_of_keys_with_spaces_may_have_another_order() -> None:
    errors = ['data[a b]: Invalid value: "a b": no', 'data[c/d]: Invalid value: "c/d": no']
    one, other = (f'ConfigMap "x" is invalid: [{", ".join(each)}]' for each in (errors, reversed(errors)))
    found = Found(
        unit(builtin()[0], random.Random(1)), Sent("get"), Difference("", "1 get", "body.message", one, other)
    )
    assert excuse(found) is not None
