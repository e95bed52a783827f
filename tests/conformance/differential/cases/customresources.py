"""Objects of a custom kind."""

from typing import Any

from tests.conformance.differential import widgets
from tests.conformance.differential.language import (
    JSON_PATCH,
    STRATEGIC,
    TABLE,
    Events,
    OpenWatch,
    apply,
    case,
    delete,
    documents,
    get,
    patch,
    post,
    put,
)
from tests.conformance.differential.widgets import CLEANUP, CRDS, NAME, PATH, crd, ready, two_versions, widget


def _with_spec(properties: dict[str, Any]) -> dict[str, Any]:
    spec = {"type": "object", "properties": properties}
    return crd(schema={"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}})


_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_NULLABLE = {"type": "string", "nullable": True}
_DEEP = {
    "plain": {"type": "string", "default": "p"},
    "maybe": {"type": "string", "nullable": True, "default": "m"},
    "box": {
        "type": "object",
        "default": {"size": 3},
        "properties": {
            "size": {"type": "integer", "default": 1},
            "inner": {"type": "object", "properties": {"on": {"type": "boolean", "default": True}}},
        },
    },
    "items": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "default": "n"},
                "deep": {"type": "object", "properties": {"x": {"type": "number", "default": 1.5}}},
            },
        },
    },
    "labels": {
        "type": "object",
        "additionalProperties": {"type": "object", "properties": {"weight": {"type": "integer", "default": 1}}},
    },
    "listed": {"type": "array", "items": _TEXT, "default": ["a", "b"]},
}
_COMBINED = {
    "time": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "mail": {"type": "string", "format": "email"},
    "ip": {"type": "string", "format": "ipv4"},
    "bytes": {"type": "string", "format": "byte"},
    "uuid": {"type": "string", "format": "uuid"},
    "duration": {"type": "string", "format": "duration"},
    "uri": {"type": "string", "format": "uri"},
    "host": {"type": "string", "format": "hostname"},
    "one": {
        "type": "object",
        "properties": {"a": _TEXT, "b": _TEXT},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
    },
    "any": {"type": "integer", "anyOf": [{"minimum": 10, "maximum": 20}, {"maximum": 0}]},
    "not": {"type": "string", "not": {"enum": ["forbidden"]}},
    "all": {"type": "integer", "allOf": [{"minimum": 5}, {"multipleOf": 3}]},
    "many": {"type": "object", "additionalProperties": _NUMBER, "minProperties": 1, "maxProperties": 2},
    "multiple": {"type": "integer", "multipleOf": 5},
    "below": {"type": "number", "maximum": 10, "exclusiveMaximum": True},
    "long": {"type": "string", "minLength": 2, "maxLength": 5},
    "few": {"type": "array", "items": _TEXT, "minItems": 1},
}
_LISTS = {
    "set": {"type": "array", "items": _TEXT, "x-kubernetes-list-type": "set"},
    "map": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["k"],
            "properties": {"k": _TEXT, "p": {"type": "integer", "default": 1}, "v": _TEXT},
        },
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k", "p"],
    },
    "atomic": {"type": "array", "items": _TEXT, "x-kubernetes-list-type": "atomic"},
    "whole": {"type": "object", "additionalProperties": _NUMBER, "x-kubernetes-map-type": "atomic"},
}
_EMBEDDED = {
    "template": {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"spec": {"type": "object"}}},
    "open": {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
        "properties": {"known": {"type": "object", "properties": {"a": _TEXT}}},
    },
}

