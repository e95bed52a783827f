"""Schemas of custom kinds: what they default, refuse and let stay."""

from typing import Any

from tests.conformance.differential.language import (
    JSON_PATCH,
    apply,
    case,
    documents,
    get,
    patch,
    post,
)
from tests.conformance.differential.widgets import CLEANUP, CRDS, PATH, crd, ready, widget


def _with_spec(properties: dict[str, Any]) -> dict[str, Any]:
    spec = {"type": "object", "properties": properties}
    return crd(schema={"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}})


def _inner(name: str, spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Inner", "metadata": {"name": name, **metadata}, "spec": spec}


def _service(name: str, status: dict[str, Any]) -> dict[str, Any]:
    spec = {"ports": [{"port": 80}], "type": "ExternalName", "externalName": "a.example.com"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec, "status": status}


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
_BOUNDED = {
    "most": {"type": "integer", "format": "int64", "maximum": 2**63 - 1},
    "least": {"type": "integer", "format": "int64", "minimum": -(2**63)},
    "below": {"type": "integer", "format": "int64", "minimum": -(2**63) - 5000},
    "short": {"type": "integer", "format": "int32", "maximum": 2**31},
    "plain": {"type": "integer", "maximum": 2**70},
    "nearMost": {"type": "integer", "format": "int64", "maximum": 2**63 - 1024},
    "nearLeast": {"type": "integer", "format": "int64", "minimum": -(2**63) + 1024},
    "exact": {"type": "integer", "format": "int64", "maximum": 2**53, "minimum": -(2**53)},
    "shortLeast": {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1},
}
_KEYED = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    "items": {"type": "object", "required": ["name"], "properties": {"name": _TEXT, "n": _NUMBER}},
}
_SET = {"type": "array", "x-kubernetes-list-type": "set"}
_KEEPS = {"type": "array", "x-kubernetes-preserve-unknown-fields": True}
_BOXES = {"type": "object", "properties": {"box": {"type": "object", "properties": {"size": _NUMBER}}}}
_ONE_MEMBER = {"type": "object", "maxProperties": 1, "additionalProperties": _TEXT}
_EMBEDDED = {
    "type": "object",
    "x-kubernetes-embedded-resource": True,
    "properties": {"spec": {"type": "object", "properties": {"x": _NUMBER}}},
}
_WITH_STATUS = {
    "openAPIV3Schema": {
        "type": "object",
        "properties": {"status": {"type": "object", "properties": {"phase": _TEXT}}},
        "x-kubernetes-preserve-unknown-fields": True,
    }
}
_FREE = {"type": "object"}
_BELOW = {"type": "object", "properties": {"items": {"type": "array", "items": _BOXES}}}
_KEPT = {
    "type": "object",
    "x-kubernetes-preserve-unknown-fields": True,
    "properties": {"size": _NUMBER, "below": _BELOW},
}
_OF_ANY_TYPE: tuple[Any, ...] = ("text", 7, 1.5, True, [1], {"a": 1}, 0.0)
_WRONGLY_TYPED = {
    "word": {"type": "string", "enum": ["a", "b"], "maxLength": 3},
    "kind": {"type": "string", "nullable": True, "enum": ["a", "b"]},
    "uuid": {"type": "string", "format": "uuid"},
    "short": {"type": "integer", "format": "int32", "minimum": 3},
    "double": {"type": "number", "format": "double"},
    "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
    "probe": {
        "type": "object",
        "properties": {"a": _NUMBER, "b": _NUMBER},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
    },
    "words": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
}
_PUBLISHED = {
    "type": "object",
    "properties": {
        "colour": _TEXT,
        "box": {**_EMBEDDED, "required": ["spec", "kind"]},
        "open": {
            "type": "object",
            "x-kubernetes-embedded-resource": True,
            "x-kubernetes-preserve-unknown-fields": True,
        },
    },
}
_SPEC = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties"
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
_EMBEDDED_FIELDS = {
    "template": {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"spec": {"type": "object"}}},
    "open": {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
        "properties": {"known": {"type": "object", "properties": {"a": _TEXT}}},
    },
}

CASES = (
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
        "formats and combinations of schemas",
        *ready(_with_spec(_COMBINED)),
        *(
            post(PATH, widget(f"w{number}", **spec))
            for number, spec in enumerate(
                documents(
                    {"time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "mail": "a@b.c", "ip": "10.0.0.1"},
                    {"time": "yesterday"},
                    {"date": "2026-13-01"},
                    {"mail": "a"},
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
        *ready(_with_spec(_EMBEDDED_FIELDS)),
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
    case(
        "a bound that is no integer of the format refuses every number",
        *ready(_with_spec(_BOUNDED)),
        *(post(PATH, widget(name, **{name: 1})) for name in _BOUNDED),
        cleanup=CLEANUP,
    ),
    case(
        "an item that was wrong before may stay in a list with keys, at another index too",
        *ready(_with_spec({"parts": _KEYED, "sizes": {"type": "array", "items": _NUMBER}})),
        post(PATH, widget(parts=[{"name": "a"}, {"name": "b", "n": 50}], sizes=[1, 50]), silent=True),
        patch(
            f"{CRDS}/widgets.$id.example.com",
            [
                {"op": "add", "path": f"{_SPEC}/parts/items/properties/n/maximum", "value": 10},
                {"op": "add", "path": f"{_SPEC}/sizes/items/maximum", "value": 10},
            ],
            JSON_PATCH,
            silent=True,
        ),
        post(PATH, widget("new", sizes=[50]), until=422, silent=True),
        patch(f"{PATH}/w", {"spec": {"parts": [{"name": "c"}, {"name": "a"}, {"name": "b", "n": 50}]}}),
        patch(f"{PATH}/w", {"spec": {"parts": [{"name": "b", "n": 50}]}}),
        patch(f"{PATH}/w", {"spec": {"parts": [{"name": "c", "n": 50}, {"name": "b", "n": 50}]}}),
        patch(f"{PATH}/w", {"spec": {"sizes": [1, 50, 2]}}),
        patch(f"{PATH}/w", {"spec": {"sizes": [50, 2]}}),
        cleanup=CLEANUP,
    ),
    case(
        "an embedded resource has a kind and metadata that its schema need not declare",
        *ready(_with_spec({"templates": {"type": "array", "items": _EMBEDDED}, "box": _EMBEDDED})),
        apply(f"{PATH}/w", widget(box=_inner("a", {"x": 1}, labels={"l": "1"}, finalizers=["a.b/c"]))),
        apply(f"{PATH}/w", widget(box=_inner("a", {"x": 2}, labels={"m": "1"})), "two"),
        apply(f"{PATH}/w", widget(box=_inner("a", {"x": 2}, labels={"m": "1"})), "two", force=True),
        apply(f"{PATH}/v", widget("v", templates=[_inner("a", {"x": 1}), _inner("b", {})])),
        apply(f"{PATH}/v", widget("v", templates=[_inner("a", {"x": "1"})])),
        apply(f"{PATH}/v", widget("v", box={"kind": 1, "apiVersion": "v1"})),
        apply(f"{PATH}/v", widget("v", box={**_inner("a", {}), "other": 1})),
        patch(f"{PATH}/w", {"spec": {"box": {"metadata": {"labels": {"n": "1"}}}}}),
        cleanup=CLEANUP,
    ),
    case(
        "a list that keeps what its schema does not declare keeps it in its items",
        *ready(_with_spec({"kept": {**_KEEPS, "items": _BOXES}, "pruned": {"type": "array", "items": _BOXES}})),
        post(PATH, widget(kept=[{"other": 1, "box": {"size": 1, "other": 2}}], pruned=[{"other": 1}])),
        apply(f"{PATH}/v", widget("v", kept=[{"other": 1}])),
        patch(f"{PATH}/w", {"spec": {"kept": [{"another": {"deep": 1}}, 7]}}),
        cleanup=CLEANUP,
    ),
    case(
        "unknown fields of the status count when an object is created",
        *ready(crd(schema=_WITH_STATUS, subresources={"status": {}})),
        post(f"{PATH}?fieldValidation=Strict", {**widget(), "status": {"phase": "a", "other": 1}}),
        post(PATH, {**widget(), "status": {"phase": "a", "other": 1}}),
        post("/api/v1/namespaces/$ns/services", _service("a", {"other": 1})),
        post("/api/v1/namespaces/$ns/services?fieldValidation=Strict", _service("b", {"other": 1})),
        post("/api/v1/namespaces/$ns/services", _service("c", {"loadBalancer": 1})),
        cleanup=CLEANUP,
    ),
    case(
        "keys in managed fields have the escapes of Go's encoder",
        *ready(_with_spec({"parts": _KEYED, "words": {**_SET, "items": _TEXT}})),
        post(PATH, widget(parts=[{"name": '<a>&é"'}], words=["a<b", "c&d"])),
        apply(f"{PATH}/w", widget(parts=[{"name": '<a>&é"', "n": 1}], words=["a<b"])),
        apply(f"{PATH}/w", widget(parts=[{"name": '<a>&é"', "n": 2}], words=["c&d"]), "two"),
        cleanup=CLEANUP,
    ),
    case(
        "a limit of one is a limit of one item",
        *ready(_with_spec({"a": {"type": "array", "maxItems": 1, "items": _TEXT}, "b": _ONE_MEMBER})),
        # One at a time: kube-apiserver names several in the order of a map of Go.
        post(PATH, widget(a=["x", "y"])),
        post(PATH, widget(b={"x": "1", "y": "2"})),
        cleanup=CLEANUP,
    ),
    case(
        "a null that is applied to a required field is of the wrong type",
        *ready(_with_spec({"box": {"type": "object", "required": ["a", "b"], "properties": {"a": _TEXT, "b": _TEXT}}})),
        apply(f"{PATH}/w", widget(box={"a": None, "b": "x"})),
        apply(f"{PATH}/w", widget(box={"a": "x"})),
        post(PATH, widget(box={"a": None, "b": "x"})),
        cleanup=CLEANUP,
    ),
    case(
        "a value of the wrong type is checked by the other keywords too",
        *ready(_with_spec(_WRONGLY_TYPED)),
        *(
            post(PATH, widget("w", **{name: value}))
            for name in _WRONGLY_TYPED
            for value in _OF_ANY_TYPE
            if (name, value) not in (("uuid", [1]), ("port", 1.5))
        ),
        *(apply(f"{PATH}/v", widget("v", **each)) for each in ({"word": None}, {"kind": None}, {"words": [None]})),
        cleanup=CLEANUP,
    ),
    case(
        "each repeated item of a list with keys is named once",
        *ready(_with_spec({"parts": _KEYED, "words": {**_SET, "items": _TEXT}})),
        post(PATH, widget(parts=[{"name": name} for name in "aabaab"])),
        post(PATH, widget(words=["a", "a", "b", "a", "b"])),
        post(PATH, widget(parts=[{"name": "<"}, {"name": "<"}])),
        post(PATH, widget(words=["<", "<"])),
        post(PATH, widget(parts=[{"name": "a"}, {"name": "a"}, "x", 7])),
        cleanup=CLEANUP,
    ),
    case(
        "an applied configuration is free where its schema declares no fields",
        *ready(_with_spec({"free": {"type": "object"}, "kept": _KEPT, "boxes": {"type": "array", "items": _FREE}})),
        apply(f"{PATH}/w", widget(free={"a": {"b": 1}}, boxes=[{"a": 1}])),
        apply(f"{PATH}/v", widget("v", kept={"other": 1, "size": "x"})),
        apply(f"{PATH}/v", widget("v", kept={"other": 1, "below": {"other": 1, "items": [{"other": 1}]}})),
        apply(f"{PATH}/v", widget("v", kept={"size": 2**63})),
        apply(f"{PATH}/v", widget("v", free=2**63)),
        cleanup=CLEANUP,
    ),
    case(
        "published schemas tell selectable fields and what embedded resources need",
        *ready(
            crd(
                schema={"openAPIV3Schema": {"type": "object", "properties": {"spec": _PUBLISHED}}},
                selectableFields=[{"jsonPath": ".spec.colour"}],
            )
        ),
        get("/openapi/v3/apis/$id.example.com/v1", until=200, silent=True),
        *(
            get("/openapi/v3/apis/$id.example.com/v1", only=f"components schemas com.example.$id.v1.{part}")
            for part in (
                "Widget properties spec properties box",
                "Widget properties spec properties open",
                "Widget x-kubernetes-selectable-fields",
                "WidgetList x-kubernetes-selectable-fields",
            )
        ),
        cleanup=CLEANUP,
    ),
)
