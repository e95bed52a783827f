"""A misspelled kind is taken for the one that was meant, and another kind is to be declared."""

import pytest

from plugin_operator.error_hints.kind_classes import builtin_kinds, kind_of_class
from plugin_operator.error_hints.undeclared_kinds import similar_kind, undeclared_kind
from plugin_operator.kinds import batch_v1
from plugin_operator.kube.definitions import definition_of
from plugin_operator.kube.objects import BuiltinObject

KNOWN = ["apps/v1/Deployment", "apps/v1/StatefulSet", "v1/ConfigMap", "v1/Secret"]


def is_kind(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BuiltinObject) and value is not BuiltinObject


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        ("apps/v1/Deploymnet", "apps/v1/Deployment"),
        ("app/v1/Deployment", "apps/v1/Deployment"),
        ("v1/Configmap", "v1/ConfigMap"),
        ("apps/v1/ReplicaSet", ""),
        ("v1/Service", ""),
        ("batch/v1/Job", ""),
    ],
)
def test_only_a_nearly_equal_kind_is_meant(kind: str, meant: str) -> None:
    assert similar_kind(kind, KNOWN) == meant


def test_nothing_is_meant_where_nothing_is_known() -> None:
    assert similar_kind("v1/Secret", []) == ""


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        ("apps/v1/Deploymnet", "apps/v1/Deployment"),
        ("v1/Secrets", "v1/Secret"),
        ("v1/Pod", ""),
        ("example.com/v1/Wigdet", "example.com/v1/Widget"),
        ("example.com/v1/Cache", ""),
        ("nodes", ""),
        ("Widget", "example.com/v1/Widget"),
        ("Deployment", "apps/v1/Deployment"),
        ("Event", ""),
    ],
)
def test_a_misspelled_kind_is_corrected_and_another_one_declared(kind: str, meant: str) -> None:
    hint = f"did you mean {meant}? If not, declare it" if meant else "declare it"
    assert undeclared_kind(kind, ["example.com/v1/Widget", "pods", "v1/Secret"], "declare it") == hint


def test_each_class_of_a_kind_is_known_by_its_source() -> None:
    of_batch = {str(definition_of(each).gvk) for each in vars(batch_v1).values() if is_kind(each)}
    assert of_batch == {each for each in builtin_kinds() if each.startswith("batch/")}
    assert kind_of_class("plugin_operator.kinds.apps_v1.Deployment") == "apps/v1/Deployment"
    assert kind_of_class("plugin_operator.kinds.apps_v1.DeploymentSpec") == ""
    assert kind_of_class("plugin_operator.kinds.other.Deployment") == ""
    assert kind_of_class("apps_v1.Deployment") == ""
