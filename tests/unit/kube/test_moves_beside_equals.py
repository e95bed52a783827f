"""A value that was read and moves beside one of equal fields takes its own unknown fields along, or is refused."""

import copy
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


class Part(Struct):
    name: str
    count: int = 1
    tags: list[str] = []


class Outer(Struct):
    inner: Part | None = None
    parts: list[Part] = []
    by_name: dict[str, Part] = {}


class Spec(Struct):
    main: Part | None = None
    spare: Part | None = None
    parts: list[Part] = []
    by_name: dict[str, Part] = {}
    lists: list[list[Part]] = []
    outer: Outer | None = None
    other: Outer | None = None


class Widget(ApiObject):
    spec: Spec = msgspec.field(default_factory=Spec)


P: dict[str, Any] = {"name": "p", "secret": "s"}
BARE: dict[str, Any] = {"name": "p"}
Q: dict[str, Any] = {"name": "q"}
SAID: dict[str, Any] = {"name": "p", "secret": "t"}


def written(spec: dict[str, Any], change: Any) -> Any:
    """Return the spec that the server stores after a change of what was read."""
    document = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": spec}
    widget = decode(Widget, GVK, msgspec.json.encode(document))
    change(widget.spec)
    return merge_patch(document, changes(widget, GVK, parts=("spec",)))["spec"]


def _taken(spec: Any) -> Any:
    """Return the main part, which leaves its place."""
    main, spec.main = spec.main, None
    return main


def _move_map(spec: Any) -> None:
    spec.other.by_name, spec.outer = spec.outer.by_name, None


def _move_list(spec: Any) -> None:
    spec.other.parts, spec.outer = spec.outer.parts, None


def _move_outer(spec: Any) -> None:
    spec.other, spec.outer = spec.outer, None


@pytest.mark.parametrize(
    ("spec", "change", "stored"),
    [
        ({"main": P, "parts": [BARE]}, lambda s: s.parts.append(_taken(s)), {"parts": [BARE, P]}),
        ({"main": P, "parts": [BARE]}, lambda s: s.parts.insert(0, _taken(s)), {"parts": [P, BARE]}),
        ({"main": P, "parts": [BARE]}, lambda s: s.parts.__setitem__(0, _taken(s)), {"parts": [P]}),
        ({"main": P, "parts": [BARE]}, lambda s: setattr(s, "parts", [_taken(s)]), {"parts": [P]}),
        ({"main": P, "lists": [[BARE]]}, lambda s: s.lists.append([_taken(s)]), {"lists": [[BARE], [P]]}),
        ({"main": P, "byName": {"a": BARE}}, lambda s: s.by_name.update(a=_taken(s)), {"byName": {"a": P}}),
        ({"main": P, "byName": {"a": BARE}}, lambda s: s.by_name.update(b=_taken(s)), {"byName": {"a": BARE, "b": P}}),
        ({"main": P, "spare": BARE}, lambda s: setattr(s, "spare", _taken(s)), {"spare": P}),
        ({"main": P, "spare": SAID}, lambda s: setattr(s, "spare", _taken(s)), {"spare": P}),
        (
            {"main": P, "outer": {"parts": [BARE]}},
            lambda s: s.outer.parts.append(_taken(s)),
            {"outer": {"parts": [BARE, P]}},
        ),
        (
            {"outer": {"byName": {"a": P}}, "other": {"byName": {"a": BARE}}},
            _move_map,
            {"other": {"byName": {"a": P}}},
        ),
        (
            {"outer": {"parts": [P]}, "other": {"parts": [BARE]}},
            _move_list,
            {"other": {"parts": [P]}},
        ),
        (
            {"outer": {"inner": P}, "other": {"inner": BARE}},
            _move_outer,
            {"other": {"inner": P}},
        ),
        ({"main": P, "parts": [BARE]}, lambda s: s.parts.append(Part(name="p")), {"main": P, "parts": [BARE, BARE]}),
        ({"main": P, "parts": [BARE]}, lambda s: s.parts.append(Part(name="q")), {"main": P, "parts": [BARE, Q]}),
    ],
    ids=[
        "appended",
        "inserted",
        "in the place of an equal item",
        "in a list of its own",
        "in a new inner list",
        "in the place of an equal entry",
        "beside an equal entry",
        "in the place of an equal field",
        "in the place of one with other unknown fields",
        "appended deeper",
        "within its map",
        "within its list",
        "within its struct",
        "an equal one of the author appended",
        "another one of the author appended",
    ],
)
def test_a_value_that_moves_beside_an_equal_one_takes_its_own_unknown_fields_along(
    spec: Any, change: Any, stored: Any
) -> None:
    assert written(spec, change) == stored


@pytest.mark.parametrize(
    ("spec", "change"),
    [
        ({"main": P, "parts": [BARE]}, lambda s: s.parts.append(copy.deepcopy(_taken(s)))),
        ({"main": P, "lists": [[BARE]]}, lambda s: s.lists[0].append(copy.copy(_taken(s)))),
        ({"main": P, "lists": [[BARE]]}, lambda s: s.lists.append([copy.copy(_taken(s))])),
        ({"main": P, "byName": {"a": BARE}}, lambda s: s.by_name.update(b=copy.copy(_taken(s)))),
        ({"byName": {"a": P}, "parts": [BARE]}, lambda s: s.parts.append(s.by_name.pop("a"))),
    ],
    ids=["appended", "in an inner list", "in a new inner list", "entry", "out of a map"],
)
def test_a_copy_beside_an_equal_value_that_has_other_unknown_fields_is_refused(spec: Any, change: Any) -> None:
    with pytest.raises(LossyWriteError, match="class Part does not know it, and a Part moves to"):
        written(spec, change)
