"""The file of recorded calls: one JSON document that reads back as it was, and clear errors for other files."""

import re

import pytest

from plugin_operator.hosting.permissions.calls import Call, RecordedCall, calls_from_json, calls_to_json

CALLS = (
    RecordedCall("web", Call("create", "", "pods", "eviction", "default", "a")),
    RecordedCall("web", Call("list", "apps", "deployments")),
)


def test_a_recording_reads_back_sorted_and_without_doubles() -> None:
    text = calls_to_json([*reversed(CALLS), *CALLS])
    assert calls_from_json(text) == CALLS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is no recording of calls"),
        ("[]", "Expected `object`"),
        ('{"calls": [1]}', "$.calls[0]"),
        ('{"calls": [{"plugin": "a", "verb": "get", "apiGroup": ""}]}', "missing required field `resource`"),
        ('{"calls": [{"plugin": "a", "verb": 1, "apiGroup": "", "resource": "pods"}]}', "$.calls[0].verb"),
    ],
)
def test_another_document_is_refused_by_field(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        calls_from_json(text)
