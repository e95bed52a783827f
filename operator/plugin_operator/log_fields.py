"""The fields that say whose a log line is, which the code that logs cannot change.

Owns their names, and where a value goes that a plugin gives to one of them: under ``fields.<name>``.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any

#: What names the origin of a line about a plugin.
OWNED = frozenset({"plugin", "revision", "controller", "namespace", "name", "reconcile_id"})


class OwnedFields(dict[str, Any]):
    """The fields of a logger; those in ``OWNED`` keep the value they were first given.

    structlog copies a logger's fields for each line and each ``bind``, with this class's methods.
    """

    __slots__ = ()

    def __init__(self, *given: Any, **fields: Any) -> None:
        super().__init__()
        self.update(*given, **fields)

    def __setitem__(self, key: str, value: Any) -> None:
        # Not the key itself: a subclass of str may equal no other, and stand in the line a second time.
        plain = str.__str__(key)
        if plain in OWNED and plain in self and self[plain] is not value:
            plain = f"fields.{plain}"
        super().__setitem__(plain, value)

    def __delitem__(self, key: str) -> None:
        if key not in OWNED:
            super().__delitem__(key)

    def update(self, *given: Any, **fields: Any) -> None:
        """Set each field, as ``[]=`` does."""
        for each in (dict(*given), fields):
            for key, value in each.items():
                self[key] = value

    def copy(self) -> "OwnedFields":
        """Return a copy that keeps the same fields."""
        return OwnedFields(self)

    def pop(self, key: str, *default: Any) -> Any:
        """Remove a field and return its value; an owned one stays."""
        return self.get(key, *default) if key in OWNED else super().pop(key, *default)

    def clear(self) -> None:
        """Remove every field that is not owned."""
        for key in set(self) - OWNED:
            del self[key]


def claim(event: MutableMapping[str, Any], owner: Mapping[str, str]) -> dict[str, Any]:
    """Return a line with the owner's fields; what it said in their place goes to ``fields.<name>``."""
    claimed: dict[str, Any] = {}
    for key, value in event.items():
        # Not the key itself, as above; what is no text stays, for the renderer to deal with.
        plain = str.__str__(key) if issubclass(type(key), str) else key
        claimed[f"fields.{plain}" if plain in owner and value is not owner[plain] else plain] = value
    return {**claimed, **owner}
