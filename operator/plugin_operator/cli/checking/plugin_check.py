"""Checks of plugin files with the operator's own scanner, trial process and contract, and with the lints."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from plugin_operator.cli.checking.clashes import clashes_between, conflicts_between
from plugin_operator.cli.checking.definitions import definitions_of
from plugin_operator.cli.checking.kind_check import Definitions, check_kinds, crds_of_classes
from plugin_operator.cli.checking.plugin_lints import lint_all
from plugin_operator.cli.checking.report import CheckedPlugin, CheckReport, Mistake, declaration_from, report_of
from plugin_operator.cli.plugin_paths import chosen, directory_of, is_plugin, plugin_of, unseen, why_none
from plugin_operator.clock import SystemClock
from plugin_operator.errors import PluginOperatorError, PluginRejected
from plugin_operator.hosting.inspection.imports import code_of
from plugin_operator.hosting.requirements.installed_check import RequirementsUnmet, check_installed
from plugin_operator.hosting.scan.scanner import Gate, Scanner
from plugin_operator.hosting.scan.snapshot import PluginSource, Rejection, Role, Snapshot
from plugin_operator.hosting.validation.protocol import Verdict
from plugin_operator.hosting.validation.validator import Validator
from plugin_operator.rendering import describe
from plugin_operator.threads import in_thread

_STOP_SECONDS = 5.0


class CheckSettings(msgspec.Struct, frozen=True):
    """How plugins are checked.

    Attributes:
        timeout_seconds: deadline of a trial import.
        key_file: public key that must have signed each directory; None trusts all.
        allows_missing_requirements: whether a plugin whose requirements are not installed is compiled only.
        lints: whether the lints run, and kinds are compared with CustomResourceDefinitions.
        crds: files and folders with CustomResourceDefinitions, besides the folders beside the plugins.
    """

    timeout_seconds: float
    key_file: Path | None = None
    allows_missing_requirements: bool = False
    lints: bool = True
    crds: Sequence[Path] = ()


def check(paths: Sequence[Path], settings: CheckSettings) -> CheckReport:
    """Check each plugin that the paths name, once, and all of them together.

    A path is a plugin file, a plugin folder (with ``__init__.py``), a file in one, or a directory of plugins.

    Raises:
        UsageError: the public key in ``key_file`` is invalid, or a file in ``crds`` cannot be read.
        PluginOperatorError: no process can be started.
    """
    try:
        return asyncio.run(_check(paths, settings))
    except OSError as error:
        raise PluginOperatorError(f"the check cannot run here: {describe(error)}") from error


async def _check(paths: Sequence[Path], settings: CheckSettings) -> CheckReport:
    definitions = await in_thread(Definitions, paths, settings.crds) if settings.lints else None
    validator = Validator(clock=SystemClock(), deadline_seconds=settings.timeout_seconds)
    plugins: list[CheckedPlugin] = []
    others: list[Mistake] = []
    try:
        for directory, inside in _by_directory(paths):
            gate = _gate(settings.key_file, directory) if settings.key_file is not None else None
            snapshot = await in_thread(Scanner(directory, gate=gate).scan)
            names, lost = _names(snapshot, inside)
            checked = [await _check_one(name, snapshot, validator, settings) for name in names]
            plugins += checked
            others += [*lost, *clashes_between(checked), *conflicts_between(names, snapshot)]
            made, wrong = definitions_of(checked)
            others += wrong
            if definitions is not None:
                others += await in_thread(lint_all, checked, snapshot)
                others += await in_thread(check_kinds, checked, snapshot, [*definitions.crds, *crds_of_classes(made)])
    finally:
        await validator.stop(_STOP_SECONDS)
    return report_of(plugins, [*others, *(definitions.mistakes if definitions is not None else ())])


def _by_directory(paths: Iterable[Path]) -> list[tuple[Path, list[Path]]]:
    """Return the paths below each directory, which may have many names: the first is shown."""
    found: dict[str, tuple[Path, list[Path]]] = {}
    for path in map(plugin_of, paths):
        directory = directory_of(path)
        found.setdefault(os.path.realpath(directory), (directory, []))[1].append(path)
    return list(found.values())


def _names(snapshot: Snapshot, paths: Iterable[Path]) -> tuple[list[str], list[Mistake]]:
    """Return the names that paths choose in a directory, each once, and the paths that choose none."""
    names: dict[str, None] = {}
    lost: dict[Mistake, None] = {}
    for path in paths:
        found = chosen(snapshot, path)
        names.update(dict.fromkeys(found))
        hidden = [] if is_plugin(path) else unseen(snapshot)
        lost |= dict.fromkeys(Mistake(str(path), each) for each in hidden)
        if not found and not hidden:
            lost[Mistake(str(path), why_none(snapshot, path))] = None
    return list(names), list(lost)


def _gate(key_file: Path, directory: Path) -> Gate:
    # Imported on demand: the cryptography library takes time and memory.
    from plugin_operator.hosting.signing.verifier import Verifier

    return Verifier.for_directory(key_file, directory)


async def _check_one(name: str, snapshot: Snapshot, validator: Validator, settings: CheckSettings) -> CheckedPlugin:
    rejection = snapshot.rejections.get(name)
    if rejection is not None:
        return _rejected(name, rejection)
    source = snapshot.sources[name]
    if source.rejection is not None:
        return _rejected(name, source.rejection, source.path)
    if source.role is Role.HELPER:
        return _compiled(source, "helper")
    if settings.allows_missing_requirements and (note := _missing(source)):
        return _compiled(source, "compiled", note)
    return _judged(source, await validator.validate(source))


def _rejected(name: str, rejection: Rejection, path: str = "") -> CheckedPlugin:
    mistake = Mistake(rejection.path, rejection.reason, rejection.line)
    return CheckedPlugin(name, path or rejection.path, "rejected", mistakes=(mistake,))


def _compiled(source: PluginSource, state: str, note: str = "") -> CheckedPlugin:
    broken = _syntax_errors(source)
    return CheckedPlugin(source.name, source.path, "rejected" if broken else state, note, mistakes=broken)


def _judged(source: PluginSource, verdict: Verdict) -> CheckedPlugin:
    if not verdict.ok:
        refused = verdict.rejection()
        mistakes = [Mistake(each.path or source.path, each.reason, each.line) for each in (refused, *refused.others)]
        every = dict.fromkeys((*mistakes, *_syntax_errors(source)))
        return CheckedPlugin(source.name, source.path, "rejected", mistakes=tuple(every))
    effects = tuple(Mistake.side_effect(source.path, f"its import {each}") for each in verdict.leftovers)
    declarations = [declaration_from(each) for each in verdict.declarations]
    return CheckedPlugin(
        source.name,
        source.path,
        "ok",
        declarations=declarations,
        definitions=verdict.definitions,
        metrics=verdict.metrics,
        mistakes=effects,
    )


def _syntax_errors(source: PluginSource) -> tuple[Mistake, ...]:
    """Return the first syntax error of each file of a plugin, where a trial stops at the first file."""
    found = []
    for name, made in sorted(source.code.items()):
        try:
            code_of(made, f"{source.root}/{name}")
        except SyntaxError as error:
            found.append(Mistake(str(error.filename), f"{type(error).__name__}: {error.msg}", error.lineno))
    return tuple(found)


def _missing(source: PluginSource) -> str:
    """Return which requirements of a plugin are not installed; empty if they are, or are malformed."""
    try:
        check_installed(source.files, source.root)
    except RequirementsUnmet as unmet:
        return unmet.reason
    except PluginRejected:
        pass
    return ""
