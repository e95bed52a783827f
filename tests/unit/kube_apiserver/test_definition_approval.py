"""A definition in a group of Kubernetes itself needs an approval, as on kube-apiserver."""

from typing import Any

import pytest

from kube_apiserver.crds.approval import approval_causes, approval_condition


def crd(group: str, approval: str | None = None) -> dict[str, Any]:
    annotations = {} if approval is None else {"api-approved.kubernetes.io": approval}
    return {"metadata": {"name": f"widgets.{group}", "annotations": annotations}, "spec": {"group": group}}


@pytest.mark.parametrize("group", ["k8s.io", "a.k8s.io", "kubernetes.io", "b.a.kubernetes.io"])
@pytest.mark.parametrize(("approval", "word"), [(None, "Required"), ("", "Required"), ("yes", "Invalid")])
def test_a_definition_in_a_protected_group_needs_a_url_or_a_reason(group: str, approval: str | None, word: str) -> None:
    (cause,) = approval_causes(crd(group, approval))
    assert cause.field == "metadata.annotations[api-approved.kubernetes.io]"
    assert cause.message.startswith(f"{word} value: ")


@pytest.mark.parametrize(
    ("group", "approval"),
    [
        ("a.k8s.io", "https://github.com/kubernetes/kubernetes/pull/78458"),
        ("a.k8s.io", "unapproved, experimental-only"),
        ("example.com", None),
        ("ak8s.io", None),
    ],
)
def test_an_approved_definition_and_one_of_another_group_are_accepted(group: str, approval: str | None) -> None:
    assert approval_causes(crd(group, approval)) == []


def test_an_update_may_leave_an_approval_as_it_was_and_not_take_it_away() -> None:
    assert approval_causes(crd("a.k8s.io"), crd("a.k8s.io")) == []
    assert approval_causes(crd("a.k8s.io", "no"), crd("a.k8s.io", "neither")) == []
    assert approval_causes(crd("a.k8s.io"), crd("a.k8s.io", "unapproved")) != []


@pytest.mark.parametrize(
    ("approval", "condition"),
    [
        (None, ("False", "MissingAnnotation", "protected groups must have approval annotation ")),
        ("yes", ("False", "InvalidAnnotation", "protected groups must have approval annotation ")),
        ('unapproved, "mine"', ("False", "UnapprovedAnnotation", 'not approved: "unapproved, \\"mine\\""')),
        ("https://example.com/1", ("True", "ApprovedAnnotation", "approved in https://example.com/1")),
    ],
)
def test_a_condition_tells_the_approval(approval: str | None, condition: tuple[str, str, str]) -> None:
    found = approval_condition(crd("a.k8s.io", approval))
    assert found is not None
    assert found[:2] == condition[:2]
    assert found[2].startswith(condition[2])


def test_a_definition_in_another_group_has_no_condition_about_an_approval() -> None:
    assert approval_condition(crd("example.com")) is None
