"""Absolute forms of the user's paths.

Owns one rule: a relative path is relative to the working directory at start, because plugin code may change the working
directory later.
"""

import os
from pathlib import Path


def fixed(path: Path) -> Path:
    """Return ``path`` joined to the current working directory, or unchanged if that directory was deleted."""
    try:
        return path.absolute()
    except OSError:
        return path


def fixed_all(paths: str) -> str:
    """Return a ``$KUBECONFIG``-style list with each path made absolute; ``~`` is the home directory."""
    return os.pathsep.join(str(fixed(Path(path).expanduser())) for path in paths.split(os.pathsep) if path)
