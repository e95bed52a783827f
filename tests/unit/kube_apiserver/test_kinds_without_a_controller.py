"""Defaults and rules of kinds that this server stores only, as random mutations showed them at kube-apiserver."""

from types import SimpleNamespace
from typing import Any

import pytest

from kube_apiserver.kinds import strategy_of
from kube_apiserver.security.user import User
from kube_apiserver.writes.metadata import metadata_causes, reported
from tests.builtin_strategy import changed_causes, defaulted, object_causes

_STORAGE, _NETWORK, _ADMISSION = "storage.k8s.io", "networking.k8s.io", "admissionregistration.k8s.io"


def _told(causes: Any) -> list[str]:
    return [f"{cause.field}: {cause.message}" for cause in causes]


@pytest.mark.parametrize(("custom", "times"), [(None, 1), (object(), 3)])
def test_an_update_of_a_custom_object_repeats_the_errors_of_metadata(custom: Any, times: int) -> None:
    resource: Any = SimpleNamespace(custom=custom, group="", strategy=strategy_of("", "v1", "Pod"))
    new = {"metadata": {"name": "x", "labels": {"a": "b c"}}}
    assert len(reported(resource, metadata_causes(resource, new, {"metadata": {"name": "x"}}))) == times
    assert len(metadata_causes(resource, new, None)) == 1


def test_the_old_name_of_an_account_is_an_alias() -> None:
    for name in ("serviceAccountName", "serviceAccount"):
        pod = defaulted("", "v1", "Pod", {"metadata": {}, "spec": {"containers": [], name: "a"}})
        assert (pod["spec"]["serviceAccountName"], pod["spec"]["serviceAccount"]) == ("a", "a")


def test_a_behavior_gets_the_rules_that_it_leaves_out() -> None:
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 60}}
    sent = {"metadata": {}, "spec": {"maxReplicas": 2, "behavior": behavior}}
    made = defaulted("autoscaling", "v2", "HorizontalPodAutoscaler", sent)["spec"]["behavior"]
    percent = {"type": "Percent", "value": 100, "periodSeconds": 15}
    assert made["scaleDown"] == {"stabilizationWindowSeconds": 60, "selectPolicy": "Max", "policies": [percent]}
    assert made["scaleUp"]["stabilizationWindowSeconds"] == 0


@pytest.mark.parametrize("kind", ["ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"])
def test_a_policy_gets_what_its_constraints_leave_out(kind: str) -> None:
    sent = {"metadata": {}, "spec": {"matchConstraints": {"resourceRules": [{"operations": ["CREATE"]}]}}}
    spec = defaulted(_ADMISSION, "v1", kind, sent)["spec"]
    assert spec["failurePolicy"] == "Fail"
    assert spec["matchConstraints"]["namespaceSelector"] == {}
    assert spec["matchConstraints"]["resourceRules"][0]["scope"] == "*"


def test_a_driver_gets_its_defaults_and_keeps_how_it_is_attached() -> None:
    driver = defaulted(_STORAGE, "v1", "CSIDriver", {"metadata": {}, "spec": {}})
    assert driver["spec"]["volumeLifecycleModes"] == ["Persistent"]
    assert driver["spec"]["requiresRepublish"] is False
    assert driver["spec"]["preventPodSchedulingIfMissing"] is False
    changed = {**driver, "spec": {**driver["spec"], "attachRequired": False}}
    assert _told(changed_causes(_STORAGE, "CSIDriver", driver, changed)) == [
        "spec.attachedRequired: Invalid value: false: field is immutable"
    ]


def test_a_driver_is_warned_of_tokens_that_may_be_logged() -> None:
    warn = strategy_of(_STORAGE, "v1", "CSIDriver").warn
    assert warn is not None
    (warning,) = warn({"spec": {"tokenRequests": [{"audience": "a"}]}}, None)
    assert warning.startswith("spec.serviceAccountTokenInSecrets is unset")
    assert warn({"spec": {"tokenRequests": []}}, None) == []


