"""A mutation: one or two edits of an object, which can be written as an object or as each kind of patch."""

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tests.conformance.mutations.shapes import Shape
from tests.conformance.mutations.values import draw, emptied, near, of_another_type

Path = tuple[str | int, ...]
REMOVED: Final = object()
#: What names the object, which the requests need.
_FIXED = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"), ("metadata",)}
_ACTIONS: tuple[str, ...] = (
    "value",
    "value",
    "value",
    "near",
    "near",
    "add",
    "add",
    "add",
    "add",
    "remove",
    "remove",
    "null",
)
_ACTIONS += ("type", "empty", "empty", "duplicate", "unknown", "swap")


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: the action that chose it, the place, and the new value or ``REMOVED``."""

    action: str
    path: Path
    value: Any

    def __str__(self) -> str:
        return f"{self.action} {shown(self.path)}"


def shown(path: Path) -> str:
    """Write a path with dots, without the positions of lists."""
    return ".".join("[]" if isinstance(part, int) else part for part in path)


def places(value: Any, shape: Shape, path: Path = ()) -> Iterator[tuple[Path, Any, Shape]]:
    """Yield every place in a value."""
    yield path, value, shape
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from places(inside, _inside(shape, key), (*path, key))
    elif isinstance(value, list):
        for position, inside in enumerate(value):
            yield from places(inside, shape.items, (*path, position))


def _inside(shape: Shape, key: str) -> Shape:
    return shape.items if shape.type == "map" else shape.fields.get(key, Shape())


def mutate(chance: random.Random, obj: dict[str, Any], shape: Shape, under: str = "") -> list[Edit]:
    """Draw one edit, sometimes two; ``under`` keeps them in one field of the object."""
    found = [each for each in places(obj, shape) if each[0] not in _FIXED and _is_under(each[0], under)]
    edits: list[Edit] = []
    while not edits or (len(edits) == 1 and chance.random() < 0.2):
        edits += _edit(chance, found)
    return [edits[0], *(edit for edit in edits[1:] if _are_apart(edits[0].path, edit.path))]


def _are_apart(one: Path, other: Path) -> bool:
    """Tell whether two edits may have any order: neither place is in the other, nor do they move items of one list."""
    for a, b in zip(one, other, strict=False):
        if a != b:
            return isinstance(a, str)
    return False


def _is_under(path: Path, under: str) -> bool:
    if under:
        return path[:1] == (under,)
    return path[:1] != ("status",)


def _edit(chance: random.Random, found: list[tuple[Path, Any, Shape]]) -> list[Edit]:
    action = chance.choice(_ACTIONS)
    path, value, shape = chance.choice(found)
    match action:
        case "add" | "unknown":
            objects = [each for each in found if isinstance(each[1], dict) and (action == "unknown" or _open(each))]
            return [_added(chance, action, *chance.choice(objects))] if objects else []
        case "swap":
            pairs = [each for each in found if isinstance(each[1], dict) and len(each[1]) > 1 and each[0]]
            return _swapped(chance, *chance.choice(pairs)[:2]) if pairs else []
        case "duplicate":
            lists = [each for each in found if isinstance(each[1], list) and each[1]]
            return [_duplicated(chance, *chance.choice(lists)[:2])] if lists else []
    if not path:
        return []
    ways: dict[str, Callable[[], Any]] = {
        "value": lambda: draw(chance, shape, _name(path)),
        "near": lambda: near(chance, value),
        "remove": lambda: REMOVED,
        "null": lambda: None,
        "type": lambda: of_another_type(chance, value),
        "empty": lambda: emptied(value),
    }
    new = ways[action]()
    return [] if new is not REMOVED and new == value and type(new) is type(value) else [Edit(action, path, new)]


def _open(place: tuple[Path, Any, Shape]) -> bool:
    _, value, shape = place
    return shape.type == "map" or any(name not in value for name in shape.fields)


def _added(chance: random.Random, action: str, path: Path, value: Any, shape: Shape) -> Edit:
    if action == "unknown":
        return Edit(action, (*path, "unknownField"), chance.choice((1, "x", {"a": 1}, None)))
    if shape.type == "map":
        name = chance.choice(("a", "Foo", "a b", "example.com/x", "/x", "a" * 64, ""))
        return Edit(action, (*path, name), draw(chance, shape.items, name))
    absent = [name for name in shape.fields if name not in value and (path or name not in ("status", "metadata"))]
    name = chance.choice(absent or [next(iter(shape.fields))])
    return Edit(action, (*path, name), draw(chance, shape.fields[name], name))


def _swapped(chance: random.Random, path: Path, value: dict[str, Any]) -> list[Edit]:
    one, two = chance.sample(sorted(value), 2)
    if any((*path, name) in _FIXED for name in (one, two)):
        return []
    return [Edit("swap", (*path, one), value[two]), Edit("swap", (*path, two), value[one])]


def _duplicated(chance: random.Random, path: Path, value: list[Any]) -> Edit:
    return Edit("duplicate", (*path, len(value)), chance.choice(value))


def _name(path: Path) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def edited(obj: dict[str, Any], edits: list[Edit]) -> dict[str, Any]:
    """Return the object with the edits."""
    made = copy.deepcopy(obj)
    for edit in edits:
        *parents, last = edit.path
        place: Any = made
        for part in parents:
            place = place[part]
        if edit.value is REMOVED:
            del place[last]
        elif isinstance(place, list) and last == len(place):
            place.append(copy.deepcopy(edit.value))
        else:
            place[last] = copy.deepcopy(edit.value)
    return made


def merge_patch(obj: dict[str, Any], edits: list[Edit], *, strategic: bool = False) -> dict[str, Any]:
    """Write the edits as a merge patch, which replaces a list; a strategic one has only the changed item of it."""
    made = edited(obj, edits)
    patch: dict[str, Any] = {}
    for edit in edits:
        place, new = patch, made
        for part, following in zip(edit.path, (*edit.path[1:], None), strict=True):
            assert isinstance(part, str)
            if part not in new:
                place[part] = None
                break
            new = new[part]
            if isinstance(following, int):
                one = new[following : following + 1] or new[:1]
                place[part] = one if strategic and one and isinstance(one[0], dict) else new
                break
            if following is None:
                place[part] = new
                break
            place = place.setdefault(part, {})
    return patch


def json_patch(obj: dict[str, Any], edits: list[Edit]) -> list[dict[str, Any]]:
    """Write the edits as a JSON patch."""
    operations = []
    for edit in edits:
        pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in edit.path)
        if edit.value is REMOVED:
            operations.append({"op": "remove", "path": pointer})
        else:
            is_there = any(path == edit.path for path, _, _ in places(obj, Shape()))
            operations.append({"op": "replace" if is_there else "add", "path": pointer, "value": edit.value})
    return operations
