"""Replicas and label selectors of custom objects are judged as kube-apiserver does, beside the schema."""

from typing import Any

import pytest

from kube_apiserver.crds.schemas import from_crd
from kube_apiserver.schema.model import Cause
from kube_apiserver.validation.objects import validate
from kube_apiserver.validation.scale_values import scale_value_causes

INVALID = "FieldValueInvalid"


def causes(spec: Any, status: Any = None) -> list[str]:
    found = scale_value_causes(
        {"spec": spec, "status": status or {}}, ".spec.replicas", ".status.replicas", ".status.selector"
    )
    assert {each.reason for each in found} <= {INVALID}
    return [f"{each.field}: {each.message}" for each in found]


@pytest.mark.parametrize("spec", [{}, {"replicas": 0}, {"replicas": 2**31 - 1}, None])
def test_a_number_of_replicas_may_be_absent_and_is_not_negative(spec: Any) -> None:
    assert causes(spec) == []


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"replicas": -1}, "-1: should be a non-negative integer"),
        ({"replicas": 2**31}, "2147483648: should be less than or equal to 2147483647"),
        ({"replicas": "two"}, "0: .spec.replicas accessor error: two is of the type string, expected int64"),
        ({"replicas": 1.5}, "0: .spec.replicas accessor error: 1.5 is of the type float64, expected int64"),
        (True, "0: .spec.replicas accessor error: true is of the type bool, expected map[string]interface{}"),
    ],
)
def test_another_number_of_replicas_is_refused(spec: Any, problem: str) -> None:
    assert causes(spec) == [f".spec.replicas: Invalid value: {problem}"]


def test_replicas_and_selector_of_the_status_are_judged_too() -> None:
    assert [each.partition(":")[0] for each in causes({}, {"replicas": -1, "selector": 5})] == [
        ".status.replicas",
        ".status.selector",
    ]


def test_labels_of_an_embedded_object_are_judged() -> None:
    template = {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}
    schema = from_crd({"type": "object", "properties": {"template": template}})
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"-": "a b"}}}
    found: list[Cause] = validate({"template": pod}, schema)

    assert [(each.field, each.message.split(":")[1]) for each in found] == [
        ("template.metadata.labels", ' "-"'),
        ("template.metadata.labels", ' "a b"'),
    ]
