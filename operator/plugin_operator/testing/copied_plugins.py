"""The plugins directory of a test: a copy, so that edits harm no file of the author."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path


def copy_plugins(plugins: Iterable[Path]) -> Path:
    """Copy files and folders into a new plugins directory and return it; the caller removes it.

    Raises:
        OSError: one of them cannot be read.
    """
    folder = Path(tempfile.mkdtemp(prefix="plugin-harness-"))
    # An operator takes an empty directory for a broken mount and keeps what runs; a folder of helpers is not empty.
    helpers = folder / "harness_helpers"
    helpers.mkdir()
    (helpers / "nothing.py").touch()
    for plugin in plugins:
        if plugin.is_dir():
            shutil.copytree(plugin, folder / plugin.name)
        else:
            shutil.copy(plugin, folder)
    for path in folder.rglob("*"):
        # The scanner waits for files that were written just now; a past time says that these are whole.
        os.utime(path, (0, 0))
    return folder
