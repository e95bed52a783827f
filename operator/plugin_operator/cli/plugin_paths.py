"""Interpretation of PATH arguments: a plugin file, a plugin folder, or a directory of plugins."""

import os
from pathlib import Path

from plugin_operator.cli.plugin_argument import NEW_PLUGIN
from plugin_operator.hosting.scan.names import is_ignored
from plugin_operator.hosting.scan.snapshot import Directory, Role, Snapshot

_DIRECTORY = "plugins"
#: How the representation of a name begins that is no printable text.
_BYTES = ("b'", 'b"')


def is_plugin(path: Path) -> bool:
    """Report whether ``path`` is a plugin, and not a directory of plugins."""
    return not path.is_dir() or (path / "__init__.py").exists() or path.suffix == ".py"


def plugin_of(path: Path) -> Path:
    """Return the plugin to which a file in a plugin folder belongs; any other path is returned as it is."""
    found = path.parent if path.name == "__init__.py" else path
    if not is_plugin(found):
        return path
    while found.parent.name and (found.parent / "__init__.py").is_file():
        found = found.parent
    return found


def has_no_python(path: Path) -> bool:
    """Report whether ``path`` is a directory with neither Python files nor plugin folders."""
    return path.is_dir() and not any(
        each.suffix == ".py" or (each / "__init__.py").exists() for each in (path, *path.iterdir())
    )


def directory_of(path: Path) -> Path:
    """Return the plugins directory to scan for ``path``."""
    return path.parent if is_plugin(path) else path


def chosen(snapshot: Snapshot, path: Path) -> list[str]:
    """Return the names in ``snapshot`` that ``path`` selects; for a directory, all but helpers."""
    known = {**snapshot.sources, **snapshot.rejections}
    if is_plugin(path):
        name = path.name.removesuffix(".py")
        return [name] if name in known else []
    return sorted(
        each for each in known if each in snapshot.rejections or snapshot.sources[each].role is not Role.HELPER
    )


def unseen(snapshot: Snapshot) -> list[str]:
    """Return why the operator ignores Python files in a directory: names with control characters, or not in UTF-8."""
    return [
        f"{name} is no name of a plugin, because it has characters that cannot be seen: rename the file"
        for name in snapshot.ignored
        if name.startswith(_BYTES) and name[:-1].endswith(".py")
    ]


def why_none(snapshot: Snapshot, path: Path) -> str:
    """Return why ``chosen`` finds nothing, and the way out."""
    is_usable = snapshot.directory in {Directory.OK, Directory.EMPTY}
    if not is_usable and (snapshot.directory is Directory.UNTRUSTED or not is_plugin(path)):
        return snapshot.reason
    return f"{_found_instead(path)}: {_way_out(path)}"


def _found_instead(path: Path) -> str:
    """Return what a path has that is no plugin."""
    if is_plugin(path):
        if path.suffix == ".py" and not path.name.isprintable():
            return "is not a plugin: its name has characters that cannot be seen"
        if path.suffix == ".py" and is_ignored(path.name):
            return "is not a plugin: the operator ignores files of such names"
        return "is not a plugin: its name must end in .py, or it must contain an __init__.py"
    try:
        names = [each for each in os.listdir(path) if not each.startswith(".")]  # noqa: PTH208 - names alone
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    suffixes = {Path(each).suffix for each in names}
    if ".py" in {Path(each).suffix for each in names if each.isprintable() and not is_ignored(each)}:
        return "has no plugin, only helpers"
    if ".py" in suffixes:
        return "has no .py file whose name the operator takes"
    if len(suffixes) == 1 and "" not in suffixes:
        return f"has no .py file, only {suffixes.pop()}"
    return "has no .py file" if names else "is an empty directory"


def _way_out(path: Path) -> str:
    folder = path if path.is_dir() else path.parent
    for near in (folder / _DIRECTORY, folder.parent / _DIRECTORY, Path(_DIRECTORY)):
        if near.is_dir() and not (path.exists() and near.samefile(path)):
            return f"did you mean {near}?"
    return f"name plugin files or their directory, or {NEW_PLUGIN}"
