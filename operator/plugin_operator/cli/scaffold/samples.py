"""Objects for the test of a new plugin: what the API server asks of a kind, and no more.

A kind that is missing in the table needs nothing but metadata on the embedded API server.
"""

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
    ("", "Service"): {"spec": {"selector": _LABELS, "ports": [{"port": 80}]}},
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
    ("events.k8s.io", "Event"): {
        "eventTime": "2026-01-01T12:00:00.000000Z",
        "reportingController": "example.com/controller",
        "reportingInstance": "one",
        "action": "Testing",
        "reason": "Tested",
        "type": "Normal",
    },
    ("networking.k8s.io", "Ingress"): {
        "spec": {"defaultBackend": {"service": {"name": "example", "port": {"number": 80}}}}
    },
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): {"roleRef": _ROLE},
    ("rbac.authorization.k8s.io", "RoleBinding"): {"roleRef": _ROLE},
    ("storage.k8s.io", "StorageClass"): {"provisioner": "example.com/disks"},
    ("apiextensions.k8s.io", "CustomResourceDefinition"): {
        "spec": {
            "group": "example.com",
            "names": _NAMES,
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": _SCHEMA}],
        }
    },
}


def fields_of(kind: GroupVersionKind) -> Mapping[str, Any]:
    """Return the fields besides metadata that a built-in kind needs."""
    return _FIELDS.get((kind.group, kind.kind), {})


def object_name(kind: GroupVersionKind) -> str:
    """Return a name that the kind allows."""
    return "examples.example.com" if kind.kind == "CustomResourceDefinition" else "example"


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
