"""A value that was read and moves takes its unknown fields along, or the write is refused."""

import copy
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec
import pytest

from kube_apiserver.patching import merge_patch
from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.objects import ApiObject, Struct
from plugin_operator.kube.objects.decoding import decode
from plugin_operator.kube.objects.differences.changes import changes
from plugin_operator.kube.objects.errors import LossyWriteError

GVK = GroupVersionKind.parse("example.com/v1/Widget")


class Color(StrEnum):
    RED = "red"
    OTHER = "other"

    @classmethod
    def _missing_(cls, value: object) -> "Color":
        return cls.OTHER


class Part(Struct):
    name: str
    count: int = 1
    labels: dict[str, str] = {}
    tags: list[str] = []
    inner: "Part | None" = None


class Left(Struct, tag="left", tag_field="type"):
    labels: dict[str, str] = {}
    size: int = 0


class Right(Struct, tag="right", tag_field="type"):
    labels: dict[str, str] = {}


class Outer(Struct):
    inner: Part | None = None
    parts: list[Part] = []


class Spec(Struct):
    main: Part | None = None
    spare: Part | None = None
    outer: Outer | None = None
    parts: list[Part] | None = None
    by_name: dict[str, Part] = {}
    maps: dict[str, dict[str, Part]] = {}
    side: Left | Right | None = None
    lists: dict[str, list[Part]] = {}
    times: list[datetime] = []
    colors: list[Color] = []


class Widget(ApiObject):
    spec: Spec = msgspec.field(default_factory=Spec)


P: dict[str, Any] = {"name": "p", "secret": "s"}
Q: dict[str, Any] = {"name": "q", "count": 2}
X: dict[str, Any] = {"name": "x", "weight": 1}
A: dict[str, Any] = {"name": "a", "labels": {"k1": "1"}, "inner": {"name": "i", "old": 1}, "note": {"of": "a"}}
B: dict[str, Any] = {"name": "b", "labels": {"k2": "2"}, "inner": {"name": "j", "new": 2}, "note": {"by": "b"}}
P_LABELED: dict[str, Any] = {**P, "labels": {"k": "1"}}
P_TAGGED: dict[str, Any] = {**P, "tags": ["k"]}
NESTED: dict[str, Any] = {"main": {"name": "r", "inner": B}, "spare": {"name": "o", "inner": A}}


def written(spec: dict[str, Any], change: Any) -> Any:
    """Return the spec that the server stores after a change of what was read."""
    metadata = {"name": "a", "namespace": "ns", "resourceVersion": "7"}
    document = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata, "spec": spec}
    widget = decode(Widget, GVK, msgspec.json.encode(document))
    change(widget.spec)
    return merge_patch(document, changes(widget, GVK, parts=("spec",)))["spec"]


def _swap(spec: Any) -> None:
    spec.main, spec.spare = spec.spare, spec.main


def _swap_copies(spec: Any) -> None:
    spec.main, spec.spare = copy.deepcopy(spec.spare), copy.deepcopy(spec.main)


def _replace(spec: Any) -> None:
    spec.spare, spec.main = spec.main, None


def _move_to_main(spec: Any) -> None:
    spec.main = spec.spare


def _swap_maps(spec: Any) -> None:
    spec.maps["a"], spec.maps["b"] = spec.maps["b"], spec.maps["a"]


def _wrap(spec: Any) -> None:
    spec.outer, spec.main = Outer(inner=spec.main), None


@pytest.mark.parametrize(
    ("spec", "change", "stored"),
    [
        (
            {"byName": {"old": P, "q": Q}},
            lambda s: s.by_name.update(new=s.by_name.pop("old")),
            {"byName": {"q": Q, "new": P}},
        ),
        ({"lists": {"old": [Q, P]}}, lambda s: s.lists.update(new=s.lists.pop("old")), {"lists": {"new": [Q, P]}}),
        ({"main": P}, lambda s: setattr(s, "spare", copy.deepcopy(s.main)), {"main": P, "spare": P}),
        ({"main": P}, _replace, {"spare": P}),
        ({"main": P, "spare": Q}, _replace, {"spare": P}),
        ({"main": P, "spare": X}, _swap, {"main": X, "spare": P}),
        ({"main": P, "spare": Q}, _move_to_main, {"main": Q, "spare": Q}),
        ({"main": A, "spare": B}, _swap, {"main": B, "spare": A}),
        ({"main": {**A, "inner": B}}, lambda s: setattr(s, "main", s.main.inner), {"main": B}),
        ({"main": {"name": "o", "inner": A}, "spare": {"name": "r", "inner": B}}, _swap, NESTED),
        ({"main": P_LABELED, "spare": {**P, "secret": "t"}}, _swap, {"main": {**P, "secret": "t"}, "spare": P_LABELED}),
        ({"maps": {"a": {"x": A}, "b": {"x": B}}}, _swap_maps, {"maps": {"a": {"x": B}, "b": {"x": A}}}),
        ({"main": P}, _wrap, {"outer": {"inner": P}}),
        ({"main": P}, lambda s: setattr(s, "parts", [s.main]), {"main": P, "parts": [P]}),
        ({"main": P}, lambda s: setattr(s, "outer", Outer(parts=[s.main])), {"main": P, "outer": {"parts": [P]}}),
        ({"main": Q}, _replace, {"spare": Q}),
    ],
    ids=[
        "entry",
        "list",
        "copy",
        "field",
        "over another",
        "swap",
        "nothing unknown over another",
        "swap with maps",
        "up",
        "swap with structs inside",
        "swap where maps alone differ",
        "swap of maps",
        "inside a new one",
        "into a list",
        "into a list of a new one",
        "nothing unknown",
    ],
)
def test_a_value_that_moves_takes_its_unknown_fields_along(spec: Any, change: Any, stored: Any) -> None:
    assert written(spec, change) == stored