def test_a_class_of_attributes_needs_parameters_and_keeps_them() -> None:
    kind = "VolumeAttributesClass"
    assert _told(object_causes(_STORAGE, "v1", kind, {})) == [
        "driverName: Required value",
        "parameters: Required value: must contain at least one key/value pair",
    ]
    old, new = {"driverName": "d", "parameters": {"a": "b"}}, {"driverName": "d", "parameters": {"a": "c"}}
    assert _told(changed_causes(_STORAGE, kind, old, new)) == [
        "parameters: Forbidden: updates to parameters are forbidden."
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({}, "Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName"),
        (
            {"persistentVolumeName": "v", "inlineVolumeSpec": {}},
            "Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName",
        ),
    ],
)
def test_an_attachment_has_one_source(source: dict[str, Any], said: str) -> None:
    spec = {"attacher": "a.example.com", "nodeName": "n", "source": source}
    assert f"spec.source: {said}" in _told(object_causes(_STORAGE, "v1", "VolumeAttachment", {"spec": spec}))


def test_an_address_has_a_parent_that_stays() -> None:
    assert _told(object_causes(_NETWORK, "v1", "IPAddress", {"spec": {"parentRef": {"name": "s"}}})) == [
        "spec.parentRef.resource: Required value"
    ]
    old = {"spec": {"parentRef": {"resource": "services", "name": "s"}}}
    assert _told(changed_causes(_NETWORK, "IPAddress", old, {"spec": {}})) == [
        "spec.parentRef: Invalid value: null: field is immutable"
    ]
    problems = strategy_of(_NETWORK, "v1", "IPAddress").name_problems
    assert problems("2001:DB8::1") == ['must be in canonical form ("2001:db8::1")']
    assert problems("10.0.0.1") == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, [], ["spec.cidrs: Required value: at least one CIDR required"]),
        (["10.0.0.0/24"], ["10.1.0.0/24"], ['spec.cidrs[0]: Invalid value: "10.1.0.0/24": field is immutable']),
        (["10.0.0.0/24"], ["10.0.0.0/24", "2001:db8::/64"], []),
    ],
)
def test_a_range_keeps_its_first_cidr(before: list[str] | None, after: list[str], said: list[str]) -> None:
    validate = strategy_of(_NETWORK, "v1", "ServiceCIDR").validate_with_old
    assert validate is not None
    old = None if before is None else {"spec": {"cidrs": before}}
    assert _told(validate({"spec": {"cidrs": after}}, old)) == said


def test_a_daemon_set_counts_the_changes_of_its_template() -> None:
    old: dict[str, Any] = {"metadata": {"generation": 1, "annotations": {}}, "spec": {"template": {}}}
    new: dict[str, Any] = {"metadata": {"generation": 1, "annotations": {"a": "b"}}, "spec": {"template": {"a": 1}}}
    keep = strategy_of("apps", "v1", "DaemonSet").as_kept
    assert keep is not None
    name = "deprecated.daemonset.template.generation"
    kept = keep(new, {**old, "metadata": {"annotations": {name: "4"}}})
    assert kept["metadata"]["annotations"] == {"a": "b", name: "5"}


def test_a_volume_and_a_class_are_protected() -> None:
    volume: dict[str, Any] = {"metadata": {"creationTimestamp": "2026-11-30T09:54:34Z"}}
    for group, kind, finalizer in (("", "PersistentVolume", "pv"), (_STORAGE, "VolumeAttributesClass", "vac")):
        prepare = strategy_of(group, "v1", kind).prepare_create
        assert prepare is not None
        prepare(volume, None)  # type: ignore[arg-type]
        assert f"kubernetes.io/{finalizer}-protection" in volume["metadata"]["finalizers"]
    assert volume["status"]["lastPhaseTransitionTime"] == "2026-11-30T09:54:34Z"


def test_a_claim_of_devices_keeps_its_spec() -> None:
    for kind in ("ResourceClaim", "ResourceClaimTemplate"):
        (cause,) = changed_causes("resource.k8s.io", kind, {"spec": {"devices": {}}}, {"spec": {}})
        assert cause.field == "spec"


def test_a_signing_request_names_its_creator_and_keeps_its_spec() -> None:
    strategy = strategy_of("certificates.k8s.io", "v1", "CertificateSigningRequest")
    assert strategy.record_creator is not None
    assert strategy.prepare_update is not None
    request: dict[str, Any] = {"spec": {"signerName": "a/b", "username": "somebody", "extra": {"a": ["b"]}}}
    strategy.record_creator(request, User("jane", ("g",)).info())
    assert request["spec"] == {"signerName": "a/b", "username": "jane", "groups": ["g"]}
    changed: dict[str, Any] = {"spec": {"signerName": "c/d"}}
    strategy.prepare_update(request, changed)
    assert changed["spec"] == request["spec"]


