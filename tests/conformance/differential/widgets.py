"""A kind of the cases' own: its definition, its objects, and how to wait until it is served."""

from typing import Any

from tests.conformance.differential.language import get, post

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAME = "widgets.$id.example.com"
PATH = "/apis/$id.example.com/v1/namespaces/$ns/widgets"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["spec"],
    "properties": {
        "spec": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {"type": "integer", "minimum": 1, "maximum": 10},
                "colour": {"type": "string", "enum": ["red", "blue"], "default": "red"},
                "word": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
                "replicas": {"type": "integer"},
                "parts": {
                    "type": "array",
                    "maxItems": 2,
                    "items": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {"name": {"type": "string"}, "n": {"type": "integer"}},
                    },
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                },
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "either": {"x-kubernetes-int-or-string": True},
                "maybe": {"type": "string", "nullable": True},
            },
        },
        "status": {"type": "object", "properties": {"ready": {"type": "boolean"}, "replicas": {"type": "integer"}}},
    },
}
SUBRESOURCES = {
    "status": {},
    "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
}


def crd(**version: Any) -> dict[str, Any]:
    """Write the definition; ``version`` overrides fields of its only version."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME},
        "spec": {
            "group": "$id.example.com",
            "scope": "Namespaced",
            "names": {
                "plural": "widgets",
                "singular": "widget",
                "kind": "Widget",
                "shortNames": ["wd"],
                "categories": ["all"],
            },
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": SCHEMA}, **version}
            ],
        },
    }


def two_versions() -> dict[str, Any]:
    """Write the definition with a second version of the same schema."""
    made = crd()
    (first,) = made["spec"]["versions"]
    made["spec"]["versions"] = [first, {**first, "name": "v2", "storage": False}]
    return made


def widget(name: str = "w", **spec: Any) -> dict[str, Any]:
    """Write an object of the kind."""
    return {"apiVersion": "$id.example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec}


def ready(crd: dict[str, Any]) -> tuple[Any, ...]:
    """Create the definition and wait until its objects are served."""
    return (post(CRDS, crd, silent=True), get(PATH, until=200, silent=True))


CLEANUP = (f"{CRDS}/{NAME}",)
