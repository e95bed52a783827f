"""Decode, change anything, patch, merge, decode: nothing is lost, or the write is refused.

Classes, stored objects and changes are generated. The stored objects have fields at every level that their class does
not know. The merge is that of kube-apiserver, which also drops nulls from the objects of a list.
"""

import copy
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.objects import ApiObject, Struct
from plugin_operator.kube.objects.comparison import same
from plugin_operator.kube.objects.decoding import decode, document_in
from plugin_operator.kube.objects.differences.changes import changes
from plugin_operator.kube.objects.errors import LossyWriteError
from plugin_operator.kube.objects.fields import fields_of
from plugin_operator.kube.objects.struct import StructMeta

GVK = GroupVersionKind.parse("example.com/v1/Thing")

TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
INTEGERS = st.one_of(st.integers(-5, 5), st.integers(-(2**80), 2**80))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.integers(0, 10**9).map(lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), INTEGERS, FLOATS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXTS, inner, max_size=2)),
    max_leaves=5,
)
UNKNOWN = st.dictionaries(st.sampled_from(["unknownA", "unknownB"]), JSON, max_size=2)


class Kind:
    """A generated type: its annotation, its values, and the JSON of stored values."""

    def __init__(self, annotation: Any, values: st.SearchStrategy[Any], stored: st.SearchStrategy[Any]) -> None:
        self.annotation = annotation
        self.values = values
        self.stored = stored


def plain(annotation: Any, values: st.SearchStrategy[Any]) -> Kind:
    return Kind(annotation, values, values)


def exact_time(moment: datetime, nanoseconds: int) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"


SCALARS = [
    plain(str, TEXTS),
    plain(int, INTEGERS),
    plain(bool, st.booleans()),
    plain(Any, JSON),
    Kind(float, FLOATS, st.one_of(FLOATS, st.integers(-(2**53), 2**53))),
    Kind(datetime, TIMES, st.builds(exact_time, TIMES, st.integers(0, 999_999_499))),
    Kind(bytes, st.binary(max_size=4), st.binary(max_size=4).map(msgspec.to_builtins)),
]


def list_of(kind: Kind) -> Kind:
    return Kind(list[kind.annotation], st.lists(kind.values, max_size=3), st.lists(kind.stored, max_size=3))  # type: ignore[name-defined]


def map_of(kind: Kind) -> Kind:
    values, stored = st.dictionaries(TEXTS, kind.values, max_size=3), st.dictionaries(TEXTS, kind.stored, max_size=3)
    return Kind(dict[str, kind.annotation], values, stored)  # type: ignore[name-defined]


def nullable(kind: Kind) -> Kind:
    return Kind(kind.annotation | None, st.none() | kind.values, st.none() | kind.stored)


def optional(kind: Kind) -> Kind:
    return Kind(kind.annotation | UnsetType, st.just(UNSET) | kind.values, kind.stored)


@st.composite
def struct_of(draw: st.DrawFn, kinds: st.SearchStrategy[Kind]) -> Kind:
    """Return the kind of a new class with one to three fields."""
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    fields: dict[str, tuple[Kind, bool]] = {}
    for name in ("one", "two", "three")[: draw(st.integers(1, 3))]:
        kind = draw(kinds)
        form = draw(st.sampled_from(["required", "default", "nullable", "optional"]))
        if form == "nullable":
            kind, namespace[name] = nullable(kind), None
        elif form == "optional":
            kind, namespace[name] = optional(kind), UNSET
        elif form == "default":
            default = draw(kind.values)
            namespace[name] = msgspec.field(default_factory=partial(copy.deepcopy, default))
        namespace["__annotations__"][name] = kind.annotation
        fields[name] = kind, form == "required"
    cls = StructMeta("Generated", (Struct,), namespace)
    values = st.fixed_dictionaries(
        {name: kind.values for name, (kind, required) in fields.items() if required},
        optional={name: kind.values for name, (kind, required) in fields.items() if not required},
    )
    stored = st.fixed_dictionaries(
        {name: kind.stored for name, (kind, required) in fields.items() if required},
        optional={name: kind.stored for name, (kind, required) in fields.items() if not required},
    )
    made = values.map(lambda each: cls(**copy.deepcopy(each)))
    return Kind(cls, made, st.builds(lambda known, unknown: {**unknown, **known}, stored, UNKNOWN))


