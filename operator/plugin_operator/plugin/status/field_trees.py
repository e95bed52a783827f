"""Trees of fields, in the form of ``managedFields``: which fields a manager owns, and which a change sets.

The form is ``FieldsV1`` of apimachinery: ``f:NAME`` is a field, ``k:{...}`` an item of a list by its keys, ``v:...`` an
item by its value, ``.`` the map or list itself. An empty tree is a whole value.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

Tree: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str, ...]

_KEY = "type"
_CONDITIONS = "conditions"


def tree_of(obj: Mapping[str, Any], managers: Collection[str]) -> Tree:
    """Return the fields of the status that any of ``managers`` has applied to an object; empty if there are none."""
    found: Tree = {}
    for each in _entries(obj):
        is_applied = each.get("operation") == "Apply" and each.get("subresource") == "status"
        if is_applied and each.get("manager") in managers:
            found = merged(found, (each.get("fieldsV1") or {}).get("f:status") or {})
    return found


def has_atomic_conditions(obj: Mapping[str, Any]) -> bool:
    """Report whether a manager owns ``status.conditions`` as one value, and not item by item."""
    fields = [((each.get("fieldsV1") or {}).get("f:status") or {}).get(f"f:{_CONDITIONS}") for each in _entries(obj)]
    return any(each is not None and not any(key.startswith("k:") for key in each) for each in fields)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Tree, list[Path]]:
    """Return the fields that differ in ``after``, and the paths that ``after`` lacks."""
    tree: Tree = {}
    removed: list[Path] = [(f"f:{key}",) for key in before if key not in after]
    for key, value in after.items():
        if key in before and before[key] == value:
            continue
        below, gone = _changes_below(key, before.get(key), value)
        tree[f"f:{key}"] = below
        removed += [(f"f:{key}", *path) for path in gone]
    return tree, removed


def merged(one: Tree, other: Tree) -> Tree:
    """Return the fields of both trees; a whole value contains its parts."""
    return {
        key: one[key] if key not in other else other[key] if key not in one else _merged_below(one[key], other[key])
        for key in (*one, *(key for key in other if key not in one))
    }


def rebased(
    base: Mapping[str, Any], after: Mapping[str, Any], changed: Tree, removed: Collection[Path]
) -> dict[str, Any]:
    """Return ``base`` with what ``changes`` found between another status and ``after``; everything else stays."""
    kept: dict[str, Any] = _without(base, removed)
    return kept | {key[2:]: _rebased(kept.get(key[2:]), after[key[2:]], below) for key, below in changed.items()}


def covers(tree: Tree, path: Path) -> bool:
    """Report whether a path lies in a tree."""
    for position, key in enumerate(path):
        if key not in tree:
            return bool(position) and not tree
        tree = tree[key]
    return True


def projected(value: Mapping[str, Any], tree: Tree) -> dict[str, Any]:
    """Return the fields of ``value`` that a tree has; those that ``value`` lacks are left out."""
    return {key: _projected(inner, tree[f"f:{key}"]) for key, inner in value.items() if f"f:{key}" in tree}


def _entries(obj: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = (obj.get("metadata") or {}).get("managedFields") or ()
    return [each for each in found if isinstance(each, Mapping)]


def _changes_below(key: str, before: Any, after: Any) -> tuple[Tree, list[Path]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping) and after:
        tree, removed = changes(before, after)
        return tree or {".": {}}, removed
    if key == _CONDITIONS and (old := _by_type(before)) is not None and (new := _by_type(after)) is not None and new:
        tree = {_item(name): {} for name, value in new.items() if old.get(name) != value}
        return tree or {".": {}}, [(_item(name),) for name in old if name not in new]
    return {}, []


def _without(base: Any, paths: Collection[Path]) -> Any:
    """Return ``base`` without the fields, and the conditions, at some paths."""
    if not paths:
        return base
    gone: dict[str, list[Path]] = {}
    for key, *rest in paths:
        gone.setdefault(key, []).append(tuple(rest))
    if isinstance(base, Mapping):
        kept = {name: value for name, value in base.items() if () not in gone.get(f"f:{name}", ())}
        return {name: _without(value, gone.get(f"f:{name}", ())) for name, value in kept.items()}
    if (items := _by_type(base)) is None:
        return base
    return [value for name, value in items.items() if _item(name) not in gone]


def _rebased(base: Any, after: Any, tree: Tree) -> Any:
    if not tree:
        return after
    tree = {key: below for key, below in tree.items() if key != "."}
    if isinstance(after, Mapping):
        return rebased(base if isinstance(base, Mapping) else {}, after, tree, ())
    old, new = _by_type(base), _by_type(after)
    if old is None or new is None:
        return after
    return list((old | {name: value for name, value in new.items() if _item(name) in tree}).values())


def _by_type(value: Any) -> dict[str, Any] | None:
    """Return conditions by type; None for something else, or if a type occurs twice."""
    if value is None:
        return {}
    if not isinstance(value, Sequence) or isinstance(value, str):
        return None
    found = {each[_KEY]: each for each in value if isinstance(each, Mapping) and isinstance(each.get(_KEY), str)}
    return found if len(found) == len(value) else None


def _item(name: str) -> str:
    return "k:" + msgspec.json.encode({_KEY: name}).decode()


def _merged_below(one: Tree, other: Tree) -> Tree:
    return merged(one, other) if one and other else {}


def _projected(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, Mapping):
        return projected(value, tree)
    if isinstance(value, Sequence) and not isinstance(value, str):
        parts = [_item_of(each, tree) for each in value]
        return [each for each in parts if each is not None]
    return value


def _item_of(item: Any, tree: Tree) -> Any:
    """Return the part of a list item that a tree has; None if it has nothing of it."""
    for key, below in tree.items():
        kind, text = key[:2], key[2:]
        if kind == "v:" and msgspec.json.decode(text) == item:
            return item
        if kind == "k:" and isinstance(item, Mapping):
            keys = msgspec.json.decode(text)
            if all(item.get(name) == value for name, value in keys.items()):
                part = _projected(item, below)
                return {**keys, **part}
    return None
