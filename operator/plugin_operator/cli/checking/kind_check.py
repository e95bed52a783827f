"""The check of the kinds that plugins declare and call: by built-in kinds, and by definitions in files."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from plugin_operator.cli.checking.crd_comparison import KnownCrds
from plugin_operator.cli.checking.report import CheckedPlugin, Mistake
from plugin_operator.cli.crd_files import Crd, crd_of, folders_beside
from plugin_operator.cli.manifest_files import read_manifests
from plugin_operator.errors import UsageError
from plugin_operator.hosting.lints.lint import FAILING_CALL, UNREADABLE_CRD, Rule, suppressed_in
from plugin_operator.hosting.permissions.declared import DeclaredController, needs_of_declarations
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.source.contained_analysis import Analyser
from plugin_operator.hosting.scan.snapshot import PluginSource, Snapshot

_FLAG = "--crd"


class Definitions:
    """The CustomResourceDefinitions that a check knows.

    Args:
        paths: the plugins, beside which a folder ``crds`` may be.
        given: files and folders that the user names.

    Attributes:
        crds: the definitions.
        mistakes: files beside the plugins that cannot be read. The operator does not need them, so they are warnings.

    Raises:
        UsageError: a file in ``given`` cannot be read.
    """

    def __init__(self, paths: Iterable[Path], given: Sequence[Path] = ()) -> None:
        self.crds: list[Crd] = []
        self.mistakes: list[Mistake] = []
        self._read(given)
        for folder in folders_beside(paths):
            try:
                self._read([folder])
            except UsageError as error:
                message = str(error).removeprefix(f"{_FLAG}: ")
                rule = UNREADABLE_CRD
                self.mistakes.append(Mistake(str(folder), message, rule=rule.id, severity=rule.severity))

    def _read(self, paths: Sequence[Path]) -> None:
        for manifest in read_manifests(paths, _FLAG):
            try:
                found = crd_of(manifest.obj, manifest.where)
            except ValueError as error:
                raise UsageError(f"{_FLAG}: {manifest.where}: {error}") from error
            if found is not None:
                self.crds.append(found)


def crds_of_classes(made: Iterable[dict[str, Any]]) -> list[Crd]:
    """Return the definitions that classes of plugins make, as those of files."""
    crds = (crd_of(each, f"the class of {each['spec']['names']['kind']}") for each in made)
    return [each for each in crds if each is not None]


def check_kinds(plugins: Iterable[CheckedPlugin], snapshot: Snapshot, crds: Sequence[Crd]) -> list[Mistake]:
    """Return what is wrong with the kinds of plugins that the loader accepts. It blocks, and runs none of their code.

    Raises:
        OSError: no process can be started.
    """
    analyser = Analyser()
    try:
        check = _KindCheck(snapshot, crds, analyser)
        return [each for plugin in plugins if plugin.state == "ok" for each in check.mistakes_in(plugin)]
    finally:
        analyser.close()


class _KindCheck:
    def __init__(self, snapshot: Snapshot, crds: Sequence[Crd], analyser: Analyser) -> None:
        self._snapshot = snapshot
        self._known = KnownCrds(crds)
        self._resources = [resource for each in crds for resource in each.resources()]
        self._analyser = analyser

    def mistakes_in(self, plugin: CheckedPlugin) -> Iterator[Mistake]:
        """Yield the mistakes of one plugin, without those that a comment suppresses."""
        source = self._snapshot.sources[plugin.name]
        try:
            controllers = [DeclaredController.from_summary(each) for each in plugin.declarations]
            found = [*self._of_declarations(plugin, controllers), *self._of_calls(plugin, source, controllers)]
        except (KeyError, ValueError, TypeError):
            return  # the process of a trial import has run code of the plugin, which may have written any other summary
        for where, rule, message in found:
            path, _, number = where.rpartition(":")
            line = int(number) if number.isdigit() else None
            if line is None or rule.id not in _suppressed(source, path, line):
                yield Mistake(path if line else where, message, line, None, rule.id, rule.severity)

    def _of_declarations(
        self, plugin: CheckedPlugin, controllers: Sequence[DeclaredController]
    ) -> Iterator[tuple[str, Rule, str]]:
        table = ResourceTable(self._resources)
        for controller, summary in zip(controllers, plugin.declarations, strict=True):
            caches = [found for each in summary["caches"] for found in self._known.of_cache(each)]
            rules = [found for each in controller.permissions for found in self._known.of_permission(each)]
            needs = needs_of_declarations(plugin.name, [controller], table, "")
            kinds = [found for need in needs for found in self._known.of_need(need)]
            yield from ((controller.where, *each) for each in dict.fromkeys([*kinds, *caches, *rules]))

    def _of_calls(
        self, plugin: CheckedPlugin, source: PluginSource, controllers: Sequence[DeclaredController]
    ) -> Iterator[tuple[str, Rule, str]]:
        found = self._analyser.analyse(plugin.name, source.files, source.root, controllers, self._resources).found
        for unclear in found.unclear:
            if unclear.is_mistake:
                yield f"{unclear.path}:{unclear.line}", FAILING_CALL, unclear.what
        for need in found.needs:
            yield from ((need.where, *each) for each in self._known.of_need(need))


def _suppressed(source: PluginSource, path: str, line: int) -> frozenset[str]:
    """Return the rules that a comment in a line suppresses."""
    content = source.files.get(path.removeprefix(f"{source.root}/"), b"")
    lines = content.splitlines()
    return suppressed_in(lines[line - 1].decode(errors="replace")) if line <= len(lines) else frozenset()
