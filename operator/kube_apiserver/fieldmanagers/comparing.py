"""The difference between two versions of an object, as sets of field paths."""

from dataclasses import dataclass, field
from typing import Any

from kube_apiserver.fieldmanagers.fieldset import FieldSet, Path
from kube_apiserver.fieldmanagers.typed_values import is_leaf, members
from kube_apiserver.schema import Schema

_ABSENT = object()


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


def compare(old: Any, new: Any, schema: Schema | None) -> Comparison:
    """Return the comparison of two versions. It lists an added container itself, and every path below it."""
    result = Comparison()
    _compare(old, new, schema, (), result)
    return result


def _compare(old: Any, new: Any, schema: Schema | None, path: Path, result: Comparison) -> None:
    if old is not _ABSENT and new is not _ABSENT and _same(old, new):
        return
    if old is _ABSENT or new is _ABSENT:
        into, value = (result.added, new) if old is _ABSENT else (result.removed, old)
        into.insert(path, _paths_below(value, schema))
        return
    if not _descends(old, new, schema):
        result.modified.insert(path)
        _compare_insides(old, new, schema, path, result)
        return
    before = {element: (value, known) for element, value, known in members(old, schema)}
    after = {element: (value, known) for element, value, known in members(new, schema)}
    for element in before.keys() | after.keys():
        known = (after.get(element) or before[element])[1]
        first = before[element][0] if element in before else _ABSENT
        second = after[element][0] if element in after else _ABSENT
        _compare(first, second, known, (*path, element), result)


def _paths_below(value: Any, schema: Schema | None) -> FieldSet:
    """Return every path below a value: none below a leaf and an empty container."""
    result = FieldSet()
    if not value or is_leaf(value, schema):
        return result
    for element, member, known in members(value, schema):
        result.members.add(element)
        if isinstance(member, (dict, list)):
            # Of items with the same key, the last one counts.
            result.children[element] = _paths_below(member, known)
    return result


def _compare_insides(old: Any, new: Any, schema: Schema | None, path: Path, result: Comparison) -> None:
    """Record every path below the old and the new value, whose types differ."""
    for value, is_old in ((old, True), (new, False)):
        if is_leaf(value, schema):
            continue
        for element, member, known in members(value, schema):
            before, after = (member, _ABSENT) if is_old else (_ABSENT, member)
            _compare(before, after, known, (*path, element), result)


def _same(old: Any, new: Any) -> bool:
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _descends(old: Any, new: Any, schema: Schema | None) -> bool:
    """Report whether the values are compared member by member: both are containers of one type, not both empty."""
    known = [value for value in (old, new) if value is not None]
    containers = [value for value in known if isinstance(value, (dict, list)) and not is_leaf(value, schema)]
    if len(containers) != len(known) or not any(containers):
        return False
    return all(isinstance(value, type(containers[0])) for value in containers)
