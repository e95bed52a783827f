"""Paths that stay where they are.

Owns one rule: a relative path of the user's means the working directory of the start. Code of plugins may change the
working directory of the process.
"""

import os
from pathlib import Path


def fixed(path: Path) -> Path:
    """Return ``path`` below the working directory of now; as it is if there is none any more."""
    try:
        return path.absolute()
    except OSError:
        return path


def fixed_all(paths: str) -> str:
    """Return a list of paths as ``$KUBECONFIG`` has it, each fixed; ``~`` is the home directory."""
    return os.pathsep.join(str(fixed(Path(path).expanduser())) for path in paths.split(os.pathsep) if path)
