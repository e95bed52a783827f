"""Laws of patching, pruning, defaulting and applying."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kube_apiserver.crds.schemas import from_crd
from kube_apiserver.decoding.pruning import prune
from kube_apiserver.defaulting.defaults import apply_defaults
from kube_apiserver.fieldmanagers import apply
from kube_apiserver.fieldmanagers.fieldset import FieldSet
from kube_apiserver.patching import merge_patch
from tests.builtin_schema import builtin_schema

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCALARS = st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=2)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4)
SCHEMA = from_crd(
    {
        "type": "object",
        "properties": {
            "a": {"type": "object", "properties": {"b": {"type": "string", "default": "x"}, "c": {"type": "object"}}},
            "b": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer", "default": 1}}}},
            "c": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
)
CONFIG_MAP = builtin_schema("", "v1", "ConfigMap")
DATA = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("12"), max_size=4)


def difference(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    patch = dict.fromkeys(old.keys() - new.keys())
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            patch[key] = difference(before, value)
        elif before != value or type(before) is not type(value) or key not in old:
            patch[key] = value
    return patch


@given(OBJECTS, OBJECTS)
def test_the_merge_patch_of_a_difference_gives_the_target(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert merge_patch(old, difference(old, new)) == new


@given(OBJECTS)
def test_pruning_twice_is_pruning_once(obj: dict[str, Any]) -> None:
    once, _ = prune(obj, SCHEMA)
    assert prune(once, SCHEMA) == (once, [])


@given(OBJECTS)
def test_defaulting_twice_is_defaulting_once(obj: dict[str, Any]) -> None:
    once = apply_defaults(obj, SCHEMA)
    assert apply_defaults(once, SCHEMA) == once


def config_map(data: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data}


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["alice", "bob"]), DATA.filter(bool)), min_size=1, max_size=5))
def test_after_a_forced_apply_everything_applied_is_there_and_again_changes_nothing(
    steps: list[tuple[str, dict[str, Any]]],
) -> None:
    # As the server does: what is stored has been through Go's form, where an empty map is none. Whoever applies an
    # empty one sets it anew each time, in the real server as well.
    live = None
    for manager, data in steps:
        options: dict[str, Any] = {
            "manager": manager,
            "force": True,
            "schema": CONFIG_MAP,
            "api_version": "v1",
            "now": NOW,
        }
        live = apply_defaults(apply(live, config_map(data), **options), CONFIG_MAP)
        assert data.items() <= (live.get("data") or {}).items()
        assert apply_defaults(apply(live, config_map(data), **options), CONFIG_MAP) == live


@settings(max_examples=60)
@given(DATA, DATA)
def test_a_sole_applier_gets_exactly_what_it_applies(first: dict[str, str], second: dict[str, str]) -> None:
    options: dict[str, Any] = {"manager": "me", "force": False, "schema": CONFIG_MAP, "api_version": "v1", "now": NOW}
    live = apply(None, config_map(first), **options)
    assert (apply(live, config_map(second), **options).get("data") or {}) == second


PATHS = st.lists(st.lists(st.sampled_from(["f:a", "f:b", "i:0"]), min_size=1, max_size=3).map(tuple), max_size=6)


def field_set(paths: list[Any]) -> FieldSet:
    result = FieldSet()
    for path in paths:
        result.insert(path)
    return result


@given(PATHS, PATHS)
def test_field_sets_behave_as_sets_of_paths(left: list[Any], right: list[Any]) -> None:
    one, two = field_set(left), field_set(right)
    assert set((one | two).paths()) == set(left) | set(right)
    assert set((one - two).paths()) == set(left) - set(right)
    assert set((one & two).paths()) == set(left) & set(right)
    assert FieldSet.decode(one.encode()) == one
