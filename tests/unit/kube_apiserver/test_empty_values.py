"""Empty lists and objects that a client sent, which the stored form lacks."""

from typing import Any

import pytest

from kube_apiserver.decoding.converted_numbers import converted_numbers
from kube_apiserver.schema import Schemas, messages
from kube_apiserver.schema.quantity import is_whole, scaled_value
from kube_apiserver.writes.empty_values import (
    has_hidden_values,
    shown_as_sent,
    with_empty_values,
    with_null,
)

_DEPLOYMENT = Schemas.builtin().get(("apps", "v1", "Deployment"))


def test_an_empty_value_is_put_back_where_it_was_sent() -> None:
    obj = {"spec": {"driver": "d"}}
    sent = {"spec": {"driver": "d", "devices": [], "pool": {}}}
    assert with_empty_values(obj, sent, [("spec", "devices"), ("spec", "other")]) == {
        "spec": {"driver": "d", "devices": []}
    }
    assert obj == {"spec": {"driver": "d"}}


def test_an_empty_list_becomes_null_and_nothing_else_does() -> None:
    obj: dict[str, Any] = {"endpoints": [], "ports": [{}]}
    assert with_null(obj, ("endpoints",)) == {"endpoints": None, "ports": [{}]}
    assert with_null(obj, ("ports",)) is obj


@pytest.mark.parametrize(
    ("labels", "shown"),
    [({}, "Invalid value: {}: no"), (None, "Invalid value: null: no"), ([], "Invalid value: []: no")],
)
def test_a_field_error_shows_the_empty_value_that_was_sent(labels: object, shown: str) -> None:
    cause = messages.invalid("spec.template.labels[0]", None, "no")
    sent = {"spec": {"template": {"labels": [labels]}}}
    assert shown_as_sent(cause, sent, None).message == shown


def test_a_field_error_with_a_value_stays() -> None:
    cause = messages.invalid("spec", "x", "no")
    assert shown_as_sent(cause, {"spec": {}}, None) is cause


def test_a_field_error_of_an_object_with_fields_keeps_its_null() -> None:
    cause = messages.invalid("spec", None, "no")
    assert shown_as_sent(cause, {"spec": {}}, _DEPLOYMENT) is cause


def test_hidden_values_are_those_that_the_kept_form_lacks() -> None:
    kept: dict[str, Any] = {"spec": {"template": {"metadata": {}}}}
    assert has_hidden_values({"spec": {"template": {"metadata": {"labels": {}}}}}, kept, _DEPLOYMENT)
    assert not has_hidden_values({"spec": {"template": {"metadata": {}}}}, kept, _DEPLOYMENT)
    assert not has_hidden_values({"spec": {"unknown": {}}}, kept, _DEPLOYMENT)


@pytest.mark.parametrize(
    ("number", "converted"),
    [(5, 5), (2**31, -(2**31)), (2**32 + 3, 3), (2**63, 0), (-(2**33) - 1, -1), (4.0, 4), (1.5, 1.5), (True, True)],
)
def test_a_number_is_cut_to_the_bits_of_its_type(number: float, converted: float) -> None:
    obj = {"spec": {"replicas": number}}
    found = converted_numbers(obj, _DEPLOYMENT)
    assert found == {"spec": {"replicas": converted}}
    assert (found is obj) is (type(number) is type(converted) and number == converted)


@pytest.mark.parametrize(
    ("quantity", "places", "scaled"),
    [
        ("1500m", 0, 2),
        ("-1", 0, -1),
        ("1n", 3, 1),
        ("1E", 3, 0),
        ("1e17", 0, 10**17),
        ("9223372036854775807", 0, 2**63 - 1),
        ("18446744073709551617", 0, 1),
    ],
)
def test_a_quantity_is_scaled_into_64_bits_as_go_does(quantity: str, places: int, scaled: int) -> None:
    assert scaled_value(quantity, places) == scaled


def test_a_number_with_forty_digits_is_not_whole() -> None:
    assert not is_whole("5" * 40)
    assert is_whole("5" * 10)
