"""Values of the lints: findings, and facts about helpers and controllers."""

from dataclasses import dataclass
from typing import NamedTuple


class Found(NamedTuple):
    """One mistake that a lint found, with its first and last line.

    ``column`` is that of the first character, in characters from 1. Findings with one ``cause`` are one mistake.
    """

    line: int
    column: int
    last_line: int
    message: str
    cause: str = ""


class HelperFunction(NamedTuple):
    """A function of a module beside the plugin.

    Attributes:
        is_async: whether a call returns a coroutine.
        blocks: the call in it that blocks the event loop, with its place; empty if none is known.
    """

    is_async: bool
    blocks: str


@dataclass(frozen=True, slots=True)
class DeclaredController:
    """A controller as the loader read it.

    Attributes:
        line: first line of its function or class.
        has_kind: whether it has ``for_``, and so ``ctx.lister``.
        caches: what ``ctx.lister_for`` knows: kinds as text, and names of parts.
        owns: the kinds of its children, as text.
    """

    line: int
    has_kind: bool
    caches: tuple[str, ...]
    owns: tuple[str, ...] = ()
