"""Validation of plugin files with the operator's own scanner, trial process and contract."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin_operator.cli.plugin_paths import chosen, directory_of, is_plugin
from plugin_operator.clock import SystemClock
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.inspection.imports import code_of
from plugin_operator.hosting.requirements.installed_check import RequirementsUnmet, check_installed
from plugin_operator.hosting.scan.scanner import Gate, Scanner
from plugin_operator.hosting.scan.snapshot import Directory, PluginSource, Snapshot
from plugin_operator.hosting.validation.validator import Validator
from plugin_operator.threads import in_thread

_STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """Result for one plugin: a line of text, whether the plugin is accepted, and its controllers."""

    ok: bool
    text: str
    declarations: Sequence[dict[str, Any]] = ()


def check(
    paths: Sequence[Path],
    *,
    timeout_seconds: float,
    key_file: Path | None = None,
    allows_missing_requirements: bool = False,
) -> list[Finding]:
    """Check each path and return the findings, by directory and in order.

    A path is a plugin file, a plugin folder (with ``__init__.py``), or a directory of plugins. With
    ``allows_missing_requirements``, a plugin whose requirements are not installed is compiled but not imported.

    Raises:
        UsageError: the public key in ``key_file`` is invalid.
    """
    return asyncio.run(_check(paths, timeout_seconds, key_file, compiles_only=allows_missing_requirements))


async def _check(
    paths: Sequence[Path], timeout_seconds: float, key_file: Path | None, *, compiles_only: bool
) -> list[Finding]:
    validator = Validator(clock=SystemClock(), deadline_seconds=timeout_seconds)

    async def check_one(name: str, snapshot: Snapshot) -> Finding:
        compiled = _compiled(snapshot.sources.get(name)) if compiles_only else None
        return compiled or await _check_one(name, snapshot, validator)

    try:
        found: dict[Path, list[Finding]] = {}
        for path in paths:
            found.setdefault(directory_of(path), []).extend(await _check_path(path, check_one, key_file))
        return [finding for each in found.values() for finding in (*each, *_doubles(each))]
    finally:
        await validator.stop(_STOP_SECONDS)


async def _check_path(
    path: Path, check_one: Callable[[str, Snapshot], Awaitable[Finding]], key_file: Path | None
) -> list[Finding]:
    directory = directory_of(path)
    gate = _gate(key_file, directory) if key_file is not None else None
    snapshot = await in_thread(Scanner(directory, gate=gate).scan)
    is_refused = snapshot.directory is Directory.UNTRUSTED or not is_plugin(path)
    if is_refused and snapshot.reason and not snapshot.sources and not snapshot.rejections:
        return [Finding(False, f"{path}: {snapshot.reason}")]
    names = chosen(snapshot, path)
    if not names and is_plugin(path):
        return [Finding(False, f"{path}: is not a plugin: its name must end in .py, or it must contain an __init__.py")]
    return [await check_one(name, snapshot) for name in names]


def _doubles(findings: Iterable[Finding]) -> list[Finding]:
    """Return a finding for each controller whose name or id is used by an earlier plugin in the same directory."""
    first: dict[tuple[str, str], str] = {}
    doubles = []
    for finding in findings:
        for each in finding.declarations:
            where = f"{each.get('path')}:{each.get('line')}"
            for field in ("name", "id"):
                value = str(each.get(field))
                other = first.setdefault((field, value), where)
                if other != where:
                    taken = f"{value!r} is the {field} of the controller in {other}"
                    reason = f"{field}: {taken}: choose another with {field}="
                    doubles.append(Finding(False, f"{where}: {reason}"))
                    break  # without a declared id, the id is the name
    return doubles


def _gate(key_file: Path, directory: Path) -> Gate:
    # Imported on demand: the cryptography library takes time and memory.
    from plugin_operator.hosting.signing.verifier import Verifier

    return Verifier.for_directory(key_file, directory)


async def _check_one(name: str, snapshot: Snapshot, validator: Validator) -> Finding:
    rejection = snapshot.rejections.get(name)
    if rejection is not None:
        where = f"{rejection.path}:{rejection.line}" if rejection.line else rejection.path
        return Finding(False, f"{where}: {rejection.reason}")
    source = snapshot.sources[name]
    verdict = await validator.validate(source)
    if not verdict.ok:
        return Finding(False, str(verdict.rejection()))
    text = f"{source.path}: ok ({_described(verdict.declarations)})" + _warnings(source, verdict.leftovers)
    return Finding(True, text, verdict.declarations)


def _compiled(source: PluginSource | None) -> Finding | None:
    """Compile a plugin whose requirements are not installed and return the finding; None for other plugins."""
    if source is None or source.rejection is not None:
        return None
    try:
        check_installed(source.files, source.root)
    except RequirementsUnmet as unmet:
        for name, made in source.code.items():
            try:
                code_of(made, f"{source.root}/{name}")
            except SyntaxError as error:
                where = f"{error.filename}:{error.lineno}" if error.lineno else f"{error.filename}"
                return Finding(False, f"{where}: {type(error).__name__}: {error.msg}")
        return Finding(True, f"{source.path}: compiled, not imported: {unmet.reason}")
    except PluginRejected:
        pass
    return None


def _described(declarations: Iterable[dict[str, Any]]) -> str:
    return ", ".join(f"{each.get('name')} {_occasion(each)}" for each in declarations)


def _occasion(declaration: dict[str, Any]) -> str:
    """Return the reconciled kind of a controller, or the triggers of one without a kind, as text."""
    if kind := declaration.get("for"):
        return f"for {kind}"
    sources = [f"on {each}" for each in declaration.get("sources") or ()]
    kinds = [f"on {each}" for each in declaration.get("watches") or ()]
    return " and ".join([*(declaration.get("schedules") or ()), *sources, *kinds])


def _warnings(source: PluginSource, leftovers: Iterable[str]) -> str:
    return "".join(f"\n{source.path}: warning: its import {each}" for each in leftovers)
