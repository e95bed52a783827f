"""The custom kinds of helper files, which only the plugins that import them load."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from plugin_operator.cli.checking.report import CheckedPlugin
from plugin_operator.cli.plugin_paths import directory_of, plugin_of
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.hosting.scan.snapshot import Role


def users_of(helpers: Iterable[CheckedPlugin]) -> Sequence[Path]:
    """Return the plugins that import a helper, each once."""
    names: dict[Path, set[str]] = {}
    for each in helpers:
        names.setdefault(directory_of(plugin_of(Path(each.path))), set()).add(each.name)
    found: dict[Path, None] = {}
    for directory, wanted in names.items():
        for source in Scanner(directory).scan().sources.values():
            tops = {path.partition("/")[0].removesuffix(".py") for path in source.files}
            if source.role is Role.PLUGIN and tops & wanted:
                found[plugin_of(Path(source.path))] = None
    return list(found)


def within(helpers: Iterable[CheckedPlugin], plugins: Iterable[CheckedPlugin]) -> Sequence[CheckedPlugin]:
    """Return plugins with those of their kinds alone whose classes are in a helper."""
    places = [Path(each.path) for each in helpers]
    roots = {place.parent if place.name == "__init__.py" else place for place in places}
    return [
        replace(plugin, definitions=[each for each in plugin.definitions if _is_in(each.get("path"), roots)])
        for plugin in plugins
    ]


def _is_in(path: object, roots: Iterable[Path]) -> bool:
    # The process of a trial import has run code of the plugin, which may have written anything.
    return isinstance(path, str) and any(Path(path).is_relative_to(each) for each in roots)
