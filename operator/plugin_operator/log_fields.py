"""The log fields that name the origin of a line, which plugin code cannot change.

Owns their names. A value that a plugin logs under one of these names moves to ``fields.<name>``.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any

#: Fields that identify the origin of a line.
OWNED = frozenset({"plugin", "revision", "controller", "namespace", "name", "reconcile_id"})


class OwnedFields(dict[str, Any]):
    """The context of a logger, in which fields in ``OWNED`` keep their first value.

    structlog copies the context for each line and each ``bind`` with the methods of this class.
    """

    __slots__ = ()

    def __init__(self, *given: Any, **fields: Any) -> None:
        super().__init__()
        self.update(*given, **fields)

    def __setitem__(self, key: str, value: Any) -> None:
        # A plain str: a subclass of str may compare unequal and put the field into the line twice.
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
        """Return the value of a field and remove it, unless it is owned."""
        return self.get(key, *default) if key in OWNED else super().pop(key, *default)

    def clear(self) -> None:
        """Remove every field that is not owned."""
        for key in set(self) - OWNED:
            del self[key]


def claim(event: MutableMapping[str, Any], owner: Mapping[str, str]) -> dict[str, Any]:
    """Return ``event`` with the fields of ``owner``; values it had under these names move to ``fields.<name>``."""
    claimed: dict[str, Any] = {}
    for key, value in event.items():
        # A plain str, as above; the renderer handles keys that are not text.
        plain = str.__str__(key) if issubclass(type(key), str) else key
        claimed[f"fields.{plain}" if plain in owner and value is not owner[plain] else plain] = value
    return {**claimed, **owner}
