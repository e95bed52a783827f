"""Source locations in plugin files, for error messages."""

import inspect
import re
import sys
from dataclasses import dataclass
from importlib.abc import InspectLoader
from types import CodeType
from typing import Any

from plugin_operator.errors import PluginRejected


@dataclass(frozen=True, slots=True)
class Place:
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


def _line_of_class(subject: type[Any]) -> int | None:
    """Return the first line of a class, without ``inspect``, which parses the whole file and may exhaust memory."""
    line = vars(subject).get("__firstlineno__")
    if isinstance(line, int):
        return line
    module = sys.modules.get(subject.__module__)
    loader = getattr(module, "__loader__", None)
    source = loader.get_source(subject.__module__) if isinstance(loader, InspectLoader) else None
    begins = re.compile(rf"\s*class\s+{re.escape(subject.__name__)}\b")
    lines = enumerate((source or "").splitlines(), 1)
    return next((number for number, text in lines if begins.match(text)), None)
