"""Values of custom objects at the edge of their schemas: nulls, wrong types, numbers, and what says that they are."""

import itertools
from typing import Any

from tests.conformance.differential.language import apply, case, delete, documents, get, patch, post, put
from tests.conformance.differential.widgets import CLEANUP, CRDS, NAME, PATH, crd, ready, widget


def _with_spec(properties: dict[str, Any], *, status: dict[str, Any] | None = None) -> dict[str, Any]:
    members = {"spec": {"type": "object", "properties": properties}, **({"status": status} if status else {})}
    subresources: dict[str, Any] = {"subresources": {"status": {}}} if status else {}
    return crd(schema={"openAPIV3Schema": {"type": "object", "properties": members}}, **subresources)


_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_ANY = {"x-kubernetes-preserve-unknown-fields": True}
_KEYED = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    "items": {"type": "object", "required": ["name"], "properties": {"name": _TEXT, "n": _NUMBER}},
}
_TWO_KEYS = {
    **_KEYED,
    "x-kubernetes-list-map-keys": ["name", "port"],
    "items": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": _TEXT, "port": {"type": "integer", "default": 80}},
    },
}
_DEFAULTED = {"type": "object", "default": {"name": "d"}, "properties": {"name": _TEXT, "other": _TEXT}}
_NEEDS = {"type": "array", "items": {"type": "object", "required": ["value"], "properties": {"value": _ANY}}}
_STATUS = {
    "type": "object",
    "properties": {
        "ready": {"type": "boolean"},
        "count": _NUMBER,
        "parts": _KEYED,
        "words": {"type": "array", "items": _TEXT, "x-kubernetes-list-type": "set"},
        "free": {"type": "object", "additionalProperties": _TEXT},
        "any": _ANY,
    },
}
_STATUSES: tuple[Any, ...] = (
    {"ready": "yes"},
    {"count": "1"},
    {"count": 1.5},
    {"parts": [{"name": "a"}, {"name": "a"}]},
    {"parts": [{"n": 1}]},
    {"parts": ["a"]},
    {"parts": [None]},
    {"words": ["a", "a"]},
    {"words": ["a", 1]},
    {"words": [None]},
    {"words": [["a"]]},
    {"free": {"a": 1}},
    {"free": []},
    {"any": {"a": [1]}},
    {"ready": None},
    "none",
    [],
    None,
)
_FREE_ITEMS = {
    "boxes": {"type": "array", "items": {"type": "object"}},
    "box": {"type": "object"},
    "size": {"type": "number"},
}
_FORMATS = (
    "date", "date-time", "uuid", "ipv4", "byte", "int32", "int64", "float", "double", "duration", "nonsense",
)  # fmt: skip
_ANY_VALUES: tuple[Any, ...] = ("2026-01-01", "x", 1, 1.5, True, ["a"], {"a": 1})
_WORDS = itertools.cycle(("anyOf", "oneOf", "allOf"))
_FORMATTED = [(word, *each) for word, each in zip(_WORDS, itertools.product(_FORMATS, _ANY_VALUES), strict=False)]
_BRANCHES = {
    "first": {"type": "integer", "anyOf": [{"minimum": 10}, {"maximum": 5, "multipleOf": 2}]},
    "typed": {**_ANY, "oneOf": [{"minLength": 3, "format": "date"}, {"maximum": 0}, {"enum": [7, "x"]}]},
    "either": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
    "deep": {
        "type": "object",
        "properties": {"a": _TEXT, "b": _TEXT},
        "oneOf": [{"required": ["a"]}, {"properties": {"a": {"enum": ["x"]}, "b": {"enum": ["y"]}}}],
    },
    "nested": {
        "type": "number",
        "anyOf": [{"allOf": [{"minimum": 5}, {"maximum": 9}]}, {"oneOf": [{"enum": [1]}, {"not": {"minimum": 2}}]}],
    },
    "items": {
        "type": "array",
        "items": _ANY,
        "anyOf": [{"items": {"enum": ["a"]}, "minItems": 3}, {"items": {"maximum": 0}}, {"maxItems": 0}],
    },
}
_MANY = {
    "a": {"type": "array", "items": {"type": "string", "maxLength": 1}, "maxItems": 1},
    "b": {"type": "array", "items": _TEXT, "minItems": 2},
    "c": {"type": "object", "required": ["must"], "properties": {"may": _NUMBER}, "maxProperties": 0},
    "d": {"type": "integer", "multipleOf": 2, "minimum": 9, "enum": [4]},
    "e": {"type": "string", "format": "date", "pattern": "^a", "enum": ["b"], "not": {"enum": ["c"]}},
    "f": {
        "type": "integer",
        "allOf": [{"minimum": 5}, {"minimum": 5}, {"multipleOf": 3}],
        "anyOf": [{"minimum": 5}],
        "not": {"maximum": 9},
    },
    "g": {"type": "number", "format": "float"},
    "h": {"type": "number", "format": "float", "maximum": 1e39},
    "j": {"type": "number", "minimum": 1.5, "maximum": 2.5, "multipleOf": 0.5},
    "i": {"type": "integer", "minimum": 1.5, "maximum": 2.5, "multipleOf": 0.5},
}
_MANY_VALUES = documents(
    {"a": ["bb", "cc"]},
    {"b": [1]},
    {"c": {"may": "x"}},
    {"d": 3},
    {"e": "c"},
    {"f": 4},
    {"g": 1e39},
    {"h": 1},
    {"i": 1},
    {"j": 1},
    {"j": 3},
    {"j": 2.25},
    {"i": 2},
)
_BRANCH_VALUES = documents(
    {"first": 7}, {"first": 8}, {"first": "x"}, {"first": 6.5},
    {"typed": 1.5}, {"typed": True}, {"typed": ["a"]},
    {"either": 1.5}, {"either": False}, {"either": {"a": 1}},
    {"deep": {"a": "z", "b": "z"}}, {"deep": {"b": "z"}}, {"deep": {}}, {"deep": {"a": "x"}},
    {"nested": 3}, {"nested": "a"}, {"nested": 4.5},
    {"items": [1, "a"]}, {"items": [{"k": 1}]},
)  # fmt: skip
_EMBEDDED = {
    "type": "object",
    "x-kubernetes-embedded-resource": True,
    "x-kubernetes-preserve-unknown-fields": True,
}


