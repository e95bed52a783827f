"""Rules of the built-in kinds outside core, apps and batch. The fields are those that a real 1.37 server names."""

from typing import Any

import pytest

from kube_apiserver.kinds import strategy_of
from tests.builtin_strategy import defaulted, object_causes
from tests.conformance.mutations.certificates import CERTIFICATES

SIGNING = CERTIFICATES["certificates.k8s.io/v1/CertificateSigningRequest"]["spec"]
POD_REQUEST = CERTIFICATES["certificates.k8s.io/v1/PodCertificateRequest"]["spec"]
RULE = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
TAINT = [
    *("spec.deviceSelector.driver", "spec.deviceSelector.pool", "spec.taint.key", "spec.taint.key"),
    "spec.taint.effect",
]

CASES: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("certificates.k8s.io", "CertificateSigningRequest", {"spec": SIGNING}, []),
    (
        "certificates.k8s.io",
        "CertificateSigningRequest",
        {},
        ["spec.request", "spec.usages", "spec.signerName"],
    ),
    (
        "certificates.k8s.io",
        "CertificateSigningRequest",
        {"spec": {**SIGNING, "usages": ["any", "any", "all"], "expirationSeconds": 1}},
        ["spec.usages[2]", "spec.usages[1]", "spec.expirationSeconds"],
    ),
    ("certificates.k8s.io", "PodCertificateRequest", {"spec": POD_REQUEST}, []),
    (
        "certificates.k8s.io",
        "PodCertificateRequest",
        {"spec": {**POD_REQUEST, "stubPKCS10Request": "eA==", "unverifiedUserAnnotations": {"a": "b"}}},
        ["spec.unverifiedUserAnnotations", "spec.stubPKCS10Request"],
    ),
    (
        "flowcontrol.apiserver.k8s.io",
        "FlowSchema",
        {
            "spec": {
                "rules": [{"subjects": [{"kind": "User"}], "resourceRules": [{"verbs": ["fly"], "apiGroups": [""]}]}]
            }
        },
        [
            "spec.priorityLevelConfiguration.name",
            "spec.rules[0].subjects[0].user",
            *(f"spec.rules[0].resourceRules[0].{name}" for name in ("verbs", "resources", "namespaces")),
        ],
    ),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration", {}, ["spec.type"]),
    (
        "flowcontrol.apiserver.k8s.io",
        "PriorityLevelConfiguration",
        {
            "spec": {
                "type": "Limited",
                "limited": {"limitResponse": {"type": "Queue", "queuing": {"handSize": 9, "queues": 512}}},
            }
        },
        ["spec.limited.limitResponse.queuing.handSize"],
    ),
    (
        "apiregistration.k8s.io",
        "APIService",
        {"spec": {"service": {}}},
        [
            *("spec.group", "spec.version", "spec.groupPriorityMinimum", "spec.versionPriority"),
            *("spec.service.namespace", "spec.service.name"),
        ],
    ),
    ("discovery.k8s.io", "EndpointSlice", {}, ["addressType"]),
    (
        "discovery.k8s.io",
        "EndpointSlice",
        {
            "addressType": "IPv4",
            "ports": [{"name": "a"}, {"name": "a", "protocol": "QUIC"}],
            "endpoints": [{"addresses": ["::1"], "hints": {"forZones": [{"name": "z"}, {"name": "z"}]}}, {}],
        },
        [
            *("ports[1].name", "ports[1].protocol", "endpoints[0].addresses", "endpoints[0].addresses[0]"),
            *("endpoints[0].hints.forZones[1].name", "endpoints[1].addresses"),
        ],
    ),
    ("networking.k8s.io", "IngressClass", {}, ["spec.controller"]),
    (
        "networking.k8s.io",
        "IngressClass",
        {"spec": {"controller": "x", "parameters": {"kind": "a/b", "namespace": "n"}}},
        ["spec.controller", "spec.parameters.kind", "spec.parameters.name", "spec.parameters.namespace"],
    ),
    ("storage.k8s.io", "CSIStorageCapacity", {"capacity": "-1"}, ["storageClassName", "capacity"]),
    (
        "storage.k8s.io",
        "CSINode",
        {"spec": {"drivers": [{"name": "d", "nodeID": ""}, {"name": "d", "nodeID": "n", "topologyKeys": ["a", "a"]}]}},
        ["spec.drivers[0].nodeID", "spec.drivers[1].name", "spec.drivers[1]"],
    ),
    (
        "storage.k8s.io",
        "CSIDriver",
        {"spec": {"tokenRequests": [{"audience": "a", "expirationSeconds": 1}, {"audience": "a"}]}},
        ["spec.tokenRequests[0].expirationSeconds", "spec.tokenRequests[1].audience"],
    ),
    (
        "storage.k8s.io",
        "StorageClass",
        {"provisioner": "p", "allowedTopologies": [{}]},
        ["allowedTopologies[0].matchLabelExpressions"],
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        {
            "webhooks": [
                {
                    "name": "a.b",
                    "rules": [{"operations": ["LOOK"], "apiGroups": ["*", "a"], "resources": ["x/*", "x/y"]}],
                    "clientConfig": {"url": "http://u@h/?q"},
                    "matchConditions": [{"name": "m", "expression": "1"}],
                    "admissionReviewVersions": ["v7"],
                }
            ]
        },
        [
            "webhooks[0].name",
            *(f"webhooks[0].rules[0].{name}" for name in ("operations[0]", "apiGroups", "apiVersions", "resources[1]")),
            *("webhooks[0].sideEffects", *("webhooks[0].clientConfig.url",) * 3),
            *("webhooks[0].matchConditions[0].expression", "webhooks[0].admissionReviewVersions"),
        ],
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicy",
        {},
        ["spec.matchConstraints", "spec.validations", "spec.auditAnnotations"],
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicy",
        {
            "spec": {
                "matchConstraints": {"resourceRules": [RULE]},
                "variables": [{"name": "v", "expression": "object.metadata.name"}],
                "validations": [
                    {"expression": "variables.v == params.x"},
                    {"expression": "variables.v != '' && authorizer.group('').check('get').allowed()"},
                ],
            }
        },
        ["spec.validations[0].expression"],
    ),
    (
        "admissionregistration.k8s.io",
        "MutatingAdmissionPolicy",
        {
            "spec": {
                "matchConstraints": {"resourceRules": [{**RULE, "operations": ["DELETE"]}]},
                "reinvocationPolicy": "Never",
                "mutations": [
                    {"patchType": "JSONPatch", "applyConfiguration": {"expression": "Object{}"}},
                    {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "1"}},
                ],
            }
        },
        [
            "spec.matchConstraints.resourceRules.operations",
            *("spec.mutations[0].jsonPatch", "spec.mutations[0].applyConfiguration"),
            "spec.mutations[1].applyConfiguration.expression",
        ],
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicyBinding",
        {"spec": {"paramRef": {"name": "p", "selector": {}}, "validationActions": ["Deny", "Warn"]}},
        [
            *("spec.paramRef.name", "spec.paramRef.selector", "spec.paramRef.parameterNotFoundAction"),
            *("spec.policyName", "spec.validationActions"),
        ],
    ),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding", {}, ["spec.policyName"]),
    (
        "rbac.authorization.k8s.io",
        "ClusterRole",
        {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a b": ""}}]}},
        ["aggregationRule.clusterRoleSelectors[0].matchLabels", "aggregationRule.clusterRoleSelectors[0]"],
    ),
    ("resource.k8s.io", "DeviceTaintRule", {"spec": {"deviceSelector": {"driver": "", "pool": "A"}}}, TAINT),
    (
        "resource.k8s.io",
        "DeviceClass",
        {
            "spec": {
                "selectors": [{}, {"cel": {"expression": "device.driver"}}, {"cel": {"expression": ""}}],
                "config": [{}, {"opaque": {"driver": "a_b", "parameters": [1]}}],
                "extendedResourceName": "x",
            }
        },
        [
            *("spec.selectors[0].cel", "spec.selectors[1].cel.expression", "spec.selectors[2].cel.expression"),
            *("spec.config[0].opaque", "spec.config[1].opaque.parameters", "spec.config[1].opaque.driver"),
            "spec.extendedResourceName",
        ],
    ),
    (
        "resource.k8s.io",
        "ResourceClaim",
        {
            "spec": {
                "devices": {
                    "requests": [{"name": "a"}, {"name": "a", "exactly": {"count": -1, "allocationMode": "Some"}}],
                    "constraints": [{"requests": ["b"], "matchAttribute": "x"}, {}],
                }
            }
        },
        [
            *("spec.devices.requests[1]", "spec.devices.requests[0]"),
            *("spec.devices.requests[1].exactly.deviceClassName", "spec.devices.requests[1].exactly.allocationMode"),
            *("spec.devices.constraints[0].requests[0]", "spec.devices.constraints[0].matchAttribute"),
            "spec.devices.constraints[1]",
        ],
    ),
    (
        "resource.k8s.io",
        "ResourceClaimTemplate",
        {"spec": {"metadata": {"name": "n"}, "spec": {"devices": {"config": [{"requests": ["a"]}]}}}},
        ["spec.metadata.name", "spec.spec.devices.config[0].requests[0]", "spec.spec.devices.config[0].opaque"],
    ),
    (
        "resource.k8s.io",
        "ResourceSlice",
        {
            "spec": {
                "driver": "d.example.com",
                "pool": {"name": "p", "generation": -1},
                "allNodes": False,
                "devices": [
                    {"name": "d", "attributes": {"a b": {"version": "1"}, "c": {}}, "nodeName": "n"},
                    {"name": "d", "capacity": {"m": {"value": "1", "requestPolicy": {}}}},
                ],
            }
        },
        [
            *("spec.pool.resourceSliceCount", "spec.pool.generation", "spec.allNodes", "spec"),
            *("spec.devices[0].attributes", "spec.devices[0].attributes[a b].version", "spec.devices[0].attributes[c]"),
            *("spec.devices[0]", "spec.devices[1].capacity[m].requestPolicy", "spec.devices[1]"),
        ],
    ),
    (
        "node.k8s.io",
        "RuntimeClass",
        {
            "handler": "h",
            "overhead": {"podFixed": {"cpu": "-1"}},
            "scheduling": {"nodeSelector": {"a b": "c"}, "tolerations": [{}, {"key": "k", "operator": "Lt"}]},
        },
        [
            *("overhead.limits[cpu]", "scheduling.nodeSelector"),
            *("scheduling.tolerations[0].operator", "scheduling.tolerations[1].operator"),
        ],
    ),
]


