"""Names in the plugins directory.

Owns which names are ignored (hidden files, caches, editor files), and collisions with installed modules.
"""

import functools
import importlib.machinery
import os
import site
import sys
import sysconfig
from collections.abc import Collection, Iterable

_IGNORED_SUFFIXES = (
    "~",
    ".pyc",
    ".pyo",
    ".swp",
    ".swo",
    ".tmp",
    ".bak",
    ".orig",
    ".rej",
    "___jb_tmp___",
    "___jb_old___",
)
_SELF = "plugin_operator"
_IGNORED_NAMES = frozenset({"__pycache__", "lost+found", "__main__.py", "4913"})


def is_ignored(name: str) -> bool:
    """Report whether files and folders of this name are ignored without a log line."""
    return name.startswith((".", "#")) or name.endswith(_IGNORED_SUFFIXES) or name in _IGNORED_NAMES


def shadowed_by(name: str, root: str = "", originals: Collection[str] = ()) -> str:
    """Return the module that a plugin called ``name`` would hide ("the standard library's …"), or an empty text.

    Args:
        name: module name of the plugin.
        root: the plugins directory; its modules do not count as installed, even if it is on Python's path.
        originals: files and folders of which the plugins directory is a copy. They and their neighbours do not count as
            installed, unless they are in a directory of installed packages.
    """
    if name in sys.stdlib_module_names or name in sys.builtin_module_names:
        return f"the standard library's module {name!r}"
    if name == _SELF:
        return "the operator's own package"
    return _installed(name, root, tuple(sys.path), frozenset(originals))


@functools.lru_cache(maxsize=4096)
def _installed(name: str, root: str, path: tuple[str, ...], originals: frozenset[str]) -> str:
    # The working directory may be on the path, but its modules are not installed; it may not exist any more.
    places = {_real("."), _real(root)} | _beside(originals)
    entries = [entry for entry in path if os.path.isabs(entry) and os.path.realpath(entry) not in places]  # noqa: PTH117
    copied = frozenset(map(_real, originals))
    # Entry by entry, because the plugin's own module may precede an installed one.
    found = (origin for entry in entries if (origin := _origin(name, entry)) and not _is_among(origin, copied))
    origin = next(found, "")
    return f"the installed module {name!r} ({origin})" if origin else ""


def _origin(name: str, entry: str) -> str:
    """Return the file of a module in one entry of Python's path; empty if there is none."""
    try:
        spec = importlib.machinery.PathFinder.find_spec(name, [entry])
    except (ImportError, ValueError, OSError):
        return ""
    return spec.origin or "" if spec is not None else ""


def _beside(originals: Iterable[str]) -> set[str]:
    """Return the parent folders of the originals, except directories of installed packages."""
    paths = sysconfig.get_paths()
    installed = {*site.getsitepackages(), site.getusersitepackages(), paths["purelib"], paths["platlib"]}
    return {_real(os.path.dirname(each)) for each in originals} - {*map(_real, installed)}  # noqa: PTH120


def _is_among(origin: str, copied: frozenset[str]) -> bool:
    """Report whether a module's file is an original, or is inside one."""
    path = _real(origin)
    return any(path == each or path.startswith(each + os.sep) for each in copied)


def working_directory() -> str:
    """Return the resolved working directory of the process, or an empty text if it was deleted."""
    return _real(".")


def _real(path: str) -> str:
    try:
        return os.path.realpath(path) if path else ""
    except OSError:
        return ""  # a relative path, and the working directory was deleted
