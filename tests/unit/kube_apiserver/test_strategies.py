"""Each kind has one strategy, which its resource takes along."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from kube_apiserver.kinds import STRATEGIES, strategy_of
from kube_apiserver.registry.builtin_resources import served_builtin_resources
from kube_apiserver.registry.custom_resources import served_custom_resources
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.selection import Selection
from kube_apiserver.storage.records import make_item
from kube_apiserver.strategies import Strategy, by_kind

GADGETS: dict[str, Any] = {
    "metadata": {"name": "gadgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Cluster",
        "names": {"plural": "gadgets", "kind": "Gadget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                "selectableFields": [{"jsonPath": ".source"}, {"jsonPath": ".status.replicas"}],
            }
        ],
    },
}


def test_each_strategy_is_for_a_served_kind() -> None:
    used = {id(resource.strategy) for resource in served_builtin_resources()}

    assert [each.kind for each in STRATEGIES if id(each) not in used] == []


def test_a_version_may_have_a_strategy_of_its_own() -> None:
    old, new = (strategy_of("autoscaling", version, "HorizontalPodAutoscaler") for version in ("v1", "v2"))

    assert old.conversion is not None
    assert new.conversion is None


def test_two_strategies_for_one_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="two strategies are for the kind Gadget"):
        by_kind([Strategy(group="example.com", kind="Gadget")] * 2)


@pytest.mark.parametrize(
    ("obj", "selector"),
    [
        ({}, "status.replicas="),
        ({"status": {"replicas": 0}}, "status.replicas=0"),
        ({"source": "there", "reportingComponent": "elsewhere"}, "source=there"),
        ({"reportingComponent": "elsewhere"}, "source="),
    ],
)
def test_the_selectable_fields_of_a_custom_kind_follow_no_rule_of_a_built_in_one(
    obj: dict[str, Any], selector: str
) -> None:
    (resource,) = served_custom_resources(GADGETS)
    target = SimpleNamespace(name="")
    request = SimpleNamespace(
        resource=resource, query={"fieldSelector": selector}, target=target, cluster=SimpleNamespace(features=())
    )
    item = make_item({"metadata": {"name": "x", "uid": "u"}, **obj}, 1, "example.com/v1", "Gadget")

    assert Selection(cast("Request", request)).matches(item)
