"""Members that a JSON body has twice are found, however the body is written."""

import json
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from kube_apiserver import codec
from kube_apiserver.decoding.repeated_members import errors_in_order
from kube_apiserver.schema.builtin_schemas import from_definition

#: Texts with what the quick check counts.
TEXTS = st.sampled_from(["a", "b", 'x":', '":"', "\\", ' "', "é"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
    lambda inside: st.lists(inside, max_size=3) | st.lists(st.tuples(TEXTS, inside), max_size=4).map(tuple),
    max_leaves=12,
)
SPACES = st.sampled_from(["", " ", "\n\t"])


def written(value: Any, before: str, after: str) -> str:
    """Return the JSON of a value, whose objects are tuples of members, with space around its colons."""
    if isinstance(value, tuple):
        members = (f"{json.dumps(name)}{before}:{after}{written(inside, before, after)}" for name, inside in value)
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(inside, before, after) for inside in value) + "]"
    return json.dumps(value)


@given(VALUES, SPACES, SPACES)
def test_the_quick_check_overlooks_no_repeated_member(value: Any, before: str, after: str) -> None:
    raw = written(value, before, after).encode()
    found = codec.duplicate_fields(raw, codec.decode(raw))
    with patch.object(codec, "_has_no_duplicates", return_value=False):
        assert found == codec.duplicate_fields(raw, codec.decode(raw))


def test_a_body_without_repeated_members_needs_one_look() -> None:
    body = {"metadata": {"name": "a", "labels": {"a": "b"}}, "items": [{"a": 1}, {"a": 2}], "text": "no: colon"}
    with patch("kube_apiserver.codec.json.loads", side_effect=AssertionError):
        assert codec.duplicate_fields(json.dumps(body).encode(), body) == []


def test_errors_of_a_built_in_object_have_the_order_of_its_document() -> None:
    schema = from_definition("io.k8s.api.apps.v1.Deployment")
    assert schema is not None
    raw = (
        b'{"spec":{"odd":{"a":1,"a":2},"replicas":2,"odd":3,"selector":{"matchLabels":{"a":"b","a":"c"}},"replicas":3},'
        b'"spec":{"template":{"spec":{"containers":[{"name":"n","name":"m","bad":1}]}}},"kind":"Deployment"}'
    )

    assert errors_in_order(raw, json.loads(raw), schema) == [
        'unknown field "spec.odd"',
        'duplicate field "spec.selector.matchLabels.a"',
        'duplicate field "spec.replicas"',
        'duplicate field "spec"',
        'duplicate field "spec.template.spec.containers[0].name"',
        'unknown field "spec.template.spec.containers[0].bad"',
    ]
