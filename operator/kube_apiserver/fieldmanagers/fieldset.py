"""Sets of field paths, in the shape of FieldsV1.

A path element is kept as FieldsV1 writes it: ``f:name``, ``k:{"name":"a"}``, ``v:"x"``, ``i:0``. Follows
structured-merge-diff's ``fieldpath.Set``: a node's members are the paths that end there, its children those that go on.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Self

Path = tuple[str, ...]


class FieldSet:
    """A set of paths. Operators return new sets and never change their operands."""

    __slots__ = ("children", "members")

    def __init__(self, members: set[str] | None = None, children: "dict[str, FieldSet] | None" = None) -> None:
        self.members: set[str] = members or set()
        self.children: dict[str, FieldSet] = children or {}

    @classmethod
    def decode(cls, fields: Mapping[str, Any]) -> Self:
        """Read FieldsV1."""
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
        """Write FieldsV1; a path that ends and also goes on is marked by a dot."""
        result: dict[str, Any] = {}
        for element in sorted(self.members | self.children.keys()):
            child = self.children.get(element)
            inside = child.encode() if child else {}
            result[element] = {".": {}, **inside} if inside and element in self.members else inside
        return result

    def insert(self, path: Path) -> None:
        """Add one path; the empty one is ignored."""
        node: FieldSet = self
        for element in path[:-1]:
            node = node.children.setdefault(element, FieldSet())
        if path:
            node.members.add(path[-1])

    def paths(self, prefix: Path = ()) -> Iterator[Path]:
        """Yield every path: those that end here, sorted, then those that go on."""
        for element in sorted(self.members):
            yield (*prefix, element)
        for element in sorted(self.children):
            yield from self.children[element].paths((*prefix, element))

    def below(self, element: str) -> "FieldSet":
        """Return what goes on after ``element``."""
        return self.children.get(element) or FieldSet()

    def __bool__(self) -> bool:
        return bool(self.members) or any(self.children.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FieldSet) and self.encode() == other.encode()

    __hash__ = None  # type: ignore[assignment]

    def __or__(self, other: "FieldSet") -> "FieldSet":
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

    def without(self, elements: frozenset[str]) -> "FieldSet":
        """Return the set without these root elements and all that is below them."""
        children = {element: child for element, child in self.children.items() if element not in elements}
        return FieldSet(self.members - elements, children)