@pytest.mark.parametrize(("group", "kind", "obj", "fields"), CASES)
def test_a_kind_refuses_what_kube_apiserver_refuses(
    group: str, kind: str, obj: dict[str, Any], fields: list[str]
) -> None:
    whole = defaulted(group, "v1", kind, {"metadata": {"name": "x"}, **obj})
    assert [cause.field for cause in object_causes(group, "v1", kind, whole)] == fields


def test_a_change_of_a_slice_may_not_move_it() -> None:
    old = {"spec": {"driver": "a.example.com", "pool": {"name": "p", "resourceSliceCount": 1}, "nodeName": "n"}}
    new = {"spec": {"driver": "b.example.com", "pool": {"name": "q", "resourceSliceCount": 1}, "allNodes": True}}
    validate = strategy_of("resource.k8s.io", "v1", "ResourceSlice").validate_with_old
    assert validate is not None
    assert [cause.field for cause in validate(new, old)] == ["spec.pool.name", "spec.driver", "spec.nodeName"]


def test_a_field_of_a_feature_that_is_off_is_dropped_unless_it_is_stored() -> None:
    drop = strategy_of("coordination.k8s.io", "v1", "Lease").as_kept
    assert drop is not None
    lease = {"spec": {"holderIdentity": "h", "strategy": "x"}}
    assert drop(lease, None) == {"spec": {"holderIdentity": "h"}}
    assert drop(lease, {"spec": {"strategy": "y"}}) == lease


