"""The plugins directory of a test: a copy, so that edits do not change the author's files."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path


def copy_plugins(plugins: Iterable[Path]) -> Path:
    """Copy files and folders into a new plugins directory and return it; the caller removes it.

    Raises:
        FileNotFoundError: a file or folder does not exist.
        ValueError: none of them can be a plugin.
        OSError: it cannot be read.
    """
    plugins = list(plugins)
    for plugin in plugins:
        if not plugin.exists():
            raise FileNotFoundError(f"there is no plugin {plugin} in {Path.cwd()}")
    if plugins and not any(map(_may_be_plugin, plugins)):
        raise ValueError(f"the folder {plugins[0]} has no __init__.py, so it is no plugin: pass the files in it")
    folder = Path(tempfile.mkdtemp(prefix="plugin-harness-"))
    # An operator treats an empty directory as a broken mount and keeps its plugins; a folder of helpers is not empty.
    helpers = folder / "harness_helpers"
    helpers.mkdir()
    (helpers / "nothing.py").touch()
    for plugin in plugins:
        if plugin.is_dir():
            shutil.copytree(plugin, folder / plugin.name)
        else:
            shutil.copy(plugin, folder)
    for path in folder.rglob("*"):
        # The scanner waits until a recently written file has settled; an old mtime avoids the wait.
        os.utime(path, (0, 0))
    return folder


def _may_be_plugin(path: Path) -> bool:
    return not path.is_dir() or (path / "__init__.py").exists()
