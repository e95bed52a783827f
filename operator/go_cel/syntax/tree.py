"""The syntax tree. The parser makes it, and the checker writes types and overloads into it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from go_cel.types import DYN, Type

ACCUMULATOR = "@result"


class Node:
    """A part of an expression.

    Attributes:
        offset: where errors show it, in characters.
        type: its type, once it is checked.
    """

    __slots__ = ("offset", "type")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.type: Type = DYN

    def children(self) -> "Iterator[Node]":
        """Return the parts of this part, in the order in which they are checked."""
        return iter(())


class Literal(Node):
    """A constant."""

    __slots__ = ("value",)

    def __init__(self, offset: int, value: Any) -> None:
        super().__init__(offset)
        self.value = value


class Ident(Node):
    """A name."""

    __slots__ = ("is_type", "name")

    def __init__(self, offset: int, name: str) -> None:
        super().__init__(offset)
        self.name = name
        self.is_type = False


class Select(Node):
    """A field: ``operand.field``, or ``has(operand.field)``."""

    __slots__ = ("field", "is_test", "operand", "type_name")

    def __init__(self, offset: int, operand: Node, field: str, *, is_test: bool = False) -> None:
        super().__init__(offset)
        self.operand = operand
        self.field = field
        self.is_test = is_test
        self.type_name = ""

    def children(self) -> Iterator[Node]:
        """Return the operand."""
        yield self.operand


class Call(Node):
    """A call, or an operator such as ``_+_``.

    Attributes:
        overloads: the overloads that the argument types allow, once it is checked.
    """

    __slots__ = ("args", "function", "overloads", "target")

    def __init__(self, offset: int, function: str, args: Sequence[Node], target: Node | None = None) -> None:
        super().__init__(offset)
        self.function = function
        self.args = list(args)
        self.target = target
        self.overloads: list[str] = []

    def children(self) -> Iterator[Node]:
        """Return target and arguments."""
        if self.target is not None:
            yield self.target
        yield from self.args


class ListNode(Node):
    """A list literal. ``optional`` has the positions written with ``?``."""

    __slots__ = ("items", "optional")

    def __init__(self, offset: int, items: Sequence[Node] = (), optional: frozenset[int] = frozenset()) -> None:
        super().__init__(offset)
        self.items = list(items)
        self.optional = optional

    def children(self) -> Iterator[Node]:
        """Return the items."""
        yield from self.items


class MapNode(Node):
    """A map literal: keys, values, and whether the entry is written with ``?``."""

    __slots__ = ("entries",)

    def __init__(self, offset: int, entries: Sequence[tuple[Node, Node, bool]] = ()) -> None:
        super().__init__(offset)
        self.entries = list(entries)

    def children(self) -> Iterator[Node]:
        """Return keys and values."""
        for key, value, _ in self.entries:
            yield key
            yield value


class StructNode(Node):
    """A message literal: ``Name{field: value}``."""

    __slots__ = ("fields", "name")

    def __init__(self, offset: int, name: str, fields: Sequence[tuple[str, Node, int]]) -> None:
        super().__init__(offset)
        self.name = name
        self.fields = list(fields)

    def children(self) -> Iterator[Node]:
        """Return the values."""
        for _, value, _ in self.fields:
            yield value


class Comprehension(Node):
    """A loop, which only macros make.

    Attributes:
        variables: the names of the loop, one or two.
    """

    __slots__ = ("accumulator", "condition", "initial", "result", "source", "step", "variables")

    def __init__(
        self, offset: int, source: Node, variables: tuple[str, ...], accumulator: str, parts: tuple[Node, ...]
    ) -> None:
        super().__init__(offset)
        self.source = source
        self.variables = variables
        self.accumulator = accumulator
        self.initial, self.condition, self.step, self.result = parts

    def children(self) -> Iterator[Node]:
        """Return the range, then the parts of the loop."""
        yield from (self.source, self.initial, self.condition, self.step, self.result)

    @property
    def is_bind(self) -> bool:
        """Report whether the loop only names a value."""
        return (
            isinstance(self.source, ListNode)
            and not self.source.items
            and isinstance(self.condition, Literal)
            and self.condition.value is False
            and self.accumulator != ACCUMULATOR
        )


def walk(root: Node, visit: Callable[[Node], None]) -> None:
    """Call ``visit`` with each part of a tree."""
    ahead = [root]
    while ahead:
        node = ahead.pop()
        visit(node)
        ahead.extend(node.children())


def qualified_name(node: Node) -> str | None:
    """Return the dotted name that a chain of selects may stand for, None for other nodes."""
    if isinstance(node, Ident):
        return node.name
    if isinstance(node, Select) and not node.is_test:
        before = qualified_name(node.operand)
        return f"{before}.{node.field}" if before is not None else None
    return None
