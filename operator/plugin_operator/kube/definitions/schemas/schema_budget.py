"""``SchemaBudget``: how large the schema of one kind may become.

A class that stands at several places has its whole schema at each of them, and so have the classes in it: a few lines
can make millions of fields. The API server stores objects of at most 1.5 MiB. The patterns of a kind are compiled
before a write is checked, on the event loop.
"""

from collections.abc import Callable
from typing import Any

from go_regexp import compile_pattern

_MAX_VALUES = 20_000
#: Different patterns of a kind, well below what ``go_regexp`` keeps compiled.
MAX_PATTERNS = 500
#: About half a second of compiling.
_MAX_INSTRUCTIONS = 150_000
_MAX_SHOWN = 60
_TOO_MANY = f"its schema has more than {_MAX_VALUES} values, more than the API server stores"


class SchemaTooLarge(Exception):
    """The schema of a kind exceeds its budget. It is no ``ValueError``, because it ends the making of the schema."""


class SchemaBudget:
    """What the schema of a kind has used so far, and the schemas of the classes in it."""

    def __init__(self) -> None:
        self._values = 0
        self._made: dict[tuple[type[Any], bool], tuple[dict[str, Any], int]] = {}
        self._patterns: set[str] = set()
        self._instructions = 0

    def schema_of(self, cls: type[Any], make: Callable[[], dict[str, Any]], *, has_defaults: bool) -> dict[str, Any]:
        """Return the schema of a class, which is made once. Its fields are shared, and it is a copy.

        Raises:
            SchemaTooLarge: the budget is exceeded.
        """
        if (cls, has_defaults) not in self._made:
            before = self._values
            made = make()
            self._made[cls, has_defaults] = made, self._values - before
            return dict(made)
        made, values = self._made[cls, has_defaults]
        self._values += values
        if self._values > _MAX_VALUES:
            raise SchemaTooLarge(
                f"{_TOO_MANY}: class {cls.__name__} stands at several places, and has {values} at each: write "
                "dict[str, Any] at some of them"
            )
        return dict(made)

    def spend(self, schema: dict[str, Any]) -> None:
        """Count the schema of a value.

        Raises:
            SchemaTooLarge: the budget is exceeded.
        """
        self._values += 1
        if self._values > _MAX_VALUES:
            raise SchemaTooLarge(f"{_TOO_MANY}: write dict[str, Any] for parts of it")
        pattern = schema.get("pattern")
        if pattern is not None and pattern not in self._patterns:
            self._patterns.add(pattern)
            self._instructions += compile_pattern(pattern).instructions
            self._check_patterns(pattern)

    def _check_patterns(self, last: str) -> None:
        if self._instructions > _MAX_INSTRUCTIONS:
            shown = last if len(last) <= _MAX_SHOWN else f"{last[: _MAX_SHOWN - 1]}…"
            raise SchemaTooLarge(
                f"its patterns, up to {shown!r}, are too large to be checked before each write: repeat less in them, "
                "and write max_length= for the length"
            )
        if len(self._patterns) > MAX_PATTERNS:
            raise SchemaTooLarge(f"it has more than {MAX_PATTERNS} different patterns: write enums, or share patterns")
