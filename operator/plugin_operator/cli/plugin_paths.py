"""Interpretation of PATH arguments: a plugin file, a plugin folder, or a directory of plugins."""

from pathlib import Path

from plugin_operator.hosting.scan.snapshot import Role, Snapshot


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