def _change_and_move(spec: Any) -> None:
    spec.main.count = 7
    _replace(spec)


def _swap_and_change(spec: Any) -> None:
    _swap(spec)
    spec.main.count = 7


def _swap_and_rename(spec: Any) -> None:
    _swap(spec)
    spec.main.name = "p"


@pytest.mark.parametrize(
    ("spec", "change", "path"),
    [
        ({"main": P}, _change_and_move, "spec.main.secret"),
        ({"main": P, "spare": X}, _swap_and_change, "spec.spare.weight"),
        ({"main": P, "spare": X}, _swap_and_rename, "spec.spare.weight"),
        ({"main": P_LABELED, "spare": {**P, "secret": "t"}}, _swap_copies, "spec.spare.secret"),
        ({"main": P_TAGGED, "spare": {**P, "tags": ["j"], "secret": "t"}}, _swap_copies, "spec.spare.secret"),
        (
            {"byName": {"a": P, "b": {**P, "secret": "t"}}},
            lambda s: s.by_name.update(c=s.by_name.pop("a")),
            "spec.byName[a].secret",
        ),
        ({"parts": [Q, P]}, lambda s: setattr(s, "parts", None), "spec.parts[1].secret"),
        ({"parts": [Q, P]}, lambda s: s.parts.clear(), "spec.parts[1].secret"),
    ],
    ids=[
        "changed",
        "swapped and changed",
        "swapped and renamed",
        "copies whose maps alone differ",
        "copies whose lists alone differ",
        "ambiguous",
        "list set to None",
        "list emptied",
    ],
)
def test_a_move_that_cannot_keep_an_unknown_field_is_refused(spec: Any, change: Any, path: str) -> None:
    with pytest.raises(LossyWriteError) as raised:
        written(spec, change)
    assert raised.value.path == path


def test_a_value_of_another_class_keeps_nothing_of_the_one_before_it() -> None:
    side = {"type": "left", "labels": {"k": "1"}, "size": 3, "unknown": {"deep": 1}}
    stored = written({"side": side}, lambda spec: setattr(spec, "side", Right(labels={"j": "2"})))
    assert stored == {"side": {"type": "right", "labels": {"j": "2"}}}


def test_a_value_that_was_changed_to_equal_another_stays_in_its_place() -> None:
    def rename(spec: Any) -> None:
        spec.main.name, spec.main.count = "q", 2

    assert written({"main": P, "spare": Q}, rename)["main"] == {**P, "name": "q", "count": 2}


def test_a_new_value_of_the_author_is_no_moved_one() -> None:
    stored = written({"main": P}, lambda spec: setattr(spec, "spare", Part(name="p")))
    assert stored == {"main": P, "spare": {"name": "p"}}


def test_a_copy_with_changes_stays_in_its_place() -> None:
    stored = written({"main": P, "spare": X}, lambda s: setattr(s, "main", msgspec.structs.replace(s.main, count=3)))
    assert stored == {"main": {**P, "count": 3}, "spare": X}


def _second(spec: Any) -> None:
    spec.times[1] = datetime(2025, 1, 1, tzinfo=UTC)


T1, T2, T3 = (f"2024-01-01T00:00:00.00000000{number}Z" for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("spec", "change", "stored"),
    [
        (
            {"times": [T1, T2]},
            lambda s: s.times.append(datetime(2025, 1, 1, tzinfo=UTC)),
            [T1, T2, "2025-01-01T00:00:00Z"],
        ),
        (
            {"times": [T1, T2]},
            lambda s: s.times.insert(0, datetime(2025, 1, 1, tzinfo=UTC)),
            ["2025-01-01T00:00:00Z", T1, T2],
        ),
        ({"colors": ["new", "red", "newer"]}, lambda s: s.colors.append(Color.RED), ["new", "red", "newer", "red"]),
        ({"colors": ["new", "red", "newer"]}, lambda s: s.colors.remove(Color.RED), ["new", "newer"]),
        ({"times": [T1]}, lambda s: s.times.append(s.times[0]), [T1, T1]),
    ],
    ids=["append", "insert", "enum", "remove", "copy"],
)
def test_items_with_one_value_stay_what_they_were(spec: Any, change: Any, stored: Any) -> None:
    assert next(iter(written(spec, change).values())) == stored


@pytest.mark.parametrize(
    ("spec", "change", "path"),
    [
        ({"times": [T1, T2]}, lambda s: s.times.pop(0), "spec.times[0]"),
        ({"times": [T1, T2]}, _second, "spec.times[0]"),
        ({"colors": ["red", "new", "newer"]}, lambda s: s.colors.append(Color.OTHER), "spec.colors[1]"),
    ],
    ids=["pop", "change", "append"],
)
def test_items_with_one_value_that_cannot_be_distinguished_are_refused(spec: Any, change: Any, path: str) -> None:
    with pytest.raises(LossyWriteError, match="items have this value in different notations") as raised:
        written(spec, change)
    assert raised.value.path == path
