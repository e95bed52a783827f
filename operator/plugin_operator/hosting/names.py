"""Which names in the plugins directory mean something.

Owns what is ignored (hidden files, caches, what editors leave behind) and what a name collides with.
"""

import functools
import importlib.machinery
import sys
from pathlib import Path

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
_IGNORED_NAMES = frozenset({"__pycache__", "lost+found", "__main__.py", "4913"})


def is_ignored(name: str) -> bool:
    """Tell whether a file or folder of that name is passed over without a word."""
    return name.startswith((".", "#")) or name.endswith(_IGNORED_SUFFIXES) or name in _IGNORED_NAMES


def shadowed_by(name: str) -> str:
    """Return what a module called ``name`` would hide ("the standard library's …"), or an empty text."""
    if name in sys.stdlib_module_names or name in sys.builtin_module_names:
        return f"the standard library's module {name!r}"
    return _installed(name, tuple(sys.path))


@functools.lru_cache(maxsize=1024)
def _installed(name: str, path: tuple[str, ...]) -> str:
    # The working directory may be on the path and is not an installation; it may even be the plugins directory.
    here = Path.cwd()
    entries = [entry for entry in path if entry and Path(entry).resolve() != here]
    spec = importlib.machinery.PathFinder.find_spec(name, entries)
    if spec is None or spec.origin is None:
        return ""
    return f"the installed module {name!r} ({spec.origin})"