LEAVES = st.sampled_from(SCALARS)
NESTED = st.recursive(
    LEAVES, lambda inner: st.one_of(inner.map(list_of), inner.map(map_of), struct_of(inner)), max_leaves=4
)
SPECS = struct_of(NESTED)


@st.composite
def cases(draw: st.DrawFn) -> tuple[type[ApiObject], bytes, Any]:
    """Return a class, the bytes of a stored object, and an author's changes."""
    spec = draw(SPECS)
    annotations = {"spec": spec.annotation}
    cls: Any = StructMeta("Thing", (ApiObject,), {"__annotations__": annotations, "__module__": __name__})
    document = {
        "apiVersion": "example.com/v1",
        "kind": "Thing",
        "metadata": {"name": "a", "resourceVersion": "1"},
        "spec": draw(spec.stored),
        **draw(UNKNOWN),
    }
    return cls, msgspec.json.encode(document), draw(spec.values)


@given(cases(), st.data())
def test_a_change_of_anything_is_written_or_refused_and_nothing_else_is_lost(
    case: tuple[type[ApiObject], bytes, Any], data: st.DataObject
) -> None:
    cls, raw, other = case
    obj: Any = decode(cls, GVK, raw)
    assert changes(obj, GVK, parts=("spec",)) == {}
    _change(obj.spec, other, data)
    try:
        patch = changes(obj, GVK, parts=("spec",))
    except LossyWriteError:
        return
    before = document_in(raw)
    merged = merged_as_the_server_does(before, msgspec.json.decode(msgspec.json.encode(patch)))
    after: Any = decode(cls, GVK, msgspec.json.encode(merged))
    assert same(after.spec, obj.spec), patch
    _check_unknown(before, merged, obj)


def _change(value: Any, other: Any, data: st.DataObject) -> None:
    """Take some fields of ``other``, at any depth; leave the rest as it was read."""
    for field in fields_of(type(value)):
        mine, its = getattr(value, field.name), getattr(other, field.name)
        how = data.draw(st.sampled_from(["keep", "take", "enter"]))
        if how == "take":
            setattr(value, field.name, its)
        elif how == "enter" and isinstance(mine, msgspec.Struct) and type(mine) is type(its):
            _change(mine, its, data)
        elif how == "enter" and isinstance(mine, dict) and isinstance(its, dict):
            mine.update(its)
        elif how == "enter" and isinstance(mine, list) and isinstance(its, list):
            mine[: data.draw(st.integers(0, 1))] = its


def _check_unknown(before: Any, after: Any, value: Any) -> None:
    """Every unknown field of a struct that still stands must be there, and be the same."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    for key in ("unknownA", "unknownB"):
        if key in before and isinstance(value, msgspec.Struct):
            assert after[key] == before[key]
    if isinstance(value, msgspec.Struct):
        for field in fields_of(type(value)):
            if field.wire in before and field.wire in after:
                _check_unknown(before[field.wire], after[field.wire], getattr(value, field.name))
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in before and key in after:
                _check_unknown(before[key], after[key], each)


def merged_as_the_server_does(current: Any, patch: Any) -> Any:
    """Merge by RFC 7386, as json-patch of kube-apiserver: what is new loses its nulls, also in lists."""
    if not isinstance(patch, dict):
        return _pruned(patch)
    if not isinstance(current, dict):
        return _pruned(patch)
    result = dict(current)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif result.get(key) is None:
            result[key] = _pruned(value)
        else:
            result[key] = merged_as_the_server_does(result[key], value)
    return result


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _pruned(each) for key, each in value.items() if each is not None}
    return [_pruned(each) for each in value] if isinstance(value, list) else value