def test_an_update_of_a_service_keeps_what_was_allocated() -> None:
    prepare = strategy_of("", "v1", "Service").prepare_update
    assert prepare is not None
    ports = [{"name": "a", "port": 80, "nodePort": 30001}, {"name": "b", "port": 81, "nodePort": 30002}]
    old = {"spec": {"type": "NodePort", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ports": ports}}
    sent = [{"name": "a", "port": 8080}, {"name": "c", "port": 81, "nodePort": 30002}, {"name": "b", "port": 82}]
    new: dict[str, Any] = {"spec": {"type": "NodePort", "ports": sent}}
    prepare(old, new)
    assert (new["spec"]["clusterIP"], new["spec"]["clusterIPs"]) == ("10.0.0.1", ["10.0.0.1"])
    assert [port.get("nodePort") for port in new["spec"]["ports"]] == [30001, 30002, None]


_EVENT: dict[str, Any] = {
    "apiVersion": "events.k8s.io/v1",
    "metadata": {"name": "e", "namespace": "ns"},
    "eventTime": "2026-11-30T09:54:34.000001Z",
    "regarding": {"kind": "Pod", "namespace": "ns", "name": "p"},
    "type": "Normal",
    "reason": "Started",
    "action": "a",
    "reportingController": "example.com/c",
    "reportingInstance": "c-1",
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"reportingController": ""}, ["reportingController: Required value"]),
        ({"type": "Odd"}, ['type: Invalid value: "": has invalid value: Odd']),
        ({"note": "x" * 1025}, ['message: Invalid value: "": can have at most 1024 characters']),
        ({"deprecatedCount": 1}, ['count: Invalid value: "": needs to be unset']),
        ({"series": {"count": 1}}, ['series.count: Invalid value: "": should be at least 2']),
    ],
)
def test_an_event_of_the_newer_group_is_complete(change: dict[str, Any], said: list[str]) -> None:
    validate = strategy_of("events.k8s.io", "v1", "Event").validate_with_old
    assert validate is not None
    assert set(said) <= {each for each in _told(validate({**_EVENT, **change}, None)) if "name part" not in each}
    assert bool(said) == bool(validate({**_EVENT, **change}, None))


def test_an_event_of_the_newer_group_keeps_all_but_its_series() -> None:
    validate = strategy_of("events.k8s.io", "v1", "Event").validate_with_old
    assert validate is not None
    series = {"count": 2, "lastObservedTime": "2026-11-30T09:54:34.000001Z"}
    assert validate({**_EVENT, "series": series}, _EVENT) == []
    assert _told(validate({**_EVENT, "note": "n"}, _EVENT)) == ['message: Invalid value: "n": field is immutable']


def test_the_addresses_and_ports_of_endpoints_are_checked_when_they_change() -> None:
    validate = strategy_of("", "v1", "Endpoints").validate_with_old
    assert validate is not None
    obj = {"subsets": [{"addresses": [{"ip": "127.0.0.1", "hostname": "A"}], "ports": [{"port": 0}]}, {}]}
    assert [cause.field for cause in validate(obj, None)] == [
        "subsets[0].addresses[0].hostname",
        "subsets[0].addresses[0].ip",
        "subsets[0].ports[0].port",
        "subsets[1]",
    ]
    assert validate(obj, obj) == []


def test_the_phase_of_a_namespace_says_whether_it_is_deleted() -> None:
    validate = strategy_of("", "v1", "Namespace").validate_status
    assert validate is not None
    namespace: dict[str, Any] = {"metadata": {}, "status": {"phase": "Terminating"}}
    (cause,) = validate(namespace, {})
    assert cause.message.endswith("may only be 'Active' if `deletionTimestamp` is empty")
    assert validate({**namespace, "metadata": {"deletionTimestamp": "2026-11-30T09:54:34Z"}}, {}) == []


def test_a_runtime_class_has_a_handler_that_stays() -> None:
    validate = strategy_of("node.k8s.io", "v1", "RuntimeClass").validate_with_old
    assert validate is not None
    assert _told(validate({}, None)) == ["handler: Required value"]
    assert _told(validate({"handler": "b"}, {"handler": "a"})) == ["handler: Invalid value: null: field is immutable"]
