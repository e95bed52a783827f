"""Side effects of an import on its process, besides modules.

A plugin is loaded many times, so side effects of its import accumulate. Effects that would harm the operator reject the
plugin; others are reported.
"""

import atexit
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from types import FrameType
from typing import Any

import msgspec

from plugin_operator.hosting.scan.names import working_directory


class Leftovers(msgspec.Struct, frozen=True):
    """The side effects of one import.

    Attributes:
        harmful: reasons to reject the plugin.
        notable: warnings.
    """

    harmful: tuple[str, ...]
    notable: tuple[str, ...]


class Watchman:
    """Records the state of the process at creation, to compare it later."""

    def __init__(self) -> None:
        self._threads = set(threading.enumerate())
        self._signals = _signals()
        self._limits = _limits()
        self._atexit = _ExitCallbacks()
        self._environ = dict(os.environ)
        self._path = list(sys.path)
        self._folder = working_directory()
        self._streams = (sys.stdout, sys.stderr)

    def compare(self, *, own_threads: str) -> Leftovers:
        """Return the changes since creation; threads with the prefix ``own_threads`` are the operator's."""
        return Leftovers(tuple(self._harmful()), tuple(self._notable(own_threads)))

    def _harmful(self) -> list[str]:
        found = []
        changed = sorted(name for name, handler in _signals().items() if self._signals.get(name) is not handler)
        if changed:
            found.append(f"its import installs a handler for {', '.join(changed)}: signals belong to the operator")
        lowered = sorted(name for name, limits in _limits().items() if limits != self._limits[name])
        if lowered:
            found.append(f"its import changes {', '.join(lowered)}: limits of the process belong to the operator")
        added = [entry for entry in sys.path if entry not in self._path]
        if sys.path != self._path:
            what = f" ({', '.join(map(repr, added))})" if added else ""
            found.append(f"its import changes sys.path{what}: files beside the plugin can be imported as they are")
        if working_directory() != self._folder:
            found.append(f"its import changes the working directory to {working_directory()}: use absolute paths")
        return found

    def _notable(self, own_threads: str) -> list[str]:
        found = []
        threads = [each for each in threading.enumerate() if each not in self._threads and each.is_alive()]
        names = sorted(each.name for each in threads if not each.name.startswith(own_threads))
        if names:
            found.append(f"starts {_count(len(names), 'thread')} at import ({', '.join(names)}): use start(ctx)")
        if self._atexit.count:
            found.append(f"registers {_count(self._atexit.count, 'atexit callback')}: use stop(ctx)")
        changed = sorted(key for key in {*self._environ, *os.environ} if self._environ.get(key) != os.environ.get(key))
        if changed:
            found.append(f"changes the environment of the process ({', '.join(changed)})")
        if (sys.stdout, sys.stderr) != self._streams:
            found.append("replaces sys.stdout or sys.stderr")
        return found


def _signals() -> dict[str, Any]:
    return {each.name: signal.getsignal(each) for each in signal.Signals}


def _limits() -> dict[str, tuple[int, int]]:
    names = (name for name in dir(resource) if name.startswith("RLIMIT_") and name != "RLIMIT_OFILE")
    return {name: resource.getrlimit(getattr(resource, name)) for name in names}


class _ExitCallbacks:
    """Counts atexit callbacks, until the trial process ends.

    Callbacks that an installed library registers during its import do not count, because it is imported only once.

    Attributes:
        count: callbacks registered by the plugin, directly or through a library.
    """

    def __init__(self) -> None:
        self.count = 0
        self._register = atexit.register
        atexit.register = self._counted  # type: ignore[assignment]

    def _counted(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
        if not _is_import_of_library(sys._getframe(1)):  # noqa: SLF001 - as documented for this purpose
            self.count += 1
        return self._register(function, *args, **kwargs)


def _is_import_of_library(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name == "<module>":
            return isinstance(frame.f_globals.get("__loader__"), SourceFileLoader)
        frame = frame.f_back
    return False


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
