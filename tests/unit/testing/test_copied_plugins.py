"""What a test passes as plugins is copied; a directory of plugins is refused, because none of it would load."""

import shutil
from pathlib import Path

import pytest

from plugin_operator.testing.copied_plugins import copy_plugins


def folder(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def test_a_directory_of_plugins_is_refused_with_the_way_out(tmp_path: Path) -> None:
    plugins = folder(tmp_path / "plugins", "a.py")
    with pytest.raises(ValueError, match=r"plugins has no __init__\.py, so it is no plugin: pass the files in it"):
        copy_plugins([plugins])


def test_files_packages_and_folders_of_helpers_are_copied(tmp_path: Path) -> None:
    folder(tmp_path, "a.py", "package/__init__.py", "helpers/b.py")
    copied = copy_plugins([tmp_path / "a.py", tmp_path / "package", tmp_path / "helpers"])
    try:
        assert {"a.py", "package", "helpers"} <= {each.name for each in copied.iterdir()}
    finally:
        shutil.rmtree(copied)
