"""The lints over the files of checked plugins."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from plugin_operator.cli.checking.report import CheckedPlugin, Mistake
from plugin_operator.hosting.lints.linter import Linter
from plugin_operator.hosting.lints.source_file import DeclaredController
from plugin_operator.hosting.scan.snapshot import PluginSource, Snapshot


def lint_all(plugins: Iterable[CheckedPlugin], snapshot: Snapshot) -> list[Mistake]:
    """Return the findings in all Python files of plugins and of the helpers they import, each file once. Blocks.

    A plugin that the loader rejects is linted as well.
    """
    linter = Linter()
    found: dict[str, list[Mistake]] = {}
    try:
        # Own files first: for these it is known what the plugin declares.
        for is_own in (True, False):
            for plugin in plugins:
                source = snapshot.sources.get(plugin.name)
                if source is None:
                    continue
                for path in _paths(source, is_own=is_own):
                    shown = f"{snapshot.root}/{path}"
                    if shown not in found:
                        declared = _declared(plugin, shown) if is_own else None
                        found[shown] = _lint(linter, source, path, shown, snapshot, declared)
    finally:
        linter.close()
    return [each for mistakes in found.values() for each in mistakes]


def _paths(source: PluginSource, *, is_own: bool) -> Iterator[str]:
    for path in sorted(source.code):
        if (path == f"{source.name}.py" or path.startswith(f"{source.name}/")) is is_own:
            yield path


def _lint(
    linter: Linter,
    source: PluginSource,
    path: str,
    shown: str,
    snapshot: Snapshot,
    declared: Sequence[DeclaredController] | None,
) -> list[Mistake]:
    findings = linter.lint(source.files[path], own_modules=snapshot.sources.keys(), declared=declared)
    return [Mistake(shown, each.message, each.line, each.column, each.rule, each.severity) for each in findings]


def _declared(plugin: CheckedPlugin, path: str) -> list[DeclaredController] | None:
    """Return the controllers of a plugin, with line 0 for those in other files; None if they are unknown."""
    if plugin.state != "ok":
        return None
    return [_controller(each, path) for each in plugin.declarations]


def _controller(declared: Mapping[str, Any], path: str) -> DeclaredController:
    names = [str(each[word]) for each in declared.get("caches", ()) for word in ("kind", "name") if each.get(word)]
    line = declared.get("line") if declared.get("path") == path else 0
    return DeclaredController(int(line or 0), declared.get("for") is not None, tuple(names))