CASES = (
    case(
        "an object of a custom kind lives like any other",
        *ready(crd()),
        post(PATH, widget(size=1)),
        get(f"{PATH}/w", keep={"rv": "metadata.resourceVersion"}),
        put(f"{PATH}/w", {**widget(size=2), "metadata": {"name": "w", "resourceVersion": "$rv"}}),
        put(f"{PATH}/w", {**widget(size=3), "metadata": {"name": "w", "resourceVersion": "$rv"}}),
        put(f"{PATH}/w", widget(size=3)),
        get(PATH),
        patch(f"{PATH}/w", {"spec": {"size": 4}}),
        patch(f"{PATH}/w", [{"op": "replace", "path": "/spec/size", "value": 5}], JSON_PATCH),
        patch(f"{PATH}/w", {"spec": {"size": 4}}, STRATEGIC),
        delete(f"{PATH}/w"),
        get(f"{PATH}/w"),
        cleanup=CLEANUP,
    ),
    case(
        "a schema is enforced",
        *ready(crd()),
        post(PATH, widget(size=0)),
        post(PATH, widget(size=11)),
        post(PATH, widget(size="one")),
        post(PATH, widget(size=1.5)),
        post(PATH, widget(colour="green", size=1)),
        post(PATH, widget(word="toolong", size=1)),
        post(PATH, widget(word="A1", size=1)),
        post(PATH, widget()),
        post(PATH, {"apiVersion": "$id.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}),
        post(PATH, widget(size=1, parts=[{"name": "a"}, {"name": "a"}])),
        post(PATH, widget(size=1, parts=[{"name": "a"}, {"name": "b"}, {"name": "c"}])),
        post(PATH, widget(size=1, parts=[{"n": 1}])),
        post(PATH, widget(size=1, either=[])),
        post(PATH, widget(size=None)),
        post(PATH, widget(size=1, maybe=None, colour=None)),
        cleanup=CLEANUP,
    ),
    case(
        "unknown fields are pruned, warned of or refused",
        *ready(crd()),
        post(PATH, widget("a", size=1, nonsense=1, free={"any": "thing"})),
        post(f"{PATH}?fieldValidation=Strict", widget("b", size=1, nonsense=1)),
        post(f"{PATH}?fieldValidation=Ignore", widget("c", size=1, nonsense=1)),
        cleanup=CLEANUP,
    ),
    case(
        "status and scale of a custom kind",
        *ready(crd(subresources=widgets.SUBRESOURCES)),
        post(PATH, {**widget(size=1, replicas=2), "status": {"ready": True}}),
        patch(f"{PATH}/w/status", {"status": {"ready": True, "replicas": 2}, "spec": {"size": 9}}),
        patch(f"{PATH}/w", {"status": {"ready": False}}),
        patch(f"{PATH}/w", {"spec": {"size": 2}}),
        get(f"{PATH}/w/scale"),
        patch(f"{PATH}/w/scale", {"spec": {"replicas": 5}}),
        put(f"{PATH}/w/status", {**widget(size=1), "status": {"ready": "yes"}}),
        get(f"{PATH}/w"),
        cleanup=CLEANUP,
    ),
    case(
        "without a status subresource, status is like any field",
        *ready(crd()),
        post(PATH, {**widget(size=1), "status": {"ready": True}}),
        patch(f"{PATH}/w/status", {"status": {"ready": False}}),
        cleanup=CLEANUP,
    ),
    case(
        "printer columns make the table",
        *ready(
            crd(
                additionalPrinterColumns=[
                    {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "description": "how large"},
                    {"name": "Colour", "type": "string", "jsonPath": ".spec.colour", "priority": 1},
                    {"name": "None", "type": "string", "jsonPath": ".spec.none"},
                ]
            )
        ),
        post(PATH, widget(size=1), silent=True),
        get(PATH, accept=TABLE),
        get(f"{PATH}/w?includeObject=None", accept=TABLE),
        cleanup=CLEANUP,
    ),
    case(
        "a table without columns of its own",
        *ready(crd()),
        post(PATH, widget(size=1), silent=True),
        get(PATH, accept=TABLE),
        cleanup=CLEANUP,
    ),
    case(
        "apply knows a custom kind's lists",
        *ready(crd()),
        apply(f"{PATH}/w", widget(size=1, parts=[{"name": "a"}]), "one"),
        apply(f"{PATH}/w", widget(size=1, parts=[{"name": "b", "n": 2}]), "two"),
        apply(f"{PATH}/w", widget(size=2), "two"),
        apply(f"{PATH}/w", widget(size=1), "one"),
        apply(f"{PATH}/w", widget(size=1, nonsense=1), "one"),
        apply(f"{PATH}/w", widget(size=99), "one"),
        cleanup=CLEANUP,
    ),
    case(
        "a custom kind is watched",
        *ready(crd()),
        get(PATH, keep={"rv": "metadata.resourceVersion"}, silent=True),
        OpenWatch(f"{PATH}?watch=true&resourceVersion=$rv"),
        post(PATH, widget(size=1), silent=True),
        patch(f"{PATH}/w", {"spec": {"size": 2}}, silent=True),
        delete(f"{PATH}/w", silent=True),
        Events(3),
        OpenWatch(f"{PATH}?watch=true&resourceVersion=$rv&allowWatchBookmarks=true&timeoutSeconds=4"),
        OpenWatch(f"{PATH}?watch=true&resourceVersion=$rv&allowWatchBookmarks=true&timeoutSeconds=4", "rows", TABLE),
        # kube-apiserver marks no place that the replayed events have told already.
        post(PATH, widget("live", size=1), silent=True),
        Events(None, bookmarks=True),
        Events(None, "rows", bookmarks=True),
        cleanup=CLEANUP,
    ),
    case(
        "rules in CEL",
        *ready(
            crd(
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
        post(PATH, widget(a=2, b=1)),
        post(PATH, widget(a=1, b=2)),
        patch(f"{PATH}/w", {"spec": {"b": 1}}),
        cleanup=CLEANUP,
    ),
    case(
        "defaults reach into what is there",
        *ready(_with_spec(_DEEP)),
        post(PATH, widget()),
        post(PATH, widget("a", box={})),
        post(PATH, widget("b", box={"inner": {}})),
        post(PATH, widget("c", box=None, plain=None, maybe=None)),
        post(PATH, widget("d", items=[{}, {"name": "x"}, {"deep": {}}])),
        post(PATH, widget("e", labels={"one": {}, "two": {"weight": 2}})),
        post(PATH, widget("f", nonsense={"weight": None}, box={"nonsense": 1})),
        patch(f"{PATH}/a", {"spec": {"plain": None, "box": {"size": None}}}),
        apply(f"{PATH}/g", widget("g", box={"inner": {"on": False}})),
        apply(f"{PATH}/g", widget("g")),
        get(PATH),
        cleanup=CLEANUP,
    ),
    case(
        "what was stored before a default shows it all the same",
        *ready(crd()),
        post(PATH, widget(size=1), keep={"rv": "metadata.resourceVersion"}),
        patch(
            f"{CRDS}/{NAME}",
            [
                {
                    "op": "add",
                    "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/late",
                    "value": {"type": "string", "default": "come"},
                }
            ],
            JSON_PATCH,
            silent=True,
        ),
        post(f"{PATH}?dryRun=All&fieldValidation=Strict", widget("probe", size=1, late="x"), until=201, silent=True),
        get(f"{PATH}/w"),
        get(PATH),
        OpenWatch(f"{PATH}?watch=true"),
        Events(1),
        patch(f"{PATH}/w", {"metadata": {"labels": {"a": "b"}}}),
        cleanup=CLEANUP,
    ),
    case(
        "formats and combinations of schemas",
        *ready(_with_spec(_COMBINED)),
        *(
            post(PATH, widget(f"w{number}", **spec))
            for number, spec in enumerate(
                documents(
                    {"time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "mail": "a@b.c", "ip": "10.0.0.1"},
                    {"time": "yesterday"},
                    {"date": "2026-13-01"},
                    {"mail": "nobody"},
                    {"ip": "10.0.0.256"},
                    {"bytes": "not base64!"},
                    {"uuid": "1-2-3"},
                    {"duration": "5 parsecs"},
                    {"duration": "1h30m", "uuid": "11111111-2222-3333-4444-555555555555", "bytes": "YQ=="},
                    {"uri": "http://["},
                    {"host": "-bad-"},
                    {"one": {"a": "x"}},
                    {"one": {"a": "x", "b": "y"}},
                    {"one": {}},
                    {"any": 5},
                    {"any": -5},
                    {"any": 50},
                    {"not": "forbidden"},
                    {"all": 3},
                    {"all": 6},
                    {"many": {"a": 1, "b": 2, "c": 3}},
                    {"many": {}},
                    {"many": {"a": "x"}},
                    {"multiple": 7},
                    {"below": 10},
                    {"long": "abcdef"},
                    {"few": []},
                )
            )
        ),
        cleanup=CLEANUP,
    ),
    case(
        "lists of a custom kind are sets, maps or one",
        *ready(_with_spec(_LISTS)),
        post(PATH, widget(set=["a", "b"], map=[{"k": "x", "p": 1}, {"k": "x", "p": 2}], atomic=["a", "a"])),
        post(PATH, widget("a", set=["a", "a"])),
        post(PATH, widget("b", map=[{"k": "x", "p": 1}, {"k": "x", "p": 1}])),
        post(PATH, widget("c", map=[{"p": 1}])),
        apply(f"{PATH}/w", widget(set=["c"], map=[{"k": "y", "v": "1"}], atomic=["z"], whole={"a": 1}), "one"),
        apply(
            f"{PATH}/w", widget(set=["c"], map=[{"k": "y", "v": "1"}], atomic=["z"], whole={"a": 1}), "one", force=True
        ),
        apply(f"{PATH}/w", widget(set=["d"], map=[{"k": "y", "p": 9, "v": "2"}], whole={"b": 2}), "two"),
        apply(f"{PATH}/w", widget(set=["d", "d"]), "two"),
        apply(f"{PATH}/w", widget(map=[{"k": "y"}, {"k": "y"}]), "two"),
        apply(f"{PATH}/w", widget(set="d"), "two"),
        apply(f"{PATH}/w", {**widget(), "kind": "Other"}, "two"),
        apply(f"{PATH}/w", {**widget(), "apiVersion": "$id.example.com/v9"}, "two"),
        get(f"{PATH}/w"),
        cleanup=CLEANUP,
    ),
    case(
        "an object inside an object",
        *ready(_with_spec(_EMBEDDED)),
        post(
            PATH, widget(template={"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"a": "b"}}})
        ),
        post(PATH, widget("a", template={"apiVersion": "v1", "metadata": {"name": "p"}})),
        post(PATH, widget("b", template={"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": 1}}})),
        post(
            PATH,
            widget("c", template={"apiVersion": "v1", "kind": "Pod", "metadata": {"nonsense": 1}, "spec": {"x": 1}}),
        ),
        post(PATH, widget("d", template={"apiVersion": "a/b/c", "kind": "Pod", "metadata": {}})),
        post(PATH, widget("d", template={"apiVersion": "v1", "kind": "Bad_Kind", "metadata": {}})),
        post(PATH, widget("e", open={"x": {"y": [1, None]}, "known": {"z": 1}})),
        cleanup=CLEANUP,
    ),
    case(
        "what counts as a new generation",
        *ready(crd(subresources=widgets.SUBRESOURCES)),
        post(PATH, widget(size=1)),
        patch(f"{PATH}/w", {"metadata": {"annotations": {"a": "b"}}}),
        patch(f"{PATH}/w", {"spec": {"size": 2}}),
        patch(f"{PATH}/w", {"spec": {"size": 2}}),
        patch(f"{PATH}/w/status", {"status": {"ready": True}}),
        patch(f"{PATH}/w", {"metadata": {"finalizers": ["example.com/f"]}}),
        delete(f"{PATH}/w"),
        patch(f"{PATH}/w", {"metadata": {"finalizers": None}}),
        cleanup=CLEANUP,
    ),
    case(
        "a custom kind without a status counts every change",
        *ready(crd()),
        post(PATH, widget(size=1)),
        patch(f"{PATH}/w", {"status": {"ready": True}}),
        patch(f"{PATH}/w", {"metadata": {"labels": {"a": "b"}}}),
        cleanup=CLEANUP,
    ),
    case(
        "a scale needs replicas to show",
        *ready(
            crd(
                subresources={
                    **widgets.SUBRESOURCES,
                    "scale": {**widgets.SUBRESOURCES["scale"], "labelSelectorPath": ".status.word"},
                }
            )
        ),
        post(PATH, widget(size=1), silent=True),
        get(f"{PATH}/w/scale"),
        patch(f"{PATH}/w/scale", {"metadata": {"labels": {"a": "b"}}}),
        patch(f"{PATH}/w/scale", {"spec": {"replicas": 3}}),
        get(f"{PATH}/w/scale"),
        put(
            f"{PATH}/w/scale",
            {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "w"}, "spec": {"replicas": 4}},
        ),
        get(f"{PATH}/w"),
        apply(f"{PATH}/x", widget("x", size=1, replicas=1), "owner"),
        apply(
            f"{PATH}/x/scale",
            {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "x"}, "spec": {"replicas": 5}},
            "scaler",
        ),
        apply(f"{PATH}/x", widget("x", size=1), "owner"),
        get(f"{PATH}/x/scale"),
        get(f"{PATH}/none/scale"),
        cleanup=CLEANUP,
    ),
    case(
        "a body of a custom kind must be of it",
        *ready(two_versions()),
        post(PATH, {**widget(size=1), "kind": "Other"}),
        post(PATH, {**widget(size=1), "apiVersion": "$id.example.com/v2"}),
        post(PATH, {**widget(size=1), "apiVersion": "other.example.com/v1"}),
        post(PATH, {"metadata": {"name": "w"}, "spec": {"size": 1}}),
        post(PATH, {"kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}}),
        post(PATH, "{"),
        post(PATH, "[]"),
        post(PATH, {**widget(size=1), "metadata": {"name": "w", "labels": {"a": 1}}}),
        post(PATH, {**widget(size=1), "metadata": {"name": "w", "labels": {"a": None}}}),
        post(PATH, {**widget(size=1), "metadata": {"name": "Bad_Name"}}),
        post(PATH, {**widget(size=1), "metadata": {"name": "u", "nonsense": 1}}),
        patch(f"{PATH}/w", {"apiVersion": "$id.example.com/v2", "spec": {"size": 2}}),
        patch(f"{PATH}/w", {"kind": "Other"}),
        patch(f"{PATH}/w", {"spec": None}),
        patch(f"{PATH}/w", [{"op": "remove", "path": "/spec/size"}], JSON_PATCH),
        put(f"{PATH}/w", widget("other", size=1)),
        delete(PATH, {"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]}),
        delete(f"{PATH}?fieldSelector=metadata.name%3Dw"),
        get(PATH),
        cleanup=CLEANUP,
    ),
    case(
        "columns of every type",
        *ready(
            crd(
                schema={"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                additionalPrinterColumns=[
                    {"name": "Int", "type": "integer", "jsonPath": ".spec.int"},
                    {"name": "Num", "type": "number", "jsonPath": ".spec.num", "format": "double"},
                    {"name": "Bool", "type": "boolean", "jsonPath": ".spec.bool"},
                    {"name": "Date", "type": "date", "jsonPath": ".spec.date"},
                    {"name": "List", "type": "string", "jsonPath": ".spec.list"},
                    {"name": "Each", "type": "string", "jsonPath": ".spec.list[*].name"},
                    {"name": "First", "type": "string", "jsonPath": ".spec.list[0].name"},
                    {"name": "Picked", "type": "string", "jsonPath": '.spec.list[?(@.name=="b")].n'},
                    {"name": "Object", "type": "string", "jsonPath": ".spec.object"},
                    {"name": "Wrong", "type": "integer", "jsonPath": ".spec.text"},
                    {"name": "Dotted", "type": "string", "jsonPath": ".metadata.labels.example\\.com/x"},
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                ],
            )
        ),
        post(
            PATH,
            {
                **widget(
                    int=5,
                    num=1.5,
                    bool=True,
                    date="2026-01-01T00:00:00Z",
                    list=[{"name": "a", "n": 1}, {"name": "b", "n": 2}],
                    object={"b": 1, "a": "x"},
                    text="word",
                ),
                "metadata": {"name": "w", "labels": {"example.com/x": "y"}},
            },
            silent=True,
        ),
        post(PATH, widget("empty"), silent=True),
        post(PATH, widget("odd", int=1.5, num=2, bool="yes", date="never", list="x", object=None), silent=True),
        get(PATH, accept=TABLE),
        cleanup=CLEANUP,
    ),
    case(
        "an applied null, and what apply has emptied, are not allowed where null is not",
        *ready(_with_spec({"a": _TEXT, "box": {"type": "object", "properties": {"x": _TEXT}}, "n": _NULLABLE})),
        apply(f"{PATH}/w", widget(box={"x": "1"})),
        apply(f"{PATH}/w", widget()),
        apply(f"{PATH}/w", widget(box={})),
        apply(f"{PATH}/w", widget(a=None)),
        apply(f"{PATH}/w", widget(box={"x": None})),
        apply(f"{PATH}/w", widget(n=None, box={"x": "2"})),
        apply(f"{PATH}/v", widget("v", a=None)),
        post(PATH, widget("u", a=None, n=None)),
        patch(f"{PATH}/u", [{"op": "add", "path": "/spec/a", "value": None}], JSON_PATCH),
        get(PATH),
        cleanup=CLEANUP,
    ),
)
