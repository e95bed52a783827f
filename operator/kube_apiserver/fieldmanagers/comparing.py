"""The difference between two versions of an object, as sets of field paths."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kube_apiserver.fieldmanagers.fieldset import FieldSet, Path
from kube_apiserver.fieldmanagers.typed_values import child_schema, element_of, is_leaf
from kube_apiserver.schema import Schema

_NOTHING: Mapping[str, Any] = {}


@dataclass(slots=True)
class Comparison:
    """The added, removed and modified paths between two versions."""

    added: FieldSet = field(default_factory=FieldSet)
    removed: FieldSet = field(default_factory=FieldSet)
    modified: FieldSet = field(default_factory=FieldSet)

    def without(self, paths: frozenset[Path]) -> "Comparison":
        """Return the comparison without these paths and everything below them."""
        if not paths:
            return self
        return Comparison(self.added.without(paths), self.removed.without(paths), self.modified.without(paths))

    def put(self, element: str, inside: "Comparison") -> None:
        """Add what differs in the member ``element``."""
        if inside.added:
            self.added.children[element] = inside.added
        if inside.removed:
            self.removed.children[element] = inside.removed
        if inside.modified:
            self.modified.children[element] = inside.modified


def compare(old: Any, new: Any, schema: Schema | None) -> Comparison:
    """Return the comparison of two versions. It lists an added container itself, and every path below it."""
    if _same(old, new):
        return Comparison()
    return _by_member(old, new, schema) if _descends(old, new, schema) else _replaced(old, new, schema)


def _replaced(old: Any, new: Any, schema: Schema | None) -> Comparison:
    """Return the paths below two values of different types, or below leaves, which have none."""
    return Comparison(_paths_below(new, schema), _paths_below(old, schema))


def _by_member(old: Any, new: Any, schema: Schema | None) -> Comparison:
    """Return what differs between the members of two containers of one type, of which one may be null."""
    result = Comparison()
    before, after = _members(old, schema), _members(new, schema)
    prefix = "f:" if isinstance(old or new, dict) else ""
    for name, value in after.items():
        if isinstance(value, _Repeated) or isinstance(before.get(name), _Repeated):
            _compare_repeated(result, name, before.get(name), value, schema)
        elif name not in before:
            _insert(result.added, prefix, name, value, schema)
        elif not _same(before[name], value):
            element, known = prefix + name, _schema_of(schema, name, prefix)
            if _descends(before[name], value, known):
                result.put(element, _by_member(before[name], value, known))
            else:
                result.modified.members.add(element)
                result.put(element, _replaced(before[name], value, known))
    for name, value in before.items():
        if name not in after:
            _insert(result.removed, prefix, name, value, schema)
    return result


def _compare_repeated(into: Comparison, name: str, old: Any, new: Any, schema: Schema | None) -> None:
    """Compare items of a list of which one version has several with the same keys: those are owned as a whole."""
    if isinstance(old, _Repeated) and isinstance(new, _Repeated):
        if not _same(old, new):
            into.modified.members.add(name)
    elif isinstance(old, _Repeated):
        _insert(into.added, "", name, new, schema)
        into.removed.members.add(name)
    else:
        if old is not None:
            _insert(into.removed, "", name, old, schema)
        into.added.members.add(name)


class _Repeated(list[Any]):
    """The items of a list that have the same keys."""


def _members(value: Any, schema: Schema | None) -> Mapping[str, Any]:
    """Return the members of an object by their names, or the items of a set or keyed list by their path elements."""
    if isinstance(value, list) and schema:
        items: dict[str, Any] = {}
        for item in value:
            element = element_of(item, schema)
            if element not in items:
                items[element] = item
            else:
                known = items[element]
                items[element] = _Repeated([*(known if isinstance(known, _Repeated) else [known]), item])
        return items
    return value if isinstance(value, dict) else _NOTHING


def _schema_of(schema: Schema | None, name: str, prefix: str) -> Schema | None:
    return child_schema(schema, name) if prefix else schema and schema.items


def _insert(into: FieldSet, prefix: str, name: str, value: Any, schema: Schema | None) -> None:
    """Add a member and every path below it, except below several items with the same keys."""
    into.members.add(prefix + name)
    if (
        isinstance(value, dict | list)
        and not isinstance(value, _Repeated)
        and (below := _paths_below(value, _schema_of(schema, name, prefix)))
    ):
        into.children[prefix + name] = below


def _paths_below(value: Any, schema: Schema | None) -> FieldSet:
    """Return every path below a value: none below a leaf and an empty container."""
    result = FieldSet()
    if value and not is_leaf(value, schema):
        prefix = "f:" if isinstance(value, dict) else ""
        for name, member in _members(value, schema).items():
            _insert(result, prefix, name, member, schema)
    return result


def _same(old: Any, new: Any) -> bool:
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _descends(old: Any, new: Any, schema: Schema | None) -> bool:
    """Report whether the values are compared member by member: both are containers of one type, not both empty."""
    if not old and not new:
        return False
    if old is None or new is None:
        return not is_leaf(new if old is None else old, schema)
    return isinstance(new, type(old)) and not is_leaf(old, schema)
