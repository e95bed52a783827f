"""What the cost of a call depends on: its target and its arguments."""

from collections.abc import Callable, Sequence

from go_cel.costs.ranges import UNKNOWN, Range
from go_cel.syntax import tree
from go_cel.types import Type

Estimate = tuple[Range, Range | None]


class Part:
    """A target or an argument of a call."""

    __slots__ = ("_size_of_path", "node", "path", "size", "type")

    def __init__(
        self,
        found: Type,
        path: tuple[str, ...],
        node: tree.Node | None,
        size: Range | None,
        size_of_path: Callable[[tuple[str, ...]], Range | None],
    ) -> None:
        self.type = found
        self.path = path
        self.node = node
        self.size = size
        self._size_of_path = size_of_path

    @property
    def known_size(self) -> Range:
        """The size as far as the expression shows it."""
        return UNKNOWN if self.size is None else self.size

    @property
    def declared_size(self) -> Range:
        """The size as far as the expression or the schema shows it."""
        if self.size is not None:
            return self.size
        found = self._size_of_path(self.path) if self.path else None
        return UNKNOWN if found is None else found

    @property
    def item(self) -> "Part | None":
        """The items of a list, None for other types."""
        if not self.type.params:
            return None
        path = (*self.path, "@items") if self.path else ()
        return Part(self.type.params[0], path, None, None, self._size_of_path)


Rule = Callable[[Part | None, Sequence[Part]], Estimate | None]
