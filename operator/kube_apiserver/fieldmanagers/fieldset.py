"""Sets of field paths in the form of FieldsV1.

A path element is written as in FieldsV1: ``f:name``, ``k:{"name":"a"}``, ``v:"x"``, ``i:0``. The design follows
structured-merge-diff's ``fieldpath.Set``: members are the paths that end at a node, children continue below it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Self

Path = tuple[str, ...]


class FieldSet:
    """A set of paths. Operators do not modify their operands, and may return one of them."""

    __slots__ = ("children", "members")

    def __init__(self, members: set[str] | None = None, children: "dict[str, FieldSet] | None" = None) -> None:
        self.members: set[str] = members or set()
        self.children: dict[str, FieldSet] = children or {}

    @classmethod
    def decode(cls, fields: Mapping[str, Any]) -> Self:
        """Parse FieldsV1."""
        result = cls()
        for element, inside in fields.items():
            if element == ".":
                continue
            if not inside or "." in inside:
                result.members.add(element)
            child = cls.decode(inside or {})
            if child:
                result.children[element] = child
        return result

    def encode(self) -> dict[str, Any]:
        """Return FieldsV1. A dot marks a path that is a member and has children."""
        result: dict[str, Any] = {}
        for element in sorted(self.members | self.children.keys()):
            child = self.children.get(element)
            inside = child.encode() if child else {}
            result[element] = {".": {}, **inside} if inside and element in self.members else inside
        return result

    def insert(self, path: Path) -> None:
        """Add one path. The empty path is ignored."""
        node: FieldSet = self
        for element in path[:-1]:
            node = node.children.setdefault(element, FieldSet())
        if path:
            node.members.add(path[-1])

    def paths(self, prefix: Path = ()) -> Iterator[Path]:
        """Yield every path: the members of each node, sorted, then its children."""
        for element in sorted(self.members):
            yield (*prefix, element)
        for element in sorted(self.children):
            yield from self.children[element].paths((*prefix, element))

    def has_element(self, element: str) -> bool:
        """Report whether ``element`` is anywhere in the set."""
        if element in self.members or element in self.children:
            return True
        return any(child.has_element(element) for child in self.children.values())

    def below(self, element: str) -> "FieldSet":
        """Return the paths below ``element``."""
        return self.children.get(element) or FieldSet()

    def __bool__(self) -> bool:
        return bool(self.members) or (bool(self.children) and any(self.children.values()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FieldSet) and self.encode() == other.encode()

    __hash__ = None  # type: ignore[assignment]

    def __or__(self, other: "FieldSet") -> "FieldSet":
        if not other or not self:
            return other or self
        children = dict(self.children)
        for element, child in other.children.items():
            mine = children.get(element)
            children[element] = mine | child if mine else child
        return FieldSet(self.members | other.members, children)

    def __sub__(self, other: "FieldSet") -> "FieldSet":
        children = {}
        for element, child in self.children.items():
            theirs = other.children.get(element)
            rest = child - theirs if theirs else child
            if rest:
                children[element] = rest
        return FieldSet(self.members - other.members, children)

    def __and__(self, other: "FieldSet") -> "FieldSet":
        children = {}
        for element, child in self.children.items():
            theirs = other.children.get(element)
            common = child & theirs if theirs else None
            if common:
                children[element] = common
        return FieldSet(self.members & other.members, children)

    def without(self, paths: frozenset[Path]) -> "FieldSet":
        """Return the set without these paths and everything below them."""
        if not paths or not self:
            return self
        whole = {path[0] for path in paths if len(path) == 1}
        children = {}
        for element, child in self.children.items():
            deeper = frozenset(path[1:] for path in paths if path[0] == element)
            rest = child.without(deeper) if deeper and element not in whole else child
            if rest and element not in whole:
                children[element] = rest
        return FieldSet(self.members - whole, children)
