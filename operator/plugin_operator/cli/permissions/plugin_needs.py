"""What plugins named on the command line need, from all that is known without a cluster."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from plugin_operator.cli.checking.definitions import definitions_of
from plugin_operator.cli.checking.plugin_check import CheckSettings, check
from plugin_operator.cli.checking.report import CheckedPlugin, Mistake
from plugin_operator.cli.crd_files import crd_of, folders_beside
from plugin_operator.cli.manifest_files import read_manifests
from plugin_operator.cli.permissions.definition_needs import needs_of_definitions
from plugin_operator.cli.plugin_paths import directory_of, plugin_of
from plugin_operator.errors import PluginOperatorError, UsageError
from plugin_operator.hosting.lints.lint import REJECTED
from plugin_operator.hosting.permissions.calls import RecordedCall, calls_from_json
from plugin_operator.hosting.permissions.declared import DeclaredController, needs_of_declarations
from plugin_operator.hosting.permissions.needs import Need, Origin, Unclear
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.rules import allows
from plugin_operator.hosting.permissions.source.contained_analysis import Analyser, Analysis
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.hosting.scan.snapshot import PluginSource
from plugin_operator.kube import GroupVersionKind, Resource
from plugin_operator.plugin import Permission
from plugin_operator.rendering import describe


class Sources(msgspec.Struct, frozen=True):
    """Where needs come from.

    Attributes:
        paths: plugin files, plugin folders, or directories of plugins.
        crds: files and folders with CustomResourceDefinitions.
        calls: files with recorded calls.
        operator_namespace: namespace of the operator.
        timeout_seconds: deadline of a trial import.
        lints: whether the lints run.
        applies_crds: whether the operator installs the definitions of the plugins' classes.
    """

    paths: Sequence[Path]
    crds: Sequence[Path] = ()
    calls: Sequence[Path] = ()
    operator_namespace: str = ""
    timeout_seconds: float = 30.0
    lints: bool = False
    applies_crds: bool = False


class PluginNeeds(msgspec.Struct, frozen=True):
    """What plugins need.

    Attributes:
        plugins: their names and paths, in the order of the command line.
        needs: what they need.
        unclear: calls that their source does not show.
        guesses: kinds whose plural is guessed.
        mistakes: why plugins cannot be loaded; the fields above are then incomplete.
        findings: what else is wrong with them, or may be.
        definitions: the CustomResourceDefinitions that their classes define.
    """

    plugins: Sequence[tuple[str, str]] = ()
    needs: Sequence[Need] = ()
    unclear: Sequence[Unclear] = ()
    guesses: Sequence[GroupVersionKind] = ()
    mistakes: Sequence[Mistake] = msgspec.field(default=())
    findings: Sequence[Mistake] = ()
    definitions: Sequence[Mapping[str, Any]] = ()


def needs_for(sources: Sources) -> PluginNeeds:
    """Return what plugins need: by their declarations, their source and recorded calls.

    Raises:
        UsageError: a file of CRDs or recorded calls cannot be used.
        PluginOperatorError: the plugins cannot be read.
    """
    known = tuple(_resources(sources))
    recorded = list(_recorded(sources.calls))
    report = check(sources.paths, CheckSettings(sources.timeout_seconds, lints=sources.lints))
    definitions, _ = definitions_of(report.plugins)
    known = (*known, *(resource for each in definitions for resource in _resources_in(each)))
    table, guesses = ResourceTable(known), set[GroupVersionKind]()
    loaded = [each for each in report.plugins if each.state == "ok"]
    findings = [each for each in report.mistakes if each.rule != REJECTED.id]
    failed = [_with_way_out(each) for each in report.mistakes if each.rule == REJECTED.id]
    helpers = [each for each in report.plugins if each.state == "helper"]
    failed += [Mistake(each.path, "declares no controller: name the plugins that import it") for each in helpers]
    needs: list[Need] = []
    unclear: list[Unclear] = []
    read = cache(_sources_in)  # once for each directory, not for each plugin in it
    with closing(Analyser()) as analyser:
        for plugin in loaded:
            files = read(directory_of(plugin_of(Path(plugin.path)))).get(plugin.name)
            declared, source = _needs_of(plugin, files, sources, table, known, analyser)
            found = [*declared, *source.found.needs]
            needs += [*found, *_needs_of_calls(plugin.name, recorded, found, table)]
            unclear += source.found.unclear
            guesses |= {*source.guesses, *table.guesses()}
    if sources.applies_crds:
        needs += needs_of_definitions(loaded)
    plugins = [(each.name, each.path) for each in loaded]
    return PluginNeeds(plugins, tuple(dict.fromkeys(needs)), unclear, sorted(guesses), failed, findings, definitions)


def _with_way_out(mistake: Mistake) -> Mistake:
    """Return a mistake that says where to install a package: an operator may have it, and this command does not."""
    if " is not installed" not in mistake.message:
        return mistake
    return replace(mistake, message=f"{mistake.message}; install it here too, because the roles come from an import")


def _sources_in(directory: Path) -> Mapping[str, PluginSource]:
    return Scanner(directory).scan().sources


def _needs_of(
    plugin: CheckedPlugin,
    source: PluginSource | None,
    sources: Sources,
    table: ResourceTable,
    known: Sequence[Resource],
    analyser: Analyser,
) -> tuple[list[Need], Analysis]:
    try:
        controllers = [DeclaredController.from_summary(each) for each in plugin.declarations]
    except (KeyError, ValueError, TypeError) as error:
        # The process of a trial import has run code of the plugin, which may have written any other summary.
        raise UsageError(f"{plugin.path}: its declarations cannot be read: {describe(error)}") from error
    declared = needs_of_declarations(plugin.name, controllers, table, sources.operator_namespace)
    if source is None:
        raise UsageError(f"{plugin.path}: has changed meanwhile: try again")
    try:
        return list(declared), analyser.analyse(plugin.name, source.files, source.root, controllers, known)
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
    for manifest in read_manifests((*folders_beside(sources.paths), *sources.crds), "--crd"):
        try:
            yield from _resources_in(manifest.obj)
        except ValueError as error:
            raise UsageError(f"--crd: {manifest.where}: {error}") from error


def _resources_in(document: Mapping[str, Any]) -> Iterable[Resource]:
    crd = crd_of(document)
    return crd.resources() if crd is not None else ()


def _recorded(paths: Iterable[Path]) -> Iterator[RecordedCall]:
    for path in paths:
        try:
            yield from calls_from_json(path.read_bytes())
        except (OSError, ValueError) as error:
            raise UsageError(f"--calls: {path}: {describe(error)}") from error
