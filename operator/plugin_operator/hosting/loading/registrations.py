"""What one revision's code registers in the process under a name or in a list, so that it can be taken out again.

Owns the record of each revision, and the hooks by which the process's registries note who registers: handlers and
filters of ``logging``, ``atexit``, ``codecs``, ``copyreg``. Whose call it is, is asked of the stack and the module
registry. Metrics are ``plugin_metrics``' affair; what is changed for everybody is ``process_state``'s.
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
    """What the code of one revision has registered.

    Attachments (handlers and filters) are there while the revision works; all else until it is released.
    """

    __slots__ = ("_attachments", "_is_attached", "_is_settled", "_refused", "_undo")

    def __init__(self) -> None:
        self._attachments: list[tuple[Any, str, Any]] = []
        self._undo: list[Undo] = []
        self._refused: dict[str, None] = {}
        self._is_attached = True
        self._is_settled = False

    def note_attachment(self, target: Any, kind: str, item: Any) -> None:
        """Remember that ``target.add<kind>(item)`` was called."""
        self._attachments.append((target, kind, item))

    def note(self, undo: Undo) -> None:
        """Remember how to take something out when the revision is released."""
        self._undo.append(undo)

    def refuse(self, what: str) -> bool:
        """Remember what the code tried in vain, and tell whether a line is due: it is after the import, and the first.

        During the import it becomes a warning of ``settle``.
        """
        is_new = what not in self._refused
        self._refused[what] = None
        return is_new and self._is_settled

    def settle(self) -> list[str]:
        """Forget what was taken out again meanwhile, and return in words what is worth a warning after an import."""
        self._is_settled = True
        kept = [each for each in self._attachments if each[2] in _LIST[each[1]](each[0])]
        self._attachments = kept
        names = {str(getattr(target, "name", "root")) for target, kind, item in kept if _is_notable(kind, item)}
        handlers = [f"adds logging handlers ({', '.join(sorted(names))}): use ctx.log"] if names else []
        return [*handlers, *self._refused]

    def detach(self) -> None:
        """Take handlers and filters out: another revision works now. Harmless if they are out."""
        if self._is_attached:
            self._is_attached = False
            for target, kind, item in self._attachments:
                getattr(target, f"remove{kind}")(item)

    def attach(self) -> None:
        """Put handlers and filters back: the revision works again. Harmless if they are there."""
        if not self._is_attached:
            self._is_attached = True
            for target, kind, item in self._attachments:
                _ORIGINAL[kind](target, item)

    def release(self) -> None:
        """Take everything out for good."""
        self.detach()
        self._attachments.clear()
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()


T = TypeVar("T")
Find = Callable[[str, str], Registrations | None]
"""Returns the record of the revision that code belongs to, by its module's name and the file name of its code."""

_ORIGINAL: dict[str, Any] = {}


def calling(find: Callable[[str, str], T | None]) -> T | None:
    """Return what ``find`` returns for the plugin module that is calling; None if no plugin is.

    What an installed module does while it is imported is its own doing, although a plugin's import statement led to it:
    it is imported once, whatever is reloaded.
    """
    return caller(lambda name, filename, _line: find(name, filename))


def caller(find: Callable[[str, str, int], T | None]) -> T | None:
    """Return what ``find`` returns for module name, file name and line of the plugin's frame, as ``calling`` does."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to see who calls
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith(_IMPORT_MACHINERY):
            return None
        if (found := find(name, frame.f_code.co_filename, frame.f_lineno)) is not None:
            return found
        frame = frame.f_back
    return None


def install(find: Find) -> None:
    """Make the process's registries note what plugins register; once for the process."""
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
    """Return what takes a plugin's function out; one of somebody else may have been registered by others as well."""
    filename = str(getattr(getattr(function, "__code__", None), "co_filename", ""))
    is_own = find(str(getattr(function, "__module__", "")), filename) is not None
    return functools.partial(undo, function) if is_own else _nothing


def _nothing() -> None:
    return


def _forget_reducer(kind: type[Any], reduce: Any) -> None:
    if copyreg.dispatch_table.get(kind) is reduce:
        del copyreg.dispatch_table[kind]
