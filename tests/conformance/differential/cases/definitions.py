"""CustomResourceDefinitions themselves, and what a change of one does to its objects."""

from typing import Any

from tests.conformance.differential.language import (
    JSON_PATCH,
    TABLE,
    OpenWatch,
    case,
    delete,
    documents,
    get,
    patch,
    post,
)
from tests.conformance.differential.widgets import CLEANUP, CRDS, NAME, PATH, crd, ready, two_versions, widget

_TEXT = {"type": "string"}
_PROTECTED = "widgets.$id.k8s.io"
_FIELD = "/spec/versions/0/schema/openAPIV3Schema/properties/x"
_MAP = {
    "type": "array",
    "items": {"type": "object", "required": ["k"], "properties": {"k": _TEXT}},
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["k"],
}
_VERSION: dict[str, Any] = crd()["spec"]["versions"][0]
_DEPRECATED = [
    {**_VERSION, "deprecated": True},
    {**_VERSION, "name": "v1beta1", "storage": False, "deprecated": True, "deprecationWarning": "use v2 now"},
    {**_VERSION, "name": "v2", "storage": False},
]


def _rooted(root: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", **root}


def _spec_of(field: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": field}}


def _changed(**spec: Any) -> dict[str, Any]:
    """Write the definition with other parts of its spec."""
    made = crd()
    return {**made, "spec": {**made["spec"], **spec}}


def _converted(service: dict[str, Any]) -> dict[str, Any]:
    webhook = {"conversionReviewVersions": ["v1"], "clientConfig": {"service": service}}
    return _changed(conversion={"strategy": "Webhook", "webhook": webhook})


def _formatted(schema: dict[str, Any]) -> dict[str, Any]:
    root = {"type": "object", "properties": {"x": schema}}
    return _changed(versions=[{**_VERSION, "schema": {"openAPIV3Schema": root}}])


def _of_kubernetes(approval: str | None) -> dict[str, Any]:
    made = _changed(group="$id.k8s.io")
    annotations = {} if approval is None else {"annotations": {"api-approved.kubernetes.io": approval}}
    return {**made, "metadata": {"name": _PROTECTED, **annotations}}


def _gadgets(**names: Any) -> dict[str, Any]:
    made = _changed(names={"plural": "gadgets", "singular": "gadget", **names})
    return {**made, "metadata": {"name": "gadgets.$id.example.com"}}


CASES = (
    case(
        "schemas below items and additionalProperties are decoded as others are",
        *(
            post(f"{CRDS}?dryRun=All{strict}", _formatted(schema))
            for strict in ("", "&fieldValidation=Strict")
            for schema in (
                {"type": "array", "items": {"type": "object", "properties": {"x": None}}},
                {"type": "array", "items": {"type": "object", "allOf": [None], "not": None, "anyOf": []}},
                {
                    "type": "array",
                    "items": {"type": "string", "unknown": 1, "description": "", "enum": [], "minimum": 0},
                },
                {"type": "array", "items": [{"type": "string"}]},
                {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string", "title": ""}}},
                {"type": "object", "additionalProperties": {"type": "string", "nullable": False, "unknown": {}}},
                {"type": "object", "additionalProperties": {"type": "object", "properties": {"x": None}}},
                {"type": "object", "additionalProperties": False},
            )
        ),
        cleanup=CLEANUP,
    ),
    case(
        "a definition is stored, established and removed",
        post(CRDS, crd()),
        get(PATH, until=200),
        get(f"{CRDS}/{NAME}"),
        get("/apis/$id.example.com/v1", until=200),
        get("/apis/$id.example.com", until=200),
        get(f"{CRDS}/{NAME}", accept=TABLE),
        delete(f"{CRDS}/{NAME}"),
        get(f"{CRDS}/{NAME}", until=404),
        get(PATH, until=404),
        cleanup=CLEANUP,
    ),
    case(
        "a definition must be whole",
        post(CRDS, {**crd(), "metadata": {"name": "other.example.com"}}),
        post(CRDS, crd(schema={})),
        post(CRDS, crd(schema={"openAPIV3Schema": {"type": "object", "properties": {"spec": {"properties": {}}}}})),
        post(CRDS, crd(storage=False)),
        post(CRDS, crd(schema={"openAPIV3Schema": {"type": "nonsense"}})),
        cleanup=CLEANUP,
    ),
    case(
        "a cluster-scoped kind has no namespace",
        post(CRDS, {**crd(), "spec": {**crd()["spec"], "scope": "Cluster"}}, silent=True),
        get("/apis/$id.example.com/v1/widgets", until=200),
        post("/apis/$id.example.com/v1/widgets", widget(size=1)),
        get(PATH),
        get("/apis/$id.example.com/v1/widgets/w"),
        cleanup=CLEANUP,
    ),
    case(
        "several versions are one object",
        *ready(two_versions()),
        post(PATH, widget(size=1, colour="blue")),
        get("/apis/$id.example.com/v2/namespaces/$ns/widgets/w", until=200),
        patch("/apis/$id.example.com/v2/namespaces/$ns/widgets/w", {"spec": {"size": 2}}),
        get(f"{PATH}/w"),
        get("/apis/$id.example.com/v1/widgets"),
        get("/apis/$id.example.com/v2/widgets"),
        get("/apis/$id.example.com/v3/widgets"),
        get("/apis/$id.example.com", until=200),
        cleanup=CLEANUP,
    ),
    case(
        "a definition may change under its objects",
        *ready(crd()),
        post(PATH, widget(size=5), silent=True),
        patch(
            f"{CRDS}/{NAME}",
            [
                {
                    "op": "replace",
                    "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size/maximum",
                    "value": 3,
                }
            ],
            JSON_PATCH,
        ),
        # Waits for the change with a new object: an old one that got through would be let through from then on.
        post(f"{PATH}?dryRun=All", widget("probe", size=4), until=422),
        patch(f"{PATH}/w", {"spec": {"size": 4}}),
        patch(f"{PATH}/w", {"metadata": {"labels": {"a": "b"}}}),
        patch(f"{CRDS}/{NAME}", {"spec": {"scope": "Cluster"}}),
        patch(f"{CRDS}/{NAME}", {"spec": {"names": {"plural": "others"}}}),
        cleanup=CLEANUP,
    ),
    case(
        "a definition's objects go with it",
        *ready(crd()),
        post(PATH, {**widget(size=1), "metadata": {"name": "w", "finalizers": ["example.com/f"]}}, silent=True),
        delete(f"{CRDS}/{NAME}", silent=True),
        get(f"{PATH}/w", silent=True),
        patch(f"{PATH}/w", {"metadata": {"finalizers": None}}, silent=True),
        get(f"{CRDS}/{NAME}", until=404),
        cleanup=CLEANUP,
    ),
    case(
        "fields that a definition makes selectable",
        *ready(crd(selectableFields=[{"jsonPath": ".spec.colour"}])),
        post(PATH, widget("one", size=1), silent=True),
        post(PATH, widget("two", size=1, colour="blue"), silent=True),
        get(f"{PATH}?fieldSelector=spec.colour%3Dblue"),
        get(f"{PATH}?fieldSelector=spec.colour!%3Dblue"),
        get(f"{PATH}?fieldSelector=spec.size%3D1"),
        cleanup=CLEANUP,
    ),
    case(
        "a schema must be structural",
        *(
            post(CRDS, crd(schema={"openAPIV3Schema": _rooted(root)}))
            for root in documents(
                {"properties": {"a": {}}},
                {"properties": {"a": {"type": "nonsense"}}},
                {"properties": {"a": {"type": "array"}}},
                {"properties": {"a": {"type": "array", "items": {}}}},
                {"properties": {"a": {"type": "object", "properties": {"b": _TEXT}, "additionalProperties": _TEXT}}},
                {"properties": {"a": {"type": "object", "additionalProperties": False}}},
                {"properties": {"a": {"type": "array", "items": _TEXT, "uniqueItems": True}}},
                {"properties": {"a": {"type": "string", "$$ref": "#/x"}}},
                {"properties": {"a": {"type": "integer", "x-kubernetes-int-or-string": True}}},
                {"properties": {"a": {"type": "string", "x-kubernetes-preserve-unknown-fields": True}}},
                {"properties": {"a": {"type": "object", "x-kubernetes-preserve-unknown-fields": False}}},
                {"properties": {"a": {"type": "object", "x-kubernetes-embedded-resource": True}}},
                {"properties": {"a": {"type": "string", "anyOf": [{"type": "string"}]}}},
                {"properties": {"a": {"type": "string", "allOf": [{"description": "x"}]}}},
                {"properties": {"a": {"type": "object", "not": {"properties": {"b": {"type": "string"}}}}}},
                {"properties": {"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}}},
                {
                    "properties": {
                        "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 5}}}
                    }
                },
                {"properties": {"metadata": {"type": "string"}}},
                {"properties": {"a": {"type": "string", "pattern": "("}}},
                {"properties": {"a": {"type": "string", "minLength": 5, "maxLength": 2}}},
                {"properties": {"a": {"type": "array", "items": _TEXT, "x-kubernetes-list-type": "nonsense"}}},
                {"properties": {"a": {"type": "array", "items": _TEXT, "x-kubernetes-list-type": "map"}}},
                {"properties": {"a": {**_MAP, "x-kubernetes-list-map-keys": ["none"]}}},
                {"properties": {"a": {**_MAP, "x-kubernetes-list-map-keys": ["k", "k"]}}},
                {"properties": {"a": {**_MAP, "x-kubernetes-list-type": "set"}}},
                {"properties": {"a": {**_MAP, "items": {"type": "object", "properties": {"k": _TEXT}}}}},
                {"properties": {"a": {"type": "string", "x-kubernetes-map-type": "atomic"}}},
                {"properties": {"a": {"type": "object", "x-kubernetes-map-type": "nonsense"}}},
                {"type": "string"},
                {"x-kubernetes-preserve-unknown-fields": True, "nullable": True},
            )
        ),
        cleanup=CLEANUP,
    ),
    case(
        "a default must be one that its schema allows",
        *(
            post(CRDS, crd(schema={"openAPIV3Schema": _rooted({"properties": {"spec": _spec_of(field)}})}))
            for field in (
                {"type": "string", "default": 5},
                {"type": "integer", "default": 0, "minimum": 1},
                {"type": "string", "default": None},
                {"type": "string", "nullable": True, "default": None},
                {"type": "string", "enum": ["a"], "default": "b"},
                {"type": "object", "default": {"unknown": 1}, "properties": {"known": _TEXT}},
                {"type": "object", "default": {}, "required": ["known"], "properties": {"known": _TEXT}},
                {"type": "array", "default": [1], "items": _TEXT},
                {"type": "object", "additionalProperties": {"type": "string", "default": "x"}},
                {"type": "string", "anyOf": [{"default": "x"}]},
            )
        ),
        cleanup=CLEANUP,
    ),
    case(
        "names, versions and columns of a definition are checked",
        *(
            post(CRDS, _changed(**spec))
            for spec in documents(
                {"group": "Bad_Group"},
                {"group": ""},
                {"scope": "Nonsense"},
                {"names": {"plural": "widgets"}},
                {"names": {"plural": "Widgets", "kind": "Widget"}},
                {"names": {"plural": "widgets", "kind": "bad kind"}},
                {"names": {"plural": "widgets", "kind": "Widget", "listKind": "Widget"}},
                {"names": {"plural": "widgets", "kind": "Widget", "shortNames": ["Bad"], "categories": ["Bad"]}},
                {"versions": []},
                {"versions": None},
                {"versions": [_VERSION, _VERSION]},
                {"versions": [_VERSION, {**_VERSION, "name": "v2"}]},
                {"versions": [{**_VERSION, "name": "Bad"}]},
                {"versions": [{**_VERSION, "served": False}]},
                {"versions": [{**_VERSION, "schema": None}]},
                {"versions": [{**_VERSION, "additionalPrinterColumns": [{"name": "A"}]}]},
                {
                    "versions": [
                        {**_VERSION, "additionalPrinterColumns": [{"name": "A", "type": "x", "jsonPath": "spec.a"}]}
                    ]
                },
                {"versions": [{**_VERSION, "subresources": {"scale": {}}}]},
                {
                    "versions": [
                        {**_VERSION, "subresources": {"scale": {"specReplicasPath": "spec", "statusReplicasPath": ""}}}
                    ]
                },
                {"versions": [{**_VERSION, "selectableFields": [{"jsonPath": ".spec.none"}]}]},
                {"versions": [{**_VERSION, "deprecationWarning": "old"}]},
                {"conversion": {"strategy": "Nonsense"}},
                {"conversion": {"strategy": "Webhook"}},
                {"preserveUnknownFields": True},
            )
        ),
        cleanup=CLEANUP,
    ),
    case(
        "a deprecated version says so with each answer",
        post(CRDS, _changed(versions=_DEPRECATED), silent=True),
        get("/apis/$id.example.com/v2/namespaces/$ns/widgets", until=200, silent=True),
        get(PATH, until=200),
        post(PATH, widget(size=1)),
        get(f"{PATH}/w"),
        get("/apis/$id.example.com/v1beta1/namespaces/$ns/widgets"),
        get("/apis/$id.example.com/v2/namespaces/$ns/widgets"),
        patch(f"{PATH}/w", {"spec": {"nonsense": 1}}),
        delete(f"{PATH}/w"),
        get(f"{PATH}/w"),
        get(f"{PATH}?limit=nonsense"),
        OpenWatch(f"{PATH}?watch=true&timeoutSeconds=1"),
        get("/api/v1/namespaces/$ns/endpoints"),
        cleanup=CLEANUP,
    ),
    case(
        "the version that is stored may change",
        *ready(two_versions()),
        post(PATH, widget(size=1), silent=True),
        patch(f"{CRDS}/{NAME}", [{"op": "replace", "path": "/spec/versions/0/storage", "value": False}], JSON_PATCH),
        patch(
            f"{CRDS}/{NAME}",
            [
                {"op": "replace", "path": "/spec/versions/0/storage", "value": False},
                {"op": "replace", "path": "/spec/versions/0/served", "value": False},
                {"op": "replace", "path": "/spec/versions/1/storage", "value": True},
            ],
            JSON_PATCH,
            silent=True,
        ),
        get(f"{CRDS}/{NAME}"),
        # Until then, kube-apiserver may store a write in v2 as v1, which the removal below makes unreadable.
        get(PATH, until=404, silent=True),
        get("/apis/$id.example.com/v2/namespaces/$ns/widgets", until=200, silent=True),
        patch("/apis/$id.example.com/v2/namespaces/$ns/widgets/w", {"metadata": {"labels": {"moved": "yes"}}}),
        patch(f"{CRDS}/{NAME}", [{"op": "remove", "path": "/spec/versions/0"}], JSON_PATCH),
        patch(f"{CRDS}/{NAME}/status", {"status": {"storedVersions": []}}),
        patch(f"{CRDS}/{NAME}/status", {"status": {"storedVersions": ["v2", "v9"]}}),
        patch(f"{CRDS}/{NAME}/status", {"status": {"storedVersions": ["v2"]}}),
        patch(f"{CRDS}/{NAME}", [{"op": "remove", "path": "/spec/versions/0"}], JSON_PATCH, silent=True),
        get(PATH, until=404),
        get("/apis/$id.example.com/v2/namespaces/$ns/widgets/w"),
        patch("/apis/$id.example.com/v2/namespaces/$ns/widgets/w", {"spec": {"size": 2}}),
        cleanup=CLEANUP,
    ),
    case(
        "a second definition with a taken name is not accepted",
        *ready(crd()),
        post(CRDS, _gadgets(kind="Widget"), silent=True),
        get(f"{CRDS}/gadgets.$id.example.com", until=200, silent=True),
        get("/apis/$id.example.com/v1/namespaces/$ns/gadgets"),
        delete(f"{CRDS}/gadgets.$id.example.com", silent=True),
        get(f"{CRDS}/gadgets.$id.example.com", until=404, silent=True),
        post(CRDS, _gadgets(kind="Gadget", shortNames=["wd"]), silent=True),
        get("/apis/$id.example.com/v1/namespaces/$ns/gadgets", until=404, silent=True),
        get(PATH),
        cleanup=(*CLEANUP, f"{CRDS}/gadgets.$id.example.com"),
    ),
    case(
        "a definition in a group of Kubernetes needs an approval",
        post(CRDS, _of_kubernetes(None)),
        post(CRDS, _of_kubernetes("")),
        post(CRDS, _of_kubernetes("yes")),
        post(CRDS, _of_kubernetes("https://")),
        post(CRDS, {**_of_kubernetes(None), "metadata": {"name": "other.k8s.io"}}),
        post(CRDS, _of_kubernetes("unapproved, for a test"), silent=True),
        patch(f"{CRDS}/{_PROTECTED}", {"metadata": {"annotations": {"api-approved.kubernetes.io": "no"}}}),
        patch(f"{CRDS}/{_PROTECTED}", {"metadata": {"annotations": {"api-approved.kubernetes.io": None}}}),
        cleanup=(f"{CRDS}/{_PROTECTED}",),
    ),
    case(
        "a definition gets its names once the other is gone",
        *ready(crd()),
        post(CRDS, _gadgets(kind="Widget"), silent=True),
        get(f"{CRDS}/gadgets.$id.example.com", until=200, silent=True),
        delete(f"{CRDS}/{NAME}", silent=True),
        get("/apis/$id.example.com/v1/namespaces/$ns/gadgets", until=200),
        cleanup=(*CLEANUP, f"{CRDS}/gadgets.$id.example.com"),
    ),
    case(
        "the service of a conversion webhook has a port by default",
        post(CRDS, _converted({"namespace": "$ns", "name": "hook"}), silent=True),
        get(f"{CRDS}/{NAME}", until=200, only="spec conversion"),
        cleanup=CLEANUP,
    ),
    case(
        "formats that validate nothing bring a warning when they are new",
        post(f"{CRDS}?dryRun=All", _formatted({"type": "string", "format": "int64"})),
        post(f"{CRDS}?dryRun=All", _formatted({"type": "integer", "format": "date"})),
        post(f"{CRDS}?dryRun=All", _formatted({"type": "number", "format": "int32"})),
        post(f"{CRDS}?dryRun=All", _formatted({"type": "object", "format": "uuid"})),
        post(f"{CRDS}?dryRun=All", _formatted({"x-kubernetes-int-or-string": True, "format": "int-or-string"})),
        post(f"{CRDS}?dryRun=All", _formatted({"type": "string", "format": "k8s-short-name"})),
        post(f"{CRDS}?dryRun=All", _formatted({"type": "string", "format": "password"})),
        post(f"{CRDS}?dryRun=All", _formatted({"type": "string", "format": "date-time"})),
        post(
            f"{CRDS}?dryRun=All",
            _formatted({"type": "array", "items": {"type": "string", "allOf": [{"format": "a"}, {"format": "b"}]}}),
        ),
        post(
            f"{CRDS}?dryRun=All",
            _formatted({"type": "object", "additionalProperties": {"type": "string", "not": {"format": "c"}}}),
        ),
        post(CRDS, _formatted({"type": "string", "format": "old"}), silent=True),
        get(PATH, until=200, silent=True),
        patch(
            f"{CRDS}/{NAME}",
            [{"op": "replace", "path": f"{_FIELD}/maxLength", "value": 7}],
            JSON_PATCH,
            only="metadata name",
        ),
        patch(
            f"{CRDS}/{NAME}",
            [{"op": "replace", "path": f"{_FIELD}/format", "value": "new"}],
            JSON_PATCH,
            only="metadata name",
        ),
        cleanup=CLEANUP,
    ),
)
