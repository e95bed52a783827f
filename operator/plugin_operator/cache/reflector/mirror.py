"""What a reflector writes: a store, or a part of one."""

from collections.abc import Iterator
from typing import Any, Protocol


class Mirror(Protocol):
    """The objects that a reflector keeps in sync; see ``Store`` for its calls."""

    def upsert(self, new: Any) -> None:
        """Store an object."""

    def remove(self, last: Any) -> None:
        """Remove an object."""

    def begin_list(self) -> None:
        """Begin a list; a second call restarts it."""

    def end_list(self) -> None:
        """End a complete list."""

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the objects."""
