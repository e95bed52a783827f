"""Defaults and rules of LimitRanges and HorizontalPodAutoscalers. The words are those of a real 1.37 server."""

from typing import Any

import pytest

from tests.builtin_strategy import defaulted, object_causes

SCALED = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}, "maxReplicas": 2}
CPU = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
PODS = {"metric": {"name": "m"}, "target": {"type": "AverageValue", "averageValue": "1"}}


def refusals(group: str, version: str, kind: str, spec: dict[str, Any]) -> list[str]:
    found = object_causes(group, version, kind, {"metadata": {"name": "x", "uid": "1"}, "spec": spec})
    return [f"{cause.field}: {cause.message}" for cause in found]


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ({"type": "Node"}, 'type: Invalid value: "Node": must be a standard limit type or fully qualified'),
        (
            {"type": "Pod", "min": {"cpu": "2"}, "default": {"cpu": "1"}},
            "default: Forbidden: may not be specified when `type` is 'Pod'",
        ),
        (
            {"type": "PersistentVolumeClaim", "max": {}},
            "limits: Required value: either minimum or maximum storage value is required, but neither was provided",
        ),
        (
            {"type": "Pod", "maxLimitRequestRatio": {"cpu": "0.5"}},
            'maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1',
        ),
        (
            {"type": "Pod", "min": {"cpu": "1"}, "max": {"cpu": "2"}, "maxLimitRequestRatio": {"cpu": "3"}},
            'maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000',
        ),
        (
            {"type": "Container", "default": {"hugepages-2Mi": "4Mi"}, "defaultRequest": {"hugepages-2Mi": "2Mi"}},
            (
                'defaultRequest[hugepages-2Mi]: Invalid value: "2Mi": default value 4Mi must equal to defaultRequest '
                "value 2Mi in hugepages-2Mi"
            ),
        ),
    ],
)
def test_a_limit_is_refused(limit: dict[str, Any], message: str) -> None:
    assert refusals("", "v1", "LimitRange", {"limits": [limit]}) == [f"spec.limits[0].{message}"]


def test_limits_of_containers_have_defaults_and_those_of_pods_have_not() -> None:
    limits = [{"type": kind, "min": {"cpu": "1"}, "max": {"cpu": "2"}} for kind in ("Container", "Pod")]
    container, pod = defaulted("", "v1", "LimitRange", {"spec": {"limits": limits}})["spec"]["limits"]
    assert (container["default"], container["defaultRequest"]) == ({"cpu": "2"}, {"cpu": "2"})
    assert pod == limits[1]


def test_an_autoscaler_without_a_metric_scales_at_80_percent_of_the_cpu() -> None:
    spec = defaulted("autoscaling", "v2", "HorizontalPodAutoscaler", {"spec": SCALED})["spec"]
    assert spec["metrics"] == [{"type": "Resource", "resource": CPU}]
    old = defaulted("autoscaling", "v1", "HorizontalPodAutoscaler", {"spec": SCALED})["spec"]
    assert old["targetCPUUtilizationPercentage"] == 80


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"minReplicas": 0},
            (
                "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to "
                "zero replicas"
            ),
        ),
        (
            {"metrics": [{"type": "Resource", "resource": CPU, "pods": PODS}]},
            "spec.metrics[0].pods: Forbidden: must populate the given metric source only",
        ),
        (
            {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 3601}}},
            (
                "spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 3601: must be less than or "
                "equal to 3600"
            ),
        ),
    ],
)
def test_an_autoscaler_is_refused(spec: dict[str, Any], message: str) -> None:
    assert refusals("autoscaling", "v2", "HorizontalPodAutoscaler", {**SCALED, **spec}) == [message]
