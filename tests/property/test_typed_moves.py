"""Move what was read anywhere in its object: it takes its own unknown fields along, and no others, or is refused.

Each stored struct has a name of its own and an unknown field that repeats it, so that a mix shows.
"""

import copy
from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.objects import ApiObject, Struct
from plugin_operator.kube.objects.comparison import same
from plugin_operator.kube.objects.decoding import decode
from plugin_operator.kube.objects.differences.changes import changes
from plugin_operator.kube.objects.differences.merge_patches import merged
from plugin_operator.kube.objects.errors import LossyWriteError

GVK = GroupVersionKind.parse("example.com/v1/Widget")
KEYS = st.sampled_from(["k", "l", "m"])
Place: TypeAlias = tuple[Any, Any]  # a holder, and an attribute, key or index in it


class Node(Struct):
    name: str
    count: int = 1
    labels: dict[str, str] = {}
    inner: "Part | Other | None" = None
    by_key: dict[str, "Part | Other"] = {}
    listed: list["Part | Other"] = []


class Part(Node, tag="part", tag_field="type"):
    """A member of a union."""


class Other(Node, tag="other", tag_field="type"):
    """The other one, with the same fields."""


class Spec(Struct):
    main: Part | Other | None = None
    spare: Part | Other | None = None
    by_key: dict[str, Part | Other] = {}
    listed: list[Part | Other] = []


class Widget(ApiObject):
    spec: Spec


def nodes(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    inner = nodes(depth - 1) if depth else st.nothing()
    return st.fixed_dictionaries(
        {"type": st.sampled_from(["part", "other"]), "unknown": st.booleans()},
        optional={
            "count": st.integers(0, 2),
            "labels": st.dictionaries(KEYS, KEYS, max_size=2),
            **({"inner": inner, "byKey": st.dictionaries(KEYS, inner, max_size=2)} if depth else {}),
            **({"listed": st.lists(inner, max_size=2)} if depth else {}),
        },
    )


SPECS = st.fixed_dictionaries(
    {"main": nodes(1), "spare": nodes(1)},
    optional={"byKey": st.dictionaries(KEYS, nodes(0), max_size=2), "listed": st.lists(nodes(0), max_size=2)},
)


def named(value: Any, names: Iterator[int]) -> Any:
    """Return stored JSON in which each struct has its name, and an unknown field if it was drawn."""
    if isinstance(value, list):
        return [named(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: named(each, names) for key, each in value.items() if key != "unknown"}
    if "unknown" in value:
        found["name"] = f"n{next(names)}"
        if value["unknown"]:
            found["unknown"] = {found["name"]: 1}
    return found


def structs(value: Any) -> Iterator[Any]:
    """Yield the structs in a value, itself included."""
    if isinstance(value, Node):
        yield value
    if isinstance(value, msgspec.Struct):
        value = [getattr(value, name) for name in value.__struct_fields__]
    elif isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from structs(each)


def places(spec: Spec) -> list[Place]:
    """Return the holders and keys of what may be moved."""
    found: list[Place] = [(spec, "main"), (spec, "spare")]
    for holder in (spec, *structs(spec)):
        found += [(holder, "inner")] if isinstance(holder, Node) else []
        found += [(holder.by_key, key) for key in ("k", "l", "m")]
        found += [(holder.listed, index) for index in range(len(holder.listed) + 1)]
    return found


def value_at(place: Place) -> Any:
    holder, key = place
    if isinstance(holder, list):
        return holder[key] if key < len(holder) else None
    return holder.get(key) if isinstance(holder, dict) else getattr(holder, key)


def put(place: Place, value: Any) -> None:
    holder, key = place
    if isinstance(holder, msgspec.Struct):
        setattr(holder, key, value)
    elif value is None:
        if isinstance(holder, dict):
            holder.pop(key, None)
        else:
            del holder[key : key + 1]
    elif isinstance(holder, list) and key >= len(holder):
        holder.append(value)
    else:
        holder[key] = value


def change(spec: Spec, data: st.DataObject) -> None:
    """Do one thing that an author may do."""
    filled = [place for place in places(spec) if value_at(place) is not None]
    where = data.draw(st.sampled_from(filled or places(spec)))
    other = data.draw(st.sampled_from(places(spec)))
    mine, its = value_at(where), value_at(other)
    how = data.draw(st.sampled_from(["copy", "move", "swap", "delete", "assign", "label", "make", "swap maps"]))
    if how == "copy":
        put(other, copy.deepcopy(mine))
    elif how == "move":
        put(where, None)
        put(other, copy.copy(mine))
    elif how == "swap":
        mine, its = copy.deepcopy(mine), copy.deepcopy(its)
        put(where, its)
        put(other, mine)
    elif how == "delete":
        put(where, None)
    elif how == "make":
        put(where, data.draw(st.sampled_from([Part, Other]))(name="made", labels={"m": "made"}))
    elif how == "assign" and mine is not None:
        mine.count = data.draw(st.integers(0, 2))
    elif how == "label" and mine is not None:
        mine.labels[data.draw(KEYS)] = "new"
    elif how == "swap maps" and mine is not None and its is not None:
        mine.by_key, its.by_key = copy.deepcopy(its.by_key), copy.deepcopy(mine.by_key)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SPECS, st.data())
def test_what_moves_takes_its_unknown_fields_along_and_no_others(drawn: dict[str, Any], data: st.DataObject) -> None:
    spec = named(drawn, iter(range(1000)))
    document = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": spec}
    widget = decode(Widget, GVK, msgspec.json.encode(document))
    unknown: dict[str, Any] = {}
    collect(spec, unknown)
    for _ in range(data.draw(st.integers(1, 3))):
        change(widget.spec, data)
    try:
        patch = changes(widget, GVK, parts=("spec",))
    except LossyWriteError:
        return
    stored = merged(document, patch)
    after = decode(Widget, GVK, msgspec.json.encode(stored))
    assert same(after.spec, widget.spec), patch
    check(stored["spec"], unknown, patch)


def collect(value: Any, into: dict[str, Any]) -> None:
    if isinstance(value, dict):
        if "type" in value:
            into[value["name"]] = value.get("unknown")
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            collect(each, into)


def check(value: Any, unknown: dict[str, Any], patch: Any) -> None:
    """Each struct has the unknown field that it was read with; a made one may have that of its place."""
    if isinstance(value, dict):
        if "type" in value:
            found = value.get("unknown")
            if value["name"] == "made":
                assert found is None or found in unknown.values(), patch
            else:
                assert found == unknown[value["name"]], patch
        value = [each for key, each in value.items() if key != "unknown"]
    if isinstance(value, list):
        for each in value:
            check(each, unknown, patch)