_NUMBERS = (
    '{"any": [9223372036854775808, 1e16, 1e20, 123456789012345680000, 1.0, -0.0]}',
    '{"most": 12345678}',
    '{"most": 12345678.5}',
    '{"word": 9223372036854775808}',
    '{"word": 1e7}',
)


def _text(name: str, spec: str) -> str:
    """Return the JSON of an object, whose numbers Python would write otherwise."""
    head = f'"apiVersion": "$id.example.com/v1", "kind": "Widget", "metadata": {{"name": "{name}"}}'
    return f'{{{head}, "spec": {spec}}}'


def _inner(**members: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Inner", **members}


CASES = (
    case(
        "an applied null in a key, in a required field and in a map",
        *ready(_with_spec({"parts": _KEYED, "ports": _TWO_KEYS, "needs": _NEEDS, "box": _DEFAULTED, "any": _ANY})),
        apply(f"{PATH}/a", widget("a", parts=[{"name": None}])),
        apply(f"{PATH}/a", widget("a", ports=[{"name": "x", "port": None}])),
        apply(f"{PATH}/a", widget("a", ports=[{"port": None}])),
        apply(f"{PATH}/b", widget("b", needs=[{"value": None}])),
        post(PATH, widget("c", needs=[{"value": None}])),
        apply(f"{PATH}/d", widget("d", any=None)),
        post(PATH, widget("e", box={"name": "x", "other": "y"}, parts=[{"name": "a"}], any={"a": 1}), silent=True),
        apply(f"{PATH}/e", widget("e", box=None, parts=None, any=None)),
        apply(f"{PATH}/e", widget("e", box=None)),
        apply(f"{PATH}/e", widget("e", box={"other": None})),
        apply(f"{PATH}/f", {**widget("f"), "metadata": {"name": "f", "labels": None, "annotations": None}}),
        post(PATH, {**widget("g"), "metadata": {"name": "g", "labels": {"a": "b"}}}, silent=True),
        apply(f"{PATH}/g", {**widget("g"), "metadata": {"name": "g", "labels": None, "finalizers": None}}),
        apply(f"{PATH}/g", {**widget("g"), "metadata": {"name": "g", "labels": {"a": None}}}, force=True),
        cleanup=CLEANUP,
    ),
    case(
        "no manager owns an object whose status has a value of a wrong type",
        *ready(_with_spec({"a": _TEXT}, status=_STATUS)),
        *(post(PATH, {**widget(f"w{at}", a="x"), "status": each}) for at, each in enumerate(_STATUSES)),
        post(PATH, widget("v", a="x"), silent=True),
        patch(f"{PATH}/v", {"spec": {"a": "y"}, "status": {"ready": "yes"}}),
        patch(f"{PATH}/v", {"spec": {"a": "z"}}),
        apply(f"{PATH}/v", widget("v", a="x")),
        cleanup=CLEANUP,
    ),
    case(
        "the generation counts what an apply or a number changes before it is stored",
        *ready(_with_spec(_FREE_ITEMS)),
        post(PATH, widget(boxes=[{"a": 1}], size=1), silent=True),
        apply(f"{PATH}/w", widget(boxes=[{"a": 1}])),
        apply(f"{PATH}/w", widget(boxes=[{"a": 1}])),
        apply(f"{PATH}/w", widget(boxes=[{}])),
        apply(f"{PATH}/w", widget(boxes=[{}])),
        apply(f"{PATH}/w", widget(box={"a": {"b": 1}}), "two"),
        apply(f"{PATH}/w", widget(box={"a": {"b": 1}}), "two"),
        patch(f"{PATH}/w", '{"spec": {"size": 1.0}}'),
        patch(f"{PATH}/w", '{"spec": {"size": 1}}'),
        patch(f"{PATH}/w", {"spec": {"boxes": [{"a": 1}]}}),
        get(f"{PATH}/w"),
        cleanup=CLEANUP,
    ),
    case(
        "large and whole numbers as Go writes them",
        *ready(
            _with_spec(
                {"any": _ANY, "most": {"type": "number", "maximum": 1234567}, "word": {**_ANY, "enum": ["a", 5]}}
            )
        ),
        *(post(PATH, _text(f"w{at}", each)) for at, each in enumerate(_NUMBERS)),
        *(apply(f"{PATH}/v", _text("v", each)) for each in ("0.0", "1.5", "1e7", "12345678901234567890")),
        *(apply(f"{PATH}/w0", _text("w0", _NUMBERS[0])) for _ in range(2)),
        apply(f"{PATH}/v", widget("v", most={"a": None, "b": [None]})),
        cleanup=CLEANUP,
    ),
    case(
        "a format without a type in a combination of schemas",
        *ready(_with_spec({f"{word}-{name}": {**_ANY, word: [{"format": name}]} for word, name, _ in _FORMATTED})),
        *(post(PATH, widget(f"w{at}", **{f"{word}-{name}": each})) for at, (word, name, each) in enumerate(_FORMATTED)),
        cleanup=CLEANUP,
    ),
    case(
        "of several schemas the one with the most matches says why",
        *ready(_with_spec(_BRANCHES)),
        *(post(PATH, widget(f"w{at}", **each)) for at, each in enumerate(_BRANCH_VALUES)),
        cleanup=CLEANUP,
    ),
    case(
        "several errors of one value in the order of kube-openapi",
        *ready(_with_spec(_MANY)),
        *(post(PATH, widget(f"w{at}", **each)) for at, each in enumerate(_MANY_VALUES)),
        cleanup=CLEANUP,
    ),
    case(
        "the kind and the metadata of an embedded resource are checked",
        *ready(_with_spec({"box": _EMBEDDED})),
        *(
            post(PATH, widget(f"w{at}", box=each))
            for at, each in enumerate(
                documents(
                    {},
                    {"kind": "A"},
                    {"apiVersion": "v1", "kind": ""},
                    {"apiVersion": "", "kind": "A"},
                    {"apiVersion": 1, "kind": "A"},
                    {"apiVersion": None, "kind": "A"},
                    {"apiVersion": "v1", "kind": ["A"]},
                    {"apiVersion": "a/b/c", "kind": "A"},
                    _inner(metadata={"name": "a/b"}),
                    _inner(metadata={"generateName": "a%"}),
                    _inner(metadata={"name": "a", "namespace": "A"}),
                    _inner(metadata={"annotations": {"a b": "c"}}),
                    _inner(metadata={"labels": {"a": "b c"}}),
                    _inner(metadata={"finalizers": ["a b"]}),
                    _inner(metadata={"ownerReferences": [{"kind": "A"}]}),
                )
            )
        ),
        apply(f"{PATH}/v", widget("v", box={"apiVersion": None, "kind": "A"})),
        cleanup=CLEANUP,
    ),
    case(
        "a definition waits for the finalizers of its objects and refuses new ones",
        *ready(crd()),
        post(PATH, {**widget(size=1), "metadata": {"name": "w", "finalizers": ["example.com/a"]}}, silent=True),
        delete(f"{CRDS}/{NAME}", silent=True),
        get(f"{PATH}/w", only="metadata deletionGracePeriodSeconds", until=200),
        post(PATH, widget("v", size=1)),
        post(f"{PATH}?dryRun=All", widget("v", size=1)),
        post("/apis/$id.example.com/v1/namespaces/none/widgets", widget("v", size=1)),
        apply(f"{PATH}/v", widget("v", size=1)),
        post(PATH, widget("v", size=100)),
        patch(f"{PATH}/w", {"spec": {"size": 2}}, only="spec"),
        put(f"{PATH}/v", widget("v", size=1)),
        patch(f"{PATH}/w", {"metadata": {"finalizers": None}}, silent=True),
        get(f"{CRDS}/{NAME}", until=404),
        cleanup=CLEANUP,
    ),
)
