"""Which names in the plugins directory mean something.

Owns what is ignored (hidden files, caches, what editors leave behind) and what a name collides with.
"""

import functools
import importlib.machinery
import os
import sys

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
    """Tell whether a file or folder of that name is passed over without a word."""
    return name.startswith((".", "#")) or name.endswith(_IGNORED_SUFFIXES) or name in _IGNORED_NAMES


def shadowed_by(name: str, root: str = "") -> str:
    """Return what a module called ``name`` would hide ("the standard library's …"), or an empty text.

    Args:
        name: of the module.
        root: the plugins directory, which is no place where modules are installed even if Python imports from it.
    """
    if name in sys.stdlib_module_names or name in sys.builtin_module_names:
        return f"the standard library's module {name!r}"
    if name == _SELF:
        return "the operator's own package"
    return _installed(name, root, tuple(sys.path))


@functools.lru_cache(maxsize=4096)
def _installed(name: str, root: str, path: tuple[str, ...]) -> str:
    # The working directory may be on the path and is not an installation; it may be gone as well.
    places = {_real("."), _real(root)}
    entries = [entry for entry in path if os.path.isabs(entry) and os.path.realpath(entry) not in places]  # noqa: PTH117
    try:
        spec = importlib.machinery.PathFinder.find_spec(name, entries)
    except (ImportError, ValueError, OSError):
        return ""
    if spec is None or spec.origin is None:
        return ""
    return f"the installed module {name!r} ({spec.origin})"


def working_directory() -> str:
    """Return the process's working directory behind all links, or an empty text if it is gone."""
    return _real(".")


def _real(path: str) -> str:
    try:
        return os.path.realpath(path) if path else ""
    except OSError:
        return ""  # a relative path, and the working directory is gone
