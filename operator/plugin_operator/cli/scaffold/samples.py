"""Objects for the test of a new plugin: what the API server asks of a kind, and no more.

A kind that is missing in the table needs nothing but metadata on the embedded API server.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from plugin_operator.kube import GroupVersionKind

_WIDTH = 118
_MAX_DEPTH = 12
_LABELS = {"app": "example"}
_POD = {"containers": [{"name": "main", "image": "nginx:1"}]}
_TEMPLATE = {"metadata": {"labels": _LABELS}, "spec": _POD}
_WORKLOAD = {"selector": {"matchLabels": _LABELS}, "template": _TEMPLATE}
_JOB = {"template": {"spec": {**_POD, "restartPolicy": "Never"}}}
_ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
_NAMES = {"kind": "Example", "plural": "examples", "singular": "example", "listKind": "ExampleList"}
_SCHEMA = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
# A certificate authority that nothing trusts, valid for a hundred years.
_AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBbzCCARWgAwIBAgIUPE16lH+pMElOo3Dt4uqiTZ7UHPwwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBYTAgFw0yNjExMzAxNzU4NTJaGA8yMTI2MTEwNjE3NTg1Mlow
DDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAKGNsV/RrJH
0dalUuBNX+LP042PKLU5mBj5IvjtEYlH6Qgcj7FW7tSCbvID6h6RJE+eco/8HwtM
4/utZOnbkTWjUzBRMB0GA1UdDgQWBBTxYSHrOnIaIajSVchdkqZAWMCVCTAfBgNV
HSMEGDAWgBTxYSHrOnIaIajSVchdkqZAWMCVCTAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0gAMEUCIHjVq8IEoRfZisftGhcvD4eOODhM7gGmHcwUBPhUq5F3
AiEAxYi9+G77VLv2L+JHjb22T5yFNhX1y8Qu53pWT9rBlEo=
-----END CERTIFICATE-----
"""
_REQUEST = (
    # A certificate request without a subject.
    "MIG5MGICAQAwADBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABALwweYNZnoAM/qP5AHOSZWfo1HINJ4Z4/ryMyW+ECyCoY9iAZr5"
    "Ql3qwkIifBxbo84QHsp7SPqTneT0N0hYb+mgADAKBggqhkjOPQQDAgNHADBEAiBu5Maqn2HB6vQODy0TUv7UJEwWfZKOW9h5jq/z"
    "MeYbOAIgMM4U05DmH/d/4RF19OcT5ogTbS3GuiNDj8V1R4+v1Cs="
)
_PEM_REQUEST = base64.b64encode(
    f"-----BEGIN CERTIFICATE REQUEST-----\n{_REQUEST}\n-----END CERTIFICATE REQUEST-----\n".encode()
).decode()
_RULES = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]
_VALIDATING = {"matchConstraints": {"resourceRules": _RULES}, "validations": [{"expression": "object.data.size() > 0"}]}
_MUTATING = {
    "matchConstraints": {"resourceRules": _RULES},
    "reinvocationPolicy": "Never",
    "mutations": [
        {
            "patchType": "ApplyConfiguration",
            "applyConfiguration": {"expression": 'Object{metadata: Object.metadata{labels: {"a": "b"}}}'},
        }
    ],
}
_FIELDS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("", "ConfigMap"): {"data": {"key": "value"}},
    ("", "PersistentVolume"): {
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/data"},
        }
    },
    ("", "PersistentVolumeClaim"): {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    },
    ("", "Pod"): {"spec": _POD},
    ("", "PodTemplate"): {"template": _TEMPLATE},
    ("", "ReplicationController"): {"spec": {"selector": _LABELS, "template": _TEMPLATE}},
    ("", "Service"): {"spec": {"selector": _LABELS, "ports": [{"port": 80}]}},
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"): {"spec": _MUTATING},
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"): {"spec": {"policyName": "example"}},
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): {"spec": _VALIDATING},
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"): {
        "spec": {"policyName": "example", "validationActions": ["Deny"]}
    },
    ("apiregistration.k8s.io", "APIService"): {
        "spec": {
            "group": "example.com",
            "version": "v1",
            "service": {"namespace": "default", "name": "example"},
            "groupPriorityMinimum": 1000,
            "versionPriority": 10,
        }
    },
    ("apps", "ControllerRevision"): {"revision": 1, "data": {"key": "value"}},
    ("apps", "DaemonSet"): {"spec": _WORKLOAD},
    ("apps", "Deployment"): {"spec": _WORKLOAD},
    ("apps", "ReplicaSet"): {"spec": _WORKLOAD},
    ("apps", "StatefulSet"): {"spec": {**_WORKLOAD, "serviceName": "example"}},
    ("autoscaling", "HorizontalPodAutoscaler"): {
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "example"},
            "maxReplicas": 3,
        }
    },
    ("batch", "CronJob"): {"spec": {"schedule": "0 4 * * *", "jobTemplate": {"spec": _JOB}}},
    ("batch", "Job"): {"spec": _JOB},
    ("certificates.k8s.io", "CertificateSigningRequest"): {
        "spec": {"request": _PEM_REQUEST, "signerName": "example.com/signer", "usages": ["digital signature"]}
    },
    ("certificates.k8s.io", "ClusterTrustBundle"): {"spec": {"trustBundle": _AUTHORITY}},
    ("certificates.k8s.io", "PodCertificateRequest"): {
        "spec": {
            "signerName": "example.com/signer",
            "podName": "example",
            "podUID": "1",
            "serviceAccountName": "default",
            "serviceAccountUID": "2",
            "nodeName": "node",
            "nodeUID": "3",
            "stubPKCS10Request": _REQUEST,
        }
    },
    ("discovery.k8s.io", "EndpointSlice"): {"addressType": "IPv4", "endpoints": [{"addresses": ["10.1.2.3"]}]},
    ("events.k8s.io", "Event"): {
        "eventTime": "2026-01-01T12:00:00.000000Z",
        "reportingController": "example.com/controller",
        "reportingInstance": "one",
        "action": "Testing",
        "reason": "Tested",
        "type": "Normal",
    },
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"): {
        "spec": {"priorityLevelConfiguration": {"name": "global-default"}}
    },
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"): {
        "spec": {"type": "Limited", "limited": {"nominalConcurrencyShares": 5, "limitResponse": {"type": "Reject"}}}
    },
    ("networking.k8s.io", "Ingress"): {
        "spec": {"defaultBackend": {"service": {"name": "example", "port": {"number": 80}}}}
    },
    ("networking.k8s.io", "IngressClass"): {"spec": {"controller": "example.com/controller"}},
    ("networking.k8s.io", "IPAddress"): {
        "spec": {"parentRef": {"resource": "services", "namespace": "default", "name": "example"}}
    },
    ("networking.k8s.io", "ServiceCIDR"): {"spec": {"cidrs": ["10.10.0.0/24"]}},
    ("node.k8s.io", "RuntimeClass"): {"handler": "example"},
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): {"roleRef": _ROLE},
    ("rbac.authorization.k8s.io", "RoleBinding"): {"roleRef": _ROLE},
    ("resource.k8s.io", "DeviceTaintRule"): {
        "spec": {"deviceSelector": {"driver": "example.com"}, "taint": {"key": "example", "effect": "NoSchedule"}}
    },
    ("resource.k8s.io", "ResourceSlice"): {
        "spec": {
            "driver": "example.com",
            "nodeName": "node",
            "pool": {"name": "example", "generation": 1, "resourceSliceCount": 1},
            "devices": [{"name": "one"}],
        }
    },
    ("storage.k8s.io", "CSIStorageCapacity"): {"storageClassName": "example", "capacity": "1Gi"},
    ("storage.k8s.io", "StorageClass"): {"provisioner": "example.com/disks"},
    ("storage.k8s.io", "VolumeAttachment"): {
        "spec": {"attacher": "example.com", "nodeName": "node", "source": {"persistentVolumeName": "example"}}
    },
    ("storage.k8s.io", "VolumeAttributesClass"): {"driverName": "example.com", "parameters": {"speed": "high"}},
    ("storagemigration.k8s.io", "StorageVersionMigration"): {"spec": {"resource": {"resource": "configmaps"}}},
    ("apiextensions.k8s.io", "CustomResourceDefinition"): {
        "spec": {
            "group": "example.com",
            "names": _NAMES,
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": _SCHEMA}],
        }
    },
}

