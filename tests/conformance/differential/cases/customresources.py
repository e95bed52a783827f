"""CustomResourceDefinitions and the objects they allow."""

from typing import Any

from differential.language import (
    JSON_PATCH,
    STRATEGIC,
    TABLE,
    Events,
    OpenWatch,
    apply,
    case,
    delete,
    get,
    patch,
    post,
    put,
)

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_NAME = "widgets.$id.example.com"
_PATH = "/apis/$id.example.com/v1/namespaces/$ns/widgets"
_SCHEMA: dict[str, Any] = {
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
_SUBRESOURCES = {
    "status": {},
    "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
}


def _crd(**version: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": _NAME},
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
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": _SCHEMA}, **version}
            ],
        },
    }


def _widget(name: str = "w", **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "$id.example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec}


def _ready(crd: dict[str, Any]) -> tuple[Any, ...]:
    return (post(_CRDS, crd, silent=True), get(_PATH, until=200, silent=True))


_CLEANUP = (f"{_CRDS}/{_NAME}",)

CASES = (
    case(
        "a definition is stored, established and removed",
        post(_CRDS, _crd()),
        get(_PATH, until=200),
        get(f"{_CRDS}/{_NAME}"),
        get("/apis/$id.example.com/v1", until=200),
        get("/apis/$id.example.com", until=200),
        get(f"{_CRDS}/{_NAME}", accept=TABLE),
        delete(f"{_CRDS}/{_NAME}"),
        get(f"{_CRDS}/{_NAME}", until=404),
        get(_PATH, until=404),
        cleanup=_CLEANUP,
    ),
    case(
        "a definition must be whole",
        post(_CRDS, {**_crd(), "metadata": {"name": "other.example.com"}}),
        post(_CRDS, _crd(schema={})),
        post(_CRDS, _crd(schema={"openAPIV3Schema": {"type": "object", "properties": {"spec": {"properties": {}}}}})),
        post(_CRDS, _crd(storage=False)),
        post(_CRDS, _crd(schema={"openAPIV3Schema": {"type": "nonsense"}})),
        cleanup=_CLEANUP,
    ),
    case(
        "an object of a custom kind lives like any other",
        *_ready(_crd()),
        post(_PATH, _widget(size=1)),
        get(f"{_PATH}/w", keep={"rv": "metadata.resourceVersion"}),
        put(f"{_PATH}/w", {**_widget(size=2), "metadata": {"name": "w", "resourceVersion": "$rv"}}),
        put(f"{_PATH}/w", {**_widget(size=3), "metadata": {"name": "w", "resourceVersion": "$rv"}}),
        put(f"{_PATH}/w", _widget(size=3)),
        get(_PATH),
        patch(f"{_PATH}/w", {"spec": {"size": 4}}),
        patch(f"{_PATH}/w", [{"op": "replace", "path": "/spec/size", "value": 5}], JSON_PATCH),
        patch(f"{_PATH}/w", {"spec": {"size": 4}}, STRATEGIC),
        delete(f"{_PATH}/w"),
        get(f"{_PATH}/w"),
        cleanup=_CLEANUP,
    ),
    case(
        "a schema is enforced",
        *_ready(_crd()),
        post(_PATH, _widget(size=0)),
        post(_PATH, _widget(size=11)),
        post(_PATH, _widget(size="one")),
        post(_PATH, _widget(size=1.5)),
        post(_PATH, _widget(colour="green", size=1)),
        post(_PATH, _widget(word="toolong", size=1)),
        post(_PATH, _widget(word="A1", size=1)),
        post(_PATH, _widget()),
        post(_PATH, {"apiVersion": "$id.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}),
        post(_PATH, _widget(size=1, parts=[{"name": "a"}, {"name": "a"}])),
        post(_PATH, _widget(size=1, parts=[{"name": "a"}, {"name": "b"}, {"name": "c"}])),
        post(_PATH, _widget(size=1, parts=[{"n": 1}])),
        post(_PATH, _widget(size=1, either=[])),
        post(_PATH, _widget(size=None)),
        post(_PATH, _widget(size=1, maybe=None, colour=None)),
        cleanup=_CLEANUP,
    ),
    case(
        "unknown fields are pruned, warned of or refused",
        *_ready(_crd()),
        post(_PATH, _widget("a", size=1, nonsense=1, free={"any": "thing"})),
        post(f"{_PATH}?fieldValidation=Strict", _widget("b", size=1, nonsense=1)),
        post(f"{_PATH}?fieldValidation=Ignore", _widget("c", size=1, nonsense=1)),
        cleanup=_CLEANUP,
    ),
    case(
        "status and scale of a custom kind",
        *_ready(_crd(subresources=_SUBRESOURCES)),
        post(_PATH, {**_widget(size=1, replicas=2), "status": {"ready": True}}),
        patch(f"{_PATH}/w/status", {"status": {"ready": True, "replicas": 2}, "spec": {"size": 9}}),
        patch(f"{_PATH}/w", {"status": {"ready": False}}),
        patch(f"{_PATH}/w", {"spec": {"size": 2}}),
        get(f"{_PATH}/w/scale"),
        patch(f"{_PATH}/w/scale", {"spec": {"replicas": 5}}),
        put(f"{_PATH}/w/status", {**_widget(size=1), "status": {"ready": "yes"}}),
        get(f"{_PATH}/w"),
        cleanup=_CLEANUP,
    ),
    case(
        "without a status subresource, status is like any field",
        *_ready(_crd()),
        post(_PATH, {**_widget(size=1), "status": {"ready": True}}),
        patch(f"{_PATH}/w/status", {"status": {"ready": False}}),
        cleanup=_CLEANUP,
    ),
    case(
        "printer columns make the table",
        *_ready(
            _crd(
                additionalPrinterColumns=[
                    {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "description": "how large"},
                    {"name": "Colour", "type": "string", "jsonPath": ".spec.colour", "priority": 1},
                    {"name": "None", "type": "string", "jsonPath": ".spec.none"},
                ]
            )
        ),
        post(_PATH, _widget(size=1), silent=True),
        get(_PATH, accept=TABLE),
        get(f"{_PATH}/w?includeObject=None", accept=TABLE),
        cleanup=_CLEANUP,
    ),
    case(
        "a table without columns of its own",
        *_ready(_crd()),
        post(_PATH, _widget(size=1), silent=True),
        get(_PATH, accept=TABLE),
        cleanup=_CLEANUP,
    ),
    case(
        "apply knows a custom kind's lists",
        *_ready(_crd()),
        apply(f"{_PATH}/w", _widget(size=1, parts=[{"name": "a"}]), "one"),
        apply(f"{_PATH}/w", _widget(size=1, parts=[{"name": "b", "n": 2}]), "two"),
        apply(f"{_PATH}/w", _widget(size=2), "two"),
        apply(f"{_PATH}/w", _widget(size=1), "one"),
        apply(f"{_PATH}/w", _widget(size=1, nonsense=1), "one"),
        apply(f"{_PATH}/w", _widget(size=99), "one"),
        cleanup=_CLEANUP,
    ),
    case(
        "a custom kind is watched",
        *_ready(_crd()),
        get(_PATH, keep={"rv": "metadata.resourceVersion"}, silent=True),
        OpenWatch(f"{_PATH}?watch=true&resourceVersion=$rv"),
        post(_PATH, _widget(size=1), silent=True),
        patch(f"{_PATH}/w", {"spec": {"size": 2}}, silent=True),
        delete(f"{_PATH}/w", silent=True),
        Events(3),
        cleanup=_CLEANUP,
    ),
    case(
        "rules in CEL",
        *_ready(
            _crd(
                schema={
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
                                "x-kubernetes-validations": [
                                    {"rule": "self.a <= self.b", "message": "a must not exceed b"},
                                    {"rule": "self.b >= oldSelf.b", "message": "b only grows"},
                                ],
                            }
                        },
                    }
                }
            )
        ),
        post(_PATH, _widget(a=2, b=1)),
        post(_PATH, _widget(a=1, b=2)),
        patch(f"{_PATH}/w", {"spec": {"b": 1}}),
        cleanup=_CLEANUP,
    ),
    case(
        "a cluster-scoped kind has no namespace",
        post(_CRDS, {**_crd(), "spec": {**_crd()["spec"], "scope": "Cluster"}}, silent=True),
        get("/apis/$id.example.com/v1/widgets", until=200),
        post("/apis/$id.example.com/v1/widgets", _widget(size=1)),
        get(_PATH),
        get("/apis/$id.example.com/v1/widgets/w"),
        cleanup=_CLEANUP,
    ),
)
