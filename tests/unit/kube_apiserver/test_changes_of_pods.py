"""What an update of a Pod may change, and what it may not. The words are those of a real 1.37 server."""

from typing import Any

import pytest

from tests.builtin_strategy import changed_causes

CONTAINER = {"name": "c", "image": "i"}
POD: dict[str, Any] = {"containers": [CONTAINER], "activeDeadlineSeconds": 9}
GATED = {"schedulingGates": [{"name": "a"}, {"name": "b"}], "nodeSelector": {"x": "1"}}


def refusals(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    found = changed_causes("", "Pod", {"spec": {**POD, **old}}, {"spec": {**POD, **new}})
    return [f"{cause.field}: {cause.message}" for cause in found]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, {"containers": [{**CONTAINER, "image": "other"}]}),
        ({}, {"activeDeadlineSeconds": 5}),
        ({"activeDeadlineSeconds": None}, {"activeDeadlineSeconds": 5}),
        ({}, {"tolerations": [{"key": "k", "operator": "Exists"}]}),
        (
            {"tolerations": [{"key": "k", "tolerationSeconds": 1}]},
            {"tolerations": [{"key": "k", "tolerationSeconds": 2}]},
        ),
        (GATED, {**GATED, "schedulingGates": [{"name": "b"}]}),
        (GATED, {**GATED, "nodeSelector": {"x": "1", "y": "2"}}),
        (GATED, {**GATED, "affinity": {"nodeAffinity": {}}}),
        ({"terminationGracePeriodSeconds": -1}, {"terminationGracePeriodSeconds": 1}),
        ({"securityContext": {}}, {"securityContext": {"supplementalGroups": []}}),
        ({"securityContext": {}}, {}),
    ],
)
def test_an_update_of_a_pod_may_change_little(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert refusals(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ({}, {"containers": [{"name": "c"}]}, "spec.containers[0].image: Required value"),
        (
            {},
            {"activeDeadlineSeconds": None},
            "spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value",
        ),
        (
            {},
            {"activeDeadlineSeconds": -1},
            "spec.activeDeadlineSeconds: Invalid value: -1: must be between 0 and 2147483647, inclusive",
        ),
        (
            GATED,
            {**GATED, "schedulingGates": [{"name": "a"}, {"name": "z"}]},
            "spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'z'",
        ),
        (
            GATED,
            {**GATED, "nodeSelector": {"x": "2"}},
            'spec.nodeSelector: Invalid value: {"x":"2"}: only additions are allowed (no mutations or deletions)',
        ),
    ],
)
def test_an_update_of_a_pod_is_refused(old: dict[str, Any], new: dict[str, Any], message: str) -> None:
    assert refusals(old, new) == [message]


@pytest.mark.parametrize("new", [{"nodeSelector": {"x": "1"}}, {"terminationGracePeriodSeconds": 1}, {"hostPID": True}])
def test_a_pod_without_gates_stays_where_and_what_it_is(new: dict[str, Any]) -> None:
    (message,) = refusals({}, new)
    assert message.startswith("spec: Forbidden: pod updates may not change fields other than")