_NAMES_OF = {
    "CustomResourceDefinition": "examples.example.com",
    "IPAddress": "10.96.0.200",
    "APIService": "v1.example.com",
}


def fields_of(kind: GroupVersionKind) -> Mapping[str, Any]:
    """Return the fields besides metadata that a built-in kind needs."""
    return _FIELDS.get((kind.group, kind.kind), {})


def object_name(kind: GroupVersionKind) -> str:
    """Return a name that the kind allows."""
    return _NAMES_OF.get(kind.kind, "example")


def fields_from_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields besides metadata that the schema of a custom kind requires.

    A pattern or a rule in CEL may want other values than these; the author then writes them into the test.
    """
    value = _value(schema, 0)
    return {key: each for key, each in value.items() if key != "metadata"} if isinstance(value, dict) else {}


def _value(schema: Mapping[str, Any], depth: int) -> Any:
    if "default" in schema:
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("x-kubernetes-int-or-string"):
        return 1
    kind = schema.get("type")
    if kind == "object":
        known = schema.get("properties") or {}
        # A schema may be nested for ever by mistake only; such an object is left to the author.
        names = schema.get("required") or () if depth < _MAX_DEPTH else ()
        return {name: _value(known.get(name) or {}, depth + 1) for name in names}
    if kind == "array":
        return [_value(schema.get("items") or {}, depth + 1)] * min(int(schema.get("minItems") or 0), 1)
    if kind in {"integer", "number"}:
        return schema.get("minimum", 1)
    return False if kind == "boolean" else "example".ljust(int(schema.get("minLength") or 0), "x")[:4096]


def code_of(value: Any, indent: int, before: int = 0) -> str:
    """Return a JSON value as Python code, broken into lines where one would be too long.

    Args:
        value: dicts, lists and scalars.
        indent: spaces before the line.
        before: characters of the line before the value.
    """
    flat = _flat(value)
    if indent + before + len(flat) < _WIDTH or not value or not isinstance(value, dict | list):
        return flat
    pad = " " * (indent + 4)
    if isinstance(value, list):
        lines = [f"{pad}{code_of(each, indent + 4)},\n" for each in value]
        return "[\n" + "".join(lines) + " " * indent + "]"
    lines = [f"{pad}{_flat(key)}: {code_of(each, indent + 4, len(_flat(key)) + 2)},\n" for key, each in value.items()]
    return "{\n" + "".join(lines) + " " * indent + "}"


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flat(key)}: {_flat(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flat, value)) + "]"
    # Of a text that is printable, JSON's form is Python's too, and has the quotes of a formatter.
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) and value.isprintable() else repr(value)
