"""Numbers of custom objects become what Go makes of them."""

from typing import Any

import pytest

from kube_apiserver.decoding.numbers import decoded_numbers, stored_numbers
from kube_apiserver.schema.messages import json_type


@pytest.mark.parametrize(
    ("sent", "stored"),
    [(1.0, 1), (1e3, 1000), (-0.0, 0), (1.5, 1.5), (2**63 - 1, 2**63 - 1), (2**63, float(2**63)), (True, True)],
)
def test_a_whole_number_is_stored_as_an_integer_and_one_beyond_64_bits_as_a_float(sent: Any, stored: Any) -> None:
    found = stored_numbers(decoded_numbers({"spec": [{"a": sent}, "b"]}))["spec"][0]["a"]
    assert (found, type(found)) == (stored, type(stored))


def test_an_object_without_such_numbers_is_shared() -> None:
    obj = {"spec": [{"a": 1}, {"b": "c"}, None, True]}
    assert decoded_numbers(obj) is obj
    assert stored_numbers(obj) is obj


@pytest.mark.parametrize(
    ("value", "name"),
    [(1.0, "integer"), (2.0**53, "number"), (2**63 - 1, "integer"), (2**63, "number"), (-(2**63) - 1, "number")],
)
def test_a_number_beyond_what_go_takes_for_an_integer_is_none(value: Any, name: str) -> None:
    assert json_type(value) == name
