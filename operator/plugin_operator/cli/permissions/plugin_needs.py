"""What plugins named on the command line need, from all that is known without a cluster."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from plugin_operator.cli.checking.plugin_check import CheckSettings, check
from plugin_operator.cli.checking.report import CheckedPlugin, Mistake
from plugin_operator.cli.manifest_files import read_manifests
from plugin_operator.cli.plugin_paths import directory_of, plugin_of
from plugin_operator.errors import PluginOperatorError, UsageError
from plugin_operator.hosting.permissions.calls import RecordedCall, calls_from_json
from plugin_operator.hosting.permissions.declared import DeclaredController, needs_of_declarations
from plugin_operator.hosting.permissions.needs import Need, Origin, Unclear
from plugin_operator.hosting.permissions.resources import ResourceTable, resources_of_crd
from plugin_operator.hosting.permissions.rules import allows
from plugin_operator.hosting.permissions.source.contained_analysis import Analysis, analyse
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.kube import GroupVersionKind, Resource
from plugin_operator.plugin import Permission
from plugin_operator.rendering import describe

_CRDS = "crds"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where needs come from.

    Attributes:
        paths: plugin files, plugin folders, or directories of plugins.
        crds: files and folders with CustomResourceDefinitions.
        calls: files with recorded calls.
        operator_namespace: namespace of the operator.
        timeout_seconds: deadline of a trial import.
    """

    paths: Sequence[Path]
    crds: Sequence[Path] = ()
    calls: Sequence[Path] = ()
    operator_namespace: str = ""
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class PluginNeeds:
    """What plugins need.

    Attributes:
        plugins: their names and paths, in the order of the command line.
        needs: what they need.
        unclear: calls that their source does not show.
        guesses: kinds whose plural is guessed.
        mistakes: why plugins cannot be loaded; the fields above are then incomplete.
    """

    plugins: Sequence[tuple[str, str]] = ()
    needs: Sequence[Need] = ()
    unclear: Sequence[Unclear] = ()
    guesses: Sequence[GroupVersionKind] = ()
    mistakes: Sequence[Mistake] = field(default=())


def needs_for(sources: Sources) -> PluginNeeds:
    """Return what plugins need: by their declarations, their source and recorded calls.

    Raises:
        UsageError: a file of CRDs or recorded calls cannot be used.
        PluginOperatorError: the plugins cannot be read.
    """
    known = tuple(_resources(sources))
    table, guesses = ResourceTable(known), set[GroupVersionKind]()
    recorded = list(_recorded(sources.calls))
    report = check(sources.paths, CheckSettings(sources.timeout_seconds, lints=False))
    loaded = [each for each in report.plugins if each.state == "ok"]
    failed = [each for each in report.mistakes if each.severity == "error"]
    helpers = [each for each in report.plugins if each.state == "helper"]
    failed += [Mistake(each.path, "declares no controller: name the plugins that import it") for each in helpers]
    needs: list[Need] = []
    unclear: list[Unclear] = []
    for plugin in loaded:
        declared, source = _needs_of(plugin, sources, table, known)
        found = [*declared, *source.found.needs]
        needs += [*found, *_needs_of_calls(plugin.name, recorded, found, table)]
        unclear += source.found.unclear
        guesses |= {*source.guesses, *table.guesses()}
    plugins = [(each.name, each.path) for each in loaded]
    return PluginNeeds(plugins, tuple(dict.fromkeys(needs)), unclear, sorted(guesses), failed)


def _needs_of(
    plugin: CheckedPlugin, sources: Sources, table: ResourceTable, known: Sequence[Resource]
) -> tuple[list[Need], Analysis]:
    try:
        controllers = [DeclaredController.from_summary(each) for each in plugin.declarations]
    except (KeyError, ValueError, TypeError) as error:
        # The process of a trial import has run code of the plugin, which may have written any other summary.
        raise UsageError(f"{plugin.path}: its declarations cannot be read: {describe(error)}") from error
    declared = needs_of_declarations(plugin.name, controllers, table, sources.operator_namespace)
    source = Scanner(directory_of(plugin_of(Path(plugin.path)))).scan().sources.get(plugin.name)
    if source is None:
        raise UsageError(f"{plugin.path}: has changed meanwhile: try again")
    try:
        return list(declared), analyse(plugin.name, source.files, source.root, controllers, known)
    except OSError as error:
        raise PluginOperatorError(f"the source cannot be analysed here: {describe(error)}") from error


def _needs_of_calls(
    plugin: str, recorded: Iterable[RecordedCall], known: Sequence[Need], table: ResourceTable
) -> Iterator[Need]:
    """Yield a need for each recorded call that nothing else needs: without its names, which are those of a test."""
    rules = [need.rule for need in known]
    for each in recorded:
        call = each.call
        if each.plugin == plugin and not allows(rules, call):
            namespaced = table.is_namespaced(call.api_group, call.resource)
            rule = Permission((call.api_group,), (call.full_resource,), (call.verb,))
            is_of_all = namespaced and not call.namespace
            reason = f"was recorded: {call.verb} {call.full_resource}"
            yield Need(plugin, rule, Origin.RECORDED, "", reason, None if namespaced else (), is_of_all)


def _resources(sources: Sources) -> Iterator[Resource]:
    beside = {directory_of(plugin_of(path)) for path in sources.paths}
    folders = sorted(folder / _CRDS for each in beside for folder in (each, each.parent) if (folder / _CRDS).is_dir())
    for manifest in read_manifests((*folders, *sources.crds), "--crd"):
        try:
            yield from resources_of_crd(manifest.obj)
        except ValueError as error:
            raise UsageError(f"--crd: {manifest.where}: {error}") from error


def _recorded(paths: Iterable[Path]) -> Iterator[RecordedCall]:
    for path in paths:
        try:
            yield from calls_from_json(path.read_bytes())
        except (OSError, ValueError) as error:
            raise UsageError(f"--calls: {path}: {describe(error)}") from error
