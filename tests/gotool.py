"""Find a Go program that ``tests/gotools/build.py`` has built; building it is left to make, since it takes minutes."""

import os
import subprocess
from pathlib import Path

import pytest

BUILD = Path(__file__).parent / "gotools" / "build.py"


def cached(name: str) -> str | None:
    """Return the path of the program; None if it is not built."""
    found = subprocess.run([BUILD, name, "--cached"], capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else None


def way_out(name: str) -> str:
    """Say that the program is missing, and how it is built."""
    return f"{name} is not built: run `tests/gotools/build.py {name}` (it needs Go)"


def needed(name: str) -> str:
    """Return the path of the program; a test that needs it fails where it is not built."""
    path = cached(name)
    if path is None:
        pytest.fail(way_out(name))
    return path


def wanted(name: str) -> str:
    """Return the path of the program; where it is not built, a test is skipped, but fails in the gate."""
    path = cached(name)
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(way_out(name))
    return path
