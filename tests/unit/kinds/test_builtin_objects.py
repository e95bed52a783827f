"""Objects of built-in kinds as kube-apiserver writes them: nulls for empty lists, fields that no class knows."""

from typing import Any, TypeVar

import msgspec
import pytest

from kube_apiserver.patching import merge_patch
from plugin_operator.kinds import apps_v1, authentication_v1, autoscaling_v2, core_v1, discovery_v1, rbac_v1
from plugin_operator.kube.definitions import definition_of
from plugin_operator.kube.objects import ApiObject, LossyWriteError, ObjectDecodeError
from plugin_operator.kube.objects.decoding import decode
from plugin_operator.kube.objects.differences.changes import changes

ROLE = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"full": "aGVsbG8=", "empty": None}}
TEMPLATE = {
    "metadata": {"creationTimestamp": None, "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "web:1"}], "hostIP": "unknown", "dnsPolicy": "ClusterFirst"},
}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "ns", "managedFields": [{"manager": "kubectl"}]},
    "spec": {"replicas": 2, "template": TEMPLATE, "fromTheFuture": {"deep": [1]}},
}


A = TypeVar("A", bound=ApiObject)


def read(cls: type[A], document: dict[str, Any]) -> A:
    return decode(cls, definition_of(cls).gvk, msgspec.json.encode(document))


def test_null_is_an_empty_list() -> None:
    slice_ = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "a"},
        "endpoints": None,
    }
    scaler = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "status": {"currentMetrics": None}}

    assert read(rbac_v1.ClusterRole, {**ROLE, "rules": None}).rules == []
    assert read(discovery_v1.EndpointSlice, slice_).endpoints == []
    assert read(autoscaling_v2.HorizontalPodAutoscaler, scaler).status.current_metrics == []


def test_data_of_a_secret_is_bytes_and_null_in_it_is_no_entry() -> None:
    assert read(core_v1.Secret, SECRET).data == {"full": b"hello"}


def test_no_repr_shows_a_credential() -> None:
    review = authentication_v1.TokenReview(spec=authentication_v1.TokenReviewSpec(token="hidden"))
    secret = core_v1.Secret(data={"a": b"hidden"}, string_data={"b": "hidden"})

    assert "hidden" not in f"{secret!r} {review!r} {review.spec!r}"


def test_a_misfit_is_named_also_where_nulls_are_left_out() -> None:
    with pytest.raises(ObjectDecodeError, match=r"rules\[0\]"):
        read(rbac_v1.ClusterRole, {**ROLE, "aggregationRule": None, "rules": ["none"]})


def test_an_object_of_another_kind_is_refused_also_if_it_has_nulls() -> None:
    with pytest.raises(ObjectDecodeError, match="ClusterRole"):
        read(rbac_v1.Role, {**ROLE, "rules": None})


def test_an_object_without_its_spec_can_be_read_and_changed() -> None:
    deployment = read(apps_v1.Deployment, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}})
    deployment.spec.replicas = 3

    assert changes(deployment, definition_of(apps_v1.Deployment).gvk, parts=["spec"]) == {"spec": {"replicas": 3}}


def test_a_change_keeps_what_the_class_does_not_know() -> None:
    deployment = read(apps_v1.Deployment, DEPLOYMENT)
    deployment.spec.replicas = 3
    deployment.spec.template.metadata.labels["tier"] = "front"
    patch = changes(deployment, definition_of(apps_v1.Deployment).gvk, parts=["metadata", "spec"])

    assert patch == {"spec": {"replicas": 3, "template": {"metadata": {"labels": {"tier": "front"}}}}}
    assert merge_patch(DEPLOYMENT, patch)["spec"]["fromTheFuture"] == {"deep": [1]}


def test_a_list_whose_items_hold_what_the_class_does_not_know_is_not_replaced() -> None:
    document = msgspec.json.decode(msgspec.json.encode(DEPLOYMENT))
    document["spec"]["template"]["spec"]["containers"][0]["fromTheFuture"] = 1
    deployment = read(apps_v1.Deployment, document)
    deployment.spec.template.spec.containers[0].image = "web:2"

    with pytest.raises(LossyWriteError, match=r"containers\[0\].fromTheFuture"):
        changes(deployment, definition_of(apps_v1.Deployment).gvk, parts=["spec"])
