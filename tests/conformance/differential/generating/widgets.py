"""One object of a custom kind with defaults, keyed lists, a set and a status, written by several managers."""

from typing import Any

from hypothesis import strategies as st

from tests.conformance.differential.language import JSON_PATCH, Call, Case, apply, get, patch, put
from tests.conformance.differential.widgets import CLEANUP, PATH, SUBRESOURCES, crd, ready

_W = f"{PATH}/w"
_TEXT = {"type": "string"}
_SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "size": {"type": "integer", "minimum": 0, "maximum": 2, "default": 1},
                "replicas": {"type": "integer"},
                "colour": {"type": "string", "enum": ["red", "blue"]},
                "parts": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {"name": _TEXT, "n": {"type": "integer", "default": 0}, "s": _TEXT},
                    },
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                },
                "tags": {"type": "array", "items": _TEXT, "x-kubernetes-list-type": "set"},
                "order": {"type": "array", "items": _TEXT},
                "box": {"type": "object", "properties": {"deep": {"type": "string", "default": "d"}, "other": _TEXT}},
                "whole": {"type": "object", "additionalProperties": _TEXT, "x-kubernetes-map-type": "atomic"},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "maybe": {"type": "string", "nullable": True},
            },
        },
        "status": {
            "type": "object",
            "properties": {"ready": {"type": "boolean"}, "replicas": {"type": "integer"}, "seen": {"type": "integer"}},
        },
    },
}
_MANAGERS = st.sampled_from(["one", "two"])
_WORDS = st.sampled_from(["a", "b", "c"])
_PARTS = st.lists(
    st.fixed_dictionaries({"name": _WORDS}, optional={"n": st.integers(0, 2), "s": _WORDS}),
    max_size=2,
    unique_by=lambda part: part["name"],
)
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "size": st.integers(0, 3),
    "replicas": st.integers(0, 2),
    "colour": st.sampled_from(["red", "blue"]),
    "parts": _PARTS,
    "tags": st.lists(_WORDS, max_size=2, unique=True),
    "order": st.lists(_WORDS, max_size=2),
    "box": st.fixed_dictionaries({}, optional={"deep": _WORDS, "other": _WORDS}),
    "whole": st.dictionaries(_WORDS, _WORDS, max_size=2),
    "free": st.dictionaries(_WORDS, st.one_of(_WORDS, st.dictionaries(_WORDS, _WORDS, max_size=1)), max_size=2),
    "maybe": st.one_of(st.none(), _WORDS),
}
_SPEC = st.fixed_dictionaries({}, optional=_FIELDS)
_CHANGE = st.fixed_dictionaries({}, optional={name: st.one_of(st.none(), field) for name, field in _FIELDS.items()})
_STATUS = st.fixed_dictionaries({}, optional={"ready": st.booleans(), "replicas": st.integers(0, 2)})


@st.composite
def _widget(draw: st.DrawFn) -> dict[str, Any]:
    body = {"apiVersion": "$id.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
    return {**body, "spec": draw(_SPEC)} if draw(st.integers(0, 5)) else body


@st.composite
def _applied(draw: st.DrawFn) -> Call:
    return apply(_W, draw(_widget()), draw(_MANAGERS), force=draw(st.booleans()))


@st.composite
def _replaced(draw: st.DrawFn) -> Call:
    return put(f"{_W}?fieldManager={draw(_MANAGERS)}", draw(_widget()), keep={})


@st.composite
def _merged(draw: st.DrawFn) -> Call:
    return patch(f"{_W}?fieldManager={draw(_MANAGERS)}", {"spec": draw(_CHANGE)})


@st.composite
def _edited(draw: st.DrawFn) -> Call:
    operation = draw(
        st.sampled_from(
            [
                {"op": "add", "path": "/spec/tags", "value": ["x", "x"]},
                {"op": "remove", "path": "/spec/box"},
                {"op": "add", "path": "/spec/parts", "value": [{"name": "z"}]},
                {"op": "add", "path": "/spec/free", "value": {"n": None}},
                {"op": "remove", "path": "/spec/size"},
                {"op": "add", "path": "/metadata/labels", "value": {"l": "1"}},
            ]
        )
    )
    return patch(f"{_W}?fieldManager={draw(_MANAGERS)}", [operation], JSON_PATCH)


@st.composite
def _told(draw: st.DrawFn) -> Call:
    status, manager = draw(_STATUS), draw(_MANAGERS)
    if draw(st.booleans()):
        return patch(f"{_W}/status?fieldManager={manager}", {"status": status})
    body = {"apiVersion": "$id.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "status": status}
    return apply(f"{_W}/status", body, manager, force=draw(st.booleans()))


@st.composite
def widget_cases(draw: st.DrawFn) -> Case:
    """Draw a sequence on an object that one manager has applied."""
    definition = crd(schema={"openAPIV3Schema": _SCHEMA}, subresources=SUBRESOURCES)
    kinds = (_applied, _replaced, _merged, _edited, _told)
    steps: list[Any] = [*ready(definition), apply(_W, draw(_widget()), "one")]
    for _ in range(draw(st.integers(3, 12))):
        steps += [draw(draw(st.sampled_from(kinds))()), get(_W)]
    return Case("a drawn sequence on a custom object", tuple(steps), CLEANUP)
