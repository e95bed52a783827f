"""Reading the requirements of plugins from files and directories on the command line."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from plugin_operator.cli.plugin_paths import chosen, directory_of, is_plugin, unseen, why_none
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.requirements.needs import Needs, needs_of
from plugin_operator.hosting.requirements.union import NeedsUnion, union_of
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.hosting.scan.snapshot import PluginSource, Rejection


def union_for(paths: Sequence[Path]) -> NeedsUnion:
    """Return the union of the requirements of all plugins in ``paths``; its problems include unreadable files."""
    needs: list[Needs] = []
    problems: list[str] = []
    for path in paths:
        for each in _wanted(path):
            try:
                needs += _needs(each)
            except PluginRejected as error:
                problems.append(str(error))
    union = union_of(needs)
    return NeedsUnion(union.lines, (*dict.fromkeys(problems), *union.problems))


def _wanted(path: Path) -> Iterator[PluginSource | Rejection]:
    snapshot = Scanner(directory_of(path)).scan()
    names = chosen(snapshot, path)
    for name in names:
        yield snapshot.rejections.get(name) or snapshot.sources[name]
    hidden = [] if is_plugin(path) else unseen(snapshot)
    for each in hidden:
        yield Rejection(str(path), each)
    if not names and not hidden:
        yield Rejection(str(path), why_none(snapshot, path))


def _needs(wanted: PluginSource | Rejection) -> list[Needs]:
    if isinstance(wanted, PluginSource):
        if wanted.rejection is None:
            return needs_of(wanted.files, wanted.root)
        wanted = wanted.rejection
    raise PluginRejected(wanted.reason, path=wanted.path, line=wanted.line)
