"""A misspelled kind is taken for the declared one, and another kind is not."""

import pytest

from plugin_operator.kube.gvk import similar_kind

KNOWN = ["apps/v1/Deployment", "apps/v1/StatefulSet", "v1/ConfigMap", "v1/Secret"]


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
