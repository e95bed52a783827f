"""Source locations in plugin files, for error messages."""

import inspect
import linecache
import re
import sys
from importlib.abc import InspectLoader
from types import CodeType
from typing import Any

import msgspec

from plugin_operator.errors import PluginRejected


class Place(msgspec.Struct, frozen=True):
    """A file, with its path as shown to users, and a 1-based line in it."""

    path: str
    line: int | None

    def reject(self, field: str, reason: str) -> PluginRejected:
        """Return the error for an invalid ``field`` at this place."""
        return PluginRejected(f"{field}: {reason}" if field else reason, path=self.path, line=self.line)


def place_of(target: Any, default_path: str = "") -> Place:
    """Return where a function, class or instance is defined, or line 1 of the file if that is unknown."""
    subject = target if isinstance(target, type) or inspect.isroutine(target) else type(target)
    module = sys.modules.get(getattr(subject, "__module__", None) or "")
    path = str(getattr(module, "__file__", None) or default_path)
    code = getattr(inspect.unwrap(subject), "__code__", None) if not isinstance(subject, type) else None
    if isinstance(code, CodeType):
        return Place(path, code.co_firstlineno)
    return Place(path, _line_of_class(subject) if isinstance(subject, type) else None)


def place_of_field(cls: type[Any], field: str) -> Place:
    """Return where a class names a field; the place of the class if a base does, or its source is not known."""
    begin = place_of(cls)
    if begin.line is None:
        return begin
    names = re.compile(rf"\s+{re.escape(field)}\s*[:=]")
    for number, text in enumerate(_lines_of_module(cls.__module__)[begin.line :], begin.line + 1):
        if names.match(text):
            return Place(begin.path, number)
        if text.strip() and not text[0].isspace():
            break
    return begin


def _line_of_class(subject: type[Any]) -> int | None:
    """Return the line of the word ``class``, without ``inspect``: that parses the whole file."""
    begin = vars(subject).get("__firstlineno__")  # from Python 3.13, and the line of its first decorator
    begin = begin if isinstance(begin, int) else 1
    begins = re.compile(rf"\s*class\s+{re.escape(subject.__name__)}\b")
    lines = enumerate(_lines_of_module(subject.__module__)[begin - 1 :], begin)
    return next((number for number, text in lines if begins.match(text)), None)


def _lines_of_module(name: str) -> list[str]:
    module = sys.modules.get(name)
    loader = getattr(module, "__loader__", None)
    if isinstance(loader, InspectLoader):
        return (loader.get_source(name) or "").splitlines()
    return linecache.getlines(str(getattr(module, "__file__", "")))  # a loader of others, such as that of pytest
