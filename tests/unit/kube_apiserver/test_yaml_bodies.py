"""YAML bodies are read as Go reads them."""

from typing import Any

import pytest

from kube_apiserver.wire.body import parse_yaml
from kube_apiserver.wire.status_error import StatusError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: y", {"a": True}),
        ("a: n", {"a": False}),
        ("a: 'y'", {"a": "y"}),
        ("y: 1", {"true": 1}),
        ("off: 1", {"false": 1}),
        ("80: 1", {"80": 1}),
        ("1.5: 1", {"1.5": 1}),
        ("null: 1", {"null": 1}),
        ("a: 22:22", {"a": "22:22"}),
        ("a: 1:30:00.5", {"a": "1:30:00.5"}),
        ("a: 0777", {"a": 511}),
        ("a: 0x1f", {"a": 31}),
        ("a: 1_000", {"a": 1000}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: -1.5", {"a": -1.5}),
        ("a: .5", {"a": 0.5}),
        ("a: 1.2.3", {"a": "1.2.3"}),
        ("a: 2026-01-01", {"a": "2026-01-01"}),
        ("a: 2026-01-01T00:00:00Z", {"a": "2026-01-01T00:00:00Z"}),
        ("a: ~", {"a": None}),
        ("a: yes-no", {"a": "yes-no"}),
        ("a: {b: [1, on]}", {"a": {"b": [1, True]}}),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
        ("a: 1\n---\nb: 2\n", {"a": 1}),
        ("", None),
    ],
)
def test_a_scalar_is_what_go_takes_it_for(text: str, value: dict[str, Any] | None) -> None:
    assert parse_yaml(text.encode()) == value


@pytest.mark.parametrize("text", ["a: [", "a: !!python/object:os.system x", "{a: 1"])
def test_what_is_no_yaml_is_a_bad_request(text: str) -> None:
    with pytest.raises(StatusError, match="error converting YAML to JSON") as caught:
        parse_yaml(text.encode())
    assert caught.value.code == 400