def test_an_issued_pod_certificate_request_keeps_its_status() -> None:
    validate = strategy_of("certificates.k8s.io", "v1", "PodCertificateRequest").validate_status
    assert validate is not None
    denied = {
        "type": "Denied",
        "status": "True",
        "reason": "R",
        "message": "m",
        "lastTransitionTime": "2026-11-30T09:54:34Z",
    }
    new = {"status": {"conditions": [denied], "notBefore": "2026-11-30T09:54:34Z"}}
    assert [cause.field for cause in validate(new, {})] == ["status"]
    assert [cause.field for cause in validate({"status": {}}, {"status": {"conditions": [denied]}})] == ["status"]
    unknown = {"status": {"conditions": [{**denied, "type": "Lost"}]}}
    assert [cause.field for cause in validate(unknown, {})] == ["status.conditions.[0].type"]


def test_only_approval_decides_about_a_signing_request() -> None:
    validate = strategy_of("certificates.k8s.io", "v1", "CertificateSigningRequest").validate_status
    assert validate is not None
    decided = {"status": {"conditions": [{"type": "Approved", "status": "True"}]}}
    for old, new in (({}, decided), (decided, {})):
        assert [cause.field for cause in validate(new, old)] == ["status.conditions"]


def test_a_runtime_class_keeps_its_handler() -> None:
    validate = strategy_of("node.k8s.io", "v1", "RuntimeClass").validate_with_old
    assert validate is not None
    (cause,) = validate({"handler": "b"}, {"handler": "a"})
    assert (cause.field, cause.is_declared) == ("handler", True)
