"""Registrations of a revision in process-wide registries, to remove them when it is released.

Owns the record per revision, and hooks in the registries: handlers and filters of ``logging``, ``atexit``, ``codecs``,
``copyreg``. The stack and the module registry identify the caller. Leaves metrics to ``plugin_metrics``, and other
process-wide state to ``process_state``.
"""

import atexit
import codecs
import copyreg
import functools
import logging
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

_IMPORT_MACHINERY = "importlib._bootstrap"

Undo = Callable[[], object]


class Registrations:
    """The registrations of one revision.

    Attachments (handlers and filters) are active while the revision is; other registrations until it is released.
    """

    __slots__ = ("_attachments", "_is_attached", "_is_settled", "_refused", "_undo")

    def __init__(self) -> None:
        self._attachments: list[tuple[Any, str, Any]] = []
        self._undo: list[Undo] = []
        self._refused: dict[str, None] = {}
        self._is_attached = True
        self._is_settled = False

    def note_attachment(self, target: Any, kind: str, item: Any) -> None:
        """Record a call of ``target.add<kind>(item)``."""
        self._attachments.append((target, kind, item))

    def note(self, undo: Undo) -> None:
        """Record the function that removes a registration when the revision is released."""
        self._undo.append(undo)

    def refuse(self, what: str) -> bool:
        """Record a call that was ignored, and return whether to log it: the first time after the import.

        During the import it becomes a warning of ``settle``.
        """
        is_new = what not in self._refused
        self._refused[what] = None
        return is_new and self._is_settled

    def settle(self) -> list[str]:
        """Drop registrations that the plugin has removed itself, and return the warnings of the import."""
        self._is_settled = True
        kept = [each for each in self._attachments if each[2] in _LIST[each[1]](each[0])]
        self._attachments = kept
        names = {str(getattr(target, "name", "root")) for target, kind, item in kept if _is_notable(kind, item)}
        handlers = [f"adds logging handlers ({', '.join(sorted(names))}): use ctx.log"] if names else []
        return [*handlers, *self._refused]

    def detach(self) -> None:
        """Remove handlers and filters while another revision is active; does nothing if they are removed."""
        if self._is_attached:
            self._is_attached = False
            for target, kind, item in self._attachments:
                getattr(target, f"remove{kind}")(item)

    def attach(self) -> None:
        """Add handlers and filters again when the revision becomes active; does nothing if they are present."""
        if not self._is_attached:
            self._is_attached = True
            for target, kind, item in self._attachments:
                _ORIGINAL[kind](target, item)

    def release(self) -> None:
        """Remove all registrations permanently."""
        self.detach()
        self._attachments.clear()
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()


T = TypeVar("T")
Find = Callable[[str, str], Registrations | None]
"""Maps the module name and file name of code to the registrations of its revision."""

_ORIGINAL: dict[str, Any] = {}


def calling(find: Callable[[str, str], T | None]) -> T | None:
    """Return the result of ``find`` for the calling plugin module; None if no plugin calls.

    The import of an installed module does not count, even if a plugin's import statement caused it, because the module
    is imported only once.
    """
    return caller(lambda name, filename, _line: find(name, filename))


def caller(find: Callable[[str, str, int], T | None]) -> T | None:
    """Return the result of ``find`` for module name, file name and line of the calling plugin frame, or None."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to find the caller
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith(_IMPORT_MACHINERY):
            return None
        if (found := find(name, frame.f_code.co_filename, frame.f_lineno)) is not None:
            return found
        frame = frame.f_back
    return None


def install(find: Find) -> None:
    """Hook the process-wide registries to record registrations of plugins; once per process."""
    if _ORIGINAL:
        return
    _ORIGINAL["Filter"] = _hook_method(logging.Filterer, "Filter", find)
    _ORIGINAL["Handler"] = _hook_method(logging.Logger, "Handler", find)
    _hook_function(atexit, "register", find, lambda args: _if_its_own(find, args[0], atexit.unregister))
    _hook_function(codecs, "register", find, lambda args: _if_its_own(find, args[0], codecs.unregister))
    _hook_function(copyreg, "pickle", find, lambda args: functools.partial(_forget_reducer, args[0], args[1]))


def _is_notable(kind: str, item: Any) -> bool:
    return kind == "Handler" and not isinstance(item, logging.NullHandler)


_LIST: dict[str, Callable[[Any], list[Any]]] = {
    "Filter": lambda target: target.filters,
    "Handler": lambda target: target.handlers,
}


def _hook_method(kind_of_target: type[Any], kind: str, find: Find) -> Any:
    name = f"add{kind}"
    original = getattr(kind_of_target, name)

    @functools.wraps(original)
    def add(self: Any, item: Any) -> None:
        was_there = item in _LIST[kind](self)
        original(self, item)
        if not was_there and (record := calling(find)) is not None:
            record.note_attachment(self, kind, item)

    setattr(kind_of_target, name, add)
    return original


def _hook_function(module: Any, name: str, find: Find, undo: Callable[[tuple[Any, ...]], Undo]) -> None:
    original = getattr(module, name)

    @functools.wraps(original)
    def register(*args: Any, **options: Any) -> Any:
        result = original(*args, **options)
        if args and (record := calling(find)) is not None:
            record.note(undo(args))
        return result

    setattr(module, name, register)


def _if_its_own(find: Find, function: Any, undo: Callable[[Any], object]) -> Undo:
    """Return ``undo`` for a plugin's own function; other functions may be registered by other code too."""
    filename = str(getattr(getattr(function, "__code__", None), "co_filename", ""))
    is_own = find(str(getattr(function, "__module__", "")), filename) is not None
    return functools.partial(undo, function) if is_own else _nothing


def _nothing() -> None:
    return


def _forget_reducer(kind: type[Any], reduce: Any) -> None:
    if copyreg.dispatch_table.get(kind) is reduce:
        del copyreg.dispatch_table[kind]
