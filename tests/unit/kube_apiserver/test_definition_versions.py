"""A definition without a stored version is refused, and the error shows its versions as they were sent."""

from typing import Any

import pytest

from kube_apiserver.crds.definition import definition_causes


@pytest.mark.parametrize(("spec", "shown"), [({"versions": []}, "[]"), ({"versions": None}, "null"), ({}, "null")])
def test_an_empty_list_of_versions_is_not_shown_as_an_absent_one(spec: dict[str, Any], shown: str) -> None:
    causes = definition_causes({"metadata": {"name": "widgets.example.com"}, "spec": spec})

    (cause,) = [cause for cause in causes if cause.field == "spec.versions"]
    assert cause.message == f"Invalid value: {shown}: must have exactly one version marked as storage version"
