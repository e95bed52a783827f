"""The lints over the files of checked plugins."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from plugin_operator.cli.checking.report import CheckedPlugin, Mistake
from plugin_operator.hosting.lints.facts import DeclaredController
from plugin_operator.hosting.lints.linter import Linter
from plugin_operator.hosting.scan.snapshot import PluginSource, Snapshot


def lint_all(plugins: Iterable[CheckedPlugin], snapshot: Snapshot) -> list[Mistake]:
    """Return the findings in all Python files of plugins and of the helpers they import, each file once. Blocks.

    A plugin that the loader rejects is linted as well.

    Raises:
        OSError: no process can be started.
    """
    linter = Linter()
    try:
        return _DirectoryLints(linter, snapshot).run(list(plugins))
    finally:
        linter.close()


class _DirectoryLints:
    """The lints over the files of one directory."""

    def __init__(self, linter: Linter, snapshot: Snapshot) -> None:
        self._linter = linter
        self._snapshot = snapshot
        self._functions: dict[str, Mapping[str, Any]] = {}
        self._found: dict[str, list[Mistake]] = {}

    def run(self, plugins: Sequence[CheckedPlugin]) -> list[Mistake]:
        # Own files first: for these it is known what the plugin declares.
        for is_own in (True, False):
            for plugin in plugins:
                source = self._snapshot.sources.get(plugin.name)
                if source is not None:
                    self._lint(plugin, source, is_own=is_own)
        said = [each for plugin in plugins for each in plugin.mistakes]
        return [each for found in self._found.values() for each in found if not _is_said(each, said)]

    def _lint(self, plugin: CheckedPlugin, source: PluginSource, *, is_own: bool) -> None:
        for path in _paths(source, is_own=is_own):
            shown = f"{self._snapshot.root}/{path}"
            if shown not in self._found:
                declared = _declared(plugin, shown) if is_own else None
                findings = self._linter.lint(source.files[path], helpers=self._helpers(source, path), declared=declared)
                self._found[shown] = [
                    Mistake(shown, each.message, each.line, each.column, each.rule, each.severity) for each in findings
                ]

    def _helpers(self, source: PluginSource, path: str) -> dict[str, Mapping[str, Any]]:
        """Return the functions of the other files of a plugin, and of its helpers, by module."""
        found: dict[str, Mapping[str, Any]] = {name: {} for name in self._snapshot.sources}
        for other in source.code.keys() - {path}:
            if other not in self._functions:
                shown = f"{self._snapshot.root}/{other}"
                self._functions[other] = self._linter.functions_of(source.files[other], shown)
            found[other.removesuffix(".py").removesuffix("/__init__").replace("/", ".")] = self._functions[other]
        return found


def _is_said(finding: Mistake, said: Iterable[Mistake]) -> bool:
    """Report whether the loader rejects the file for what a lint found."""
    place = finding.path, finding.line
    return any((each.path, each.line) == place and each.message.endswith(finding.message) for each in said)


def _paths(source: PluginSource, *, is_own: bool) -> Iterator[str]:
    for path in sorted(source.code):
        if (path == f"{source.name}.py" or path.startswith(f"{source.name}/")) is is_own:
            yield path


def _declared(plugin: CheckedPlugin, path: str) -> list[DeclaredController] | None:
    """Return the controllers of a plugin, with line 0 for those in other files; None if they are unknown."""
    if plugin.state != "ok":
        return None
    return [_controller(each, path) for each in plugin.declarations]


def _controller(declared: Mapping[str, Any], path: str) -> DeclaredController:
    names = [str(each[word]) for each in declared.get("caches", ()) for word in ("kind", "name") if each.get(word)]
    line = declared.get("line") if declared.get("path") == path else 0
    owns = tuple(str(each) for each in declared.get("owns") or ())
    return DeclaredController(int(line or 0), declared.get("for") is not None, tuple(names), owns)
