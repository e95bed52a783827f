"""The reason for which the server refuses an object of a file, in the words of the file."""

from typing import Any

import pytest

from plugin_operator.cli.sandbox.refusals import refusal_of
from plugin_operator.errors import ApiError

CRD = {"kind": "CustomResourceDefinition"}
SECRET = {"kind": "Secret"}
TYPED = "failed to create typed patch object (default/a; apps/v1, Kind=Deployment): "


def cause(field: str, message: str) -> dict[str, str]:
    return {"field": field, "message": message, "reason": "FieldValueInvalid"}


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (".spec.replicas: expected numeric (int or float), got string", None),
        (".spec.foo: field not declared in schema", None),
        (".data.a: expected string, got &value.valueUnstructured{Value:1}", ".data.a: expected string, got 1"),
        (".spec: expected map, got &{[a: b]}", ".spec: expected map, got [a: b]"),
    ],
)
def test_a_wrong_type_is_named_by_its_field_without_the_status_500(message: str, shown: str | None) -> None:
    assert refusal_of(ApiError(500, "", TYPED + message), {"kind": "Deployment"}) == (shown or message)


def test_each_field_is_named_once_and_what_the_server_derives_is_left_out() -> None:
    causes = [
        cause("spec.group", "Required value"),
        cause("spec.group", "Required value"),
        cause("spec.validation.openAPIV3Schema.type", 'Unsupported value: "strng": supported values: "object"'),
        cause("status.storedVersions", "Invalid value: null: must have at least one stored version"),
    ]
    error = ApiError(422, "Invalid", "CustomResourceDefinition is invalid: [spec.group: …]", causes=causes)
    assert refusal_of(error, CRD) == (
        'spec.group: Required value; spec.versions[*].schema.openAPIV3Schema.type: Unsupported value: "strng": '
        'supported values: "object"'
    )


def test_a_long_value_is_left_out_but_not_the_rule() -> None:
    value = '{"Rule":"self.size(","Message":"%s"}' % ("x" * 100)
    error = ApiError(422, "Invalid", "…", causes=[cause("spec.rule", f"Invalid value: {value}: compilation: failed")])
    assert refusal_of(error, CRD) == "spec.rule: Invalid value: compilation: failed"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 422, "causes": [cause("patch", 'Invalid value: "{\\"data\\":\\"hunter2\\"}": illegal base64 data')]},
        {"status": 422, "causes": [cause("data", 'Invalid value: "hunter2": illegal base64 data')]},
        {"status": 422, "causes": [cause("data", "Invalid value: hunter2")]},
        {"status": 500, "message": TYPED + ".data.a: expected string, got &{hunter2}"},
        {"status": 500, "message": TYPED + ".data.a: expected string, got &value.valueUnstructured{Value:hunter2}"},
    ],
)
def test_the_data_of_a_secret_is_not_shown(answer: dict[str, Any]) -> None:
    shown = refusal_of(ApiError(**answer), SECRET)
    assert "hunter2" not in shown
    assert shown.startswith(("patch: ", "data: ", ".data.a: expected string"))


def test_an_answer_without_fields_is_shown_as_it_is() -> None:
    assert refusal_of(ApiError(405, "MethodNotAllowed", "not allowed"), {"kind": "Binding"}) == "not allowed"
    assert refusal_of(ApiError(500), {"kind": "Pod"}) == "500 Internal Server Error: "
