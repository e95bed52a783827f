"""Whether a new schema may replace one under which objects live, judged by the API server's own validation."""

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from kube_apiserver.crds.schemas import from_crd
from kube_apiserver.decoding.pruning import prune
from kube_apiserver.defaulting.defaults import apply_defaults
from kube_apiserver.validation.objects import validate
from plugin_operator.hosting.crds.live_objects import misfit
from plugin_operator.hosting.crds.narrowings import narrowings

Schema = dict[str, Any]

_NAMES = st.sampled_from(["a", "b", "c"])
_SMALL = st.integers(-2, 3)
_SCALARS = st.one_of(st.integers(-2, 4), st.booleans(), st.sampled_from(["", "x", "xyz"]), st.sampled_from([0.5, 2.0]))
_VALUES = st.recursive(
    st.one_of(_SCALARS, st.none()),
    lambda each: st.one_of(st.lists(each, max_size=3), st.dictionaries(_NAMES, each, max_size=3)),
    max_leaves=6,
)


def _bounded(kind: str, low: str, high: str, extra: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Schema]:
    return st.fixed_dictionaries(
        {"type": st.just(kind)},
        optional={low: st.integers(0, 2), high: st.integers(1, 4), "nullable": st.booleans(), **extra},
    )


_LEAVES: st.SearchStrategy[Schema] = st.one_of(
    _bounded("string", "minLength", "maxLength", {"enum": st.lists(st.sampled_from(["", "x", "xyz"]), min_size=1)}),
    _bounded("integer", "minimum", "maximum", {"multipleOf": st.integers(1, 3), "exclusiveMinimum": st.booleans()}),
    _bounded("number", "minimum", "maximum", {"exclusiveMaximum": st.booleans()}),
    st.fixed_dictionaries({"type": st.just("boolean")}),
    st.just({"x-kubernetes-int-or-string": True}),
    st.just({"x-kubernetes-preserve-unknown-fields": True}),
)


def _containers(each: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.one_of(
        _bounded(
            "object",
            "minProperties",
            "maxProperties",
            {
                "properties": st.dictionaries(_NAMES, each, max_size=3),
                "required": st.lists(_NAMES, max_size=2, unique=True),
                "x-kubernetes-preserve-unknown-fields": st.just(True),
            },
        ),
        _bounded("object", "minProperties", "maxProperties", {"additionalProperties": each}),
        st.builds(
            lambda schema, items: {**schema, "items": items},
            _bounded("array", "minItems", "maxItems", {"x-kubernetes-list-type": st.sampled_from(["atomic", "set"])}),
            each,
        ),
    )


_SCHEMAS: st.SearchStrategy[Schema] = st.recursive(_LEAVES, _containers, max_leaves=6)


def _whole(spec: Schema) -> Schema:
    return {"type": "object", "properties": {"spec": spec}}


def _live(spec: Any, schema: Schema) -> dict[str, Any] | None:
    """Return an object as the API server shows it under a schema; None if it refuses the object."""
    parsed = from_crd(schema)
    given = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}, "spec": spec}
    shown = apply_defaults(prune(given, parsed)[0], parsed)
    return shown if not validate(shown, parsed) else None


@st.composite
def _neighbours(draw: st.DrawFn) -> tuple[Schema, Schema]:
    """Two schemas of which the second is an edit of the first, or any other."""
    old = draw(_SCHEMAS)
    if draw(st.booleans()):
        return old, draw(_SCHEMAS)
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(1, 3))):
        node = draw(st.sampled_from(_nodes(new)))
        other = draw(st.sampled_from(_nodes(draw(_SCHEMAS))))
        key = draw(st.sampled_from(sorted(node.keys() | other.keys()) or ["nullable"]))
        if key in other:
            node[key] = copy.deepcopy(other[key])
        else:
            node.pop(key, None)
    # The API server takes no list without a schema of its items.
    assume(all("items" in each for each in _nodes(new) if each.get("type") == "array"))
    return old, new


def _nodes(schema: Schema) -> list[Schema]:
    below = [
        *schema.get("properties", {}).values(),
        *(schema[key] for key in ("items", "additionalProperties") if key in schema),
    ]
    return [schema, *(each for one in below for each in _nodes(one))]


# Most schemas refuse most values, and some seeds draw fifty such pairs first.
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.filter_too_much])
@given(_neighbours(), _VALUES)
def test_no_live_object_is_refused_or_changed_by_a_schema_that_counts_as_wider_or_that_it_fits(
    schemas: tuple[Schema, Schema], spec: Any
) -> None:
    old, new = map(_whole, schemas)
    live = _live(spec, old)
    assume(live is not None)
    assert live is not None
    found = narrowings(old, new)
    assume(all(each.is_checkable for each in found))
    if found and misfit(live, new):
        event("a misfit")
        return
    event("narrower, and it fits" if found else "wider")
    after = _live(live["spec"], new) if "spec" in live else live
    assert after is not None, f"refused, with {found}"
    assert after == {**after, **live}, f"changed, with {found}"


@st.composite
def _widened(draw: st.DrawFn, schema: Schema) -> Schema:
    """Return a schema that accepts all that ``schema`` accepts."""
    wide = copy.deepcopy(schema)
    steps: dict[str, Callable[[Schema], Any]] = {
        "looser bounds": lambda node: [node.pop(key, None) for key in list(node) if key.startswith(("min", "max"))],
        "shifted bounds": lambda node: node.update(
            {key: node[key] + (1 if key.startswith("max") else -1) for key in node if key.startswith(("min", "max"))}
        ),
        "null": lambda node: node.update(nullable=True),
        "optional": lambda node: node.pop("required", None),
        "more values": lambda node: node["enum"].append("new") if "enum" in node else None,
        "any value": lambda node: node.pop("enum", None),
        "any multiple": lambda node: node.pop("multipleOf", None),
        "any fraction": lambda node: node.update(type="number") if node.get("type") == "integer" else None,
        "any list": lambda node: node.pop("x-kubernetes-list-type", None),
        "a description": lambda node: node.update(description="new"),
        "a field": lambda node: (
            node.setdefault("properties", {}).setdefault("new", {"type": "string", "default": "x"})
            if node.get("type") == "object"
            and not {"x-kubernetes-preserve-unknown-fields", "additionalProperties"} & node.keys()
            else None
        ),
    }
    for _ in range(draw(st.integers(1, 4))):
        steps[draw(st.sampled_from(sorted(steps)))](draw(st.sampled_from(_nodes(wide))))
    return wide


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_widening_has_no_narrowings(data: st.DataObject) -> None:
    old = data.draw(_SCHEMAS)
    new = data.draw(_widened(old))
    assert narrowings(_whole(old), _whole(new)) == []
