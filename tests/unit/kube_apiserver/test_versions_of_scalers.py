"""HorizontalPodAutoscalers of v1 show the rest of v2 as annotations."""

import json
from typing import Any

import pytest

from kube_apiserver.kinds.autoscaling.annotations import ALL
from kube_apiserver.kinds.autoscaling.versions import to_v1, to_v2, with_fields_of

_TARGET = {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}
_CALLED = {"name": "hits", "selector": {"matchLabels": {"a": "b"}}}
_CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
_METRICS: list[dict[str, Any]] = [
    {"type": "Pods", "pods": {"metric": _CALLED, "target": {"type": "AverageValue", "averageValue": "1500m"}}},
    {
        "type": "Object",
        "object": {"describedObject": _TARGET, "target": {"type": "Value", "value": "2k"}, "metric": {"name": "q"}},
    },
    {"type": "External", "external": {"metric": _CALLED, "target": {"type": "Value", "value": "5"}}},
    {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}},
    {
        "type": "ContainerResource",
        "containerResource": {
            "name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": 5},
            "container": "c",
        },
    },
    _CPU,
]
_STATES: list[dict[str, Any]] = [
    {"type": "Pods", "pods": {"metric": _CALLED, "current": {"averageValue": "1"}}},
    {"type": "Object", "object": {"metric": _CALLED, "current": {"value": "1"}, "describedObject": _TARGET}},
    {"type": "External", "external": {"metric": _CALLED, "current": {"value": "1", "averageValue": "2"}}},
    {"type": "Resource", "resource": {"name": "cpu", "current": {"averageValue": "7", "averageUtilization": 3}}},
]
_BEHAVIOR = {
    "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]},
    "scaleDown": {"selectPolicy": "Max"},
}
_CONDITIONS = [{"type": "AbleToScale", "status": "True", "lastTransitionTime": None, "reason": "<r>"}]


def _scaler(**content: Any) -> dict[str, Any]:
    return {"metadata": {"name": "x", "annotations": {"note": "n"}}, "spec": {"maxReplicas": 3}, "status": {}} | content


def test_every_field_of_v2_comes_back_from_v1() -> None:
    spec = {"maxReplicas": 3, "metrics": _METRICS, "behavior": _BEHAVIOR}
    status = {"desiredReplicas": 1, "currentReplicas": 1, "currentMetrics": _STATES, "conditions": _CONDITIONS}
    whole = _scaler(spec=spec, status=status)
    shown = to_v1(whole)
    assert shown["spec"] == {"maxReplicas": 3, "targetCPUUtilizationPercentage": 50}
    assert shown["status"] == {"currentReplicas": 1, "desiredReplicas": 1, "currentCPUUtilizationPercentage": 3}
    assert to_v2(shown) == whole


def test_annotations_are_written_as_go_writes_them() -> None:
    shown_by_v1 = to_v1(_scaler(status={"conditions": _CONDITIONS}, spec={"behavior": _BEHAVIOR}))
    annotations = shown_by_v1["metadata"]["annotations"]
    prefix = "autoscaling.alpha.kubernetes.io/"
    shown = '[{"type":"AbleToScale","status":"True","lastTransitionTime":null,"reason":"\\u003cr\\u003e"}]'
    assert annotations[f"{prefix}conditions"] == shown
    assert json.loads(annotations[f"{prefix}behavior"])["ScaleUp"] == {
        "StabilizationWindowSeconds": 0,
        "SelectPolicy": None,
        "Policies": [{"Type": "Pods", "Value": 4, "PeriodSeconds": 15}],
        "Tolerance": None,
    }


@pytest.mark.parametrize("text", ["[", "{}", "5", '[{"type":"Pods","pods":5}]'])
def test_an_annotation_that_is_no_list_of_metrics_is_dropped(text: str) -> None:
    sent = _scaler(metadata={"name": "x", "annotations": dict.fromkeys(ALL, text)})
    found = to_v2(sent)
    assert "annotations" not in found["metadata"]
    assert found["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 80


def test_a_write_of_the_status_keeps_the_annotations_of_the_spec() -> None:
    old = to_v1(_scaler(spec={"maxReplicas": 3, "metrics": _METRICS}))
    new = _scaler(spec=old["spec"], status={"currentCPUUtilizationPercentage": 9})
    found = with_fields_of(old, new)
    assert to_v2(found)["spec"]["metrics"] == _METRICS
    assert found["status"]["currentCPUUtilizationPercentage"] == 9
