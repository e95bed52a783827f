"""Numbers of custom objects become what Go makes of them."""

from typing import Any

import pytest

from kube_apiserver.decoding.numbers import decoded_numbers, stored_numbers
from kube_apiserver.schema.go_format import go_literal, go_text
from kube_apiserver.schema.messages import json_type, shown


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (1.0, 1),
        (1e3, 1000),
        (-0.0, 0),
        (1.5, 1.5),
        (1e16, 10**16),
        (2**63 - 1, 2**63 - 1),
        (2**63, 9223372036854776000),
        (1e21, 1e21),
        (True, True),
    ],
)
def test_a_whole_number_is_stored_with_the_digits_that_go_writes(sent: Any, stored: Any) -> None:
    found = stored_numbers(decoded_numbers({"spec": [{"a": sent}, "b"]}))["spec"][0]["a"]
    assert (found, type(found)) == (stored, type(stored))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (3.5, "3.5"),
        (100000.0, "100000"),
        (1e6, "1e+06"),
        (1234567.0, "1.234567e+06"),
        (float(2**63), "9.223372036854776e+18"),
        (2**63, "9.223372036854776e+18"),
        (2**62, "4611686018427387904"),
        (0.0001, "0.0001"),
        (1e-5, "1e-05"),
        (-2.5e30, "-2.5e+30"),
    ],
)
def test_a_message_shows_a_number_as_go_formats_it(value: float, text: str) -> None:
    assert shown(value) == go_text(value) == text


def test_a_number_that_no_float_holds_stays_as_it_is() -> None:
    assert decoded_numbers({"a": [10**400]}) == {"a": [10**400]}
    assert (go_text(10**400), go_text(-(10**400))) == ("+Inf", "-Inf")


def test_a_null_in_a_map_is_shown_as_go_shows_it() -> None:
    assert go_literal({"a": None, "b": [None]}) == (
        'map[string]interface {}{"a":interface {}(nil), "b":[]interface {}{interface {}(nil)}}'
    )


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
