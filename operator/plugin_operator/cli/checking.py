"""Trying plugin files through the very scanner, trial process and contract that the operator uses."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from plugin_operator.clock import SystemClock
from plugin_operator.hosting.scanner import Scanner
from plugin_operator.hosting.snapshot import PluginSource, Role, Snapshot
from plugin_operator.hosting.validator import Validator

_STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one plugin: a line for people, and whether it may be loaded."""

    ok: bool
    text: str


def check(paths: Sequence[Path], *, timeout_seconds: float) -> list[Finding]:
    """Check each path and return what was found, in order.

    A path is a plugin file, a plugin folder (with ``__init__.py``), or a directory of plugins.
    """
    return asyncio.run(_check(paths, timeout_seconds))


async def _check(paths: Sequence[Path], timeout_seconds: float) -> list[Finding]:
    validator = Validator(clock=SystemClock(), deadline_seconds=timeout_seconds)
    try:
        return [finding for path in paths for finding in await _check_path(path, validator)]
    finally:
        await validator.stop(_STOP_SECONDS)


async def _check_path(path: Path, validator: Validator) -> list[Finding]:
    is_plugin = _is_plugin(path)
    root = path.parent if is_plugin else path
    snapshot = await asyncio.to_thread(Scanner(root).scan)
    if not is_plugin and snapshot.reason and not snapshot.sources and not snapshot.refusals:
        return [Finding(False, f"{path}: {snapshot.reason}")]
    chosen = _chosen(snapshot, path.name.removesuffix(".py") if is_plugin else None)
    if not chosen and is_plugin:
        return [Finding(False, f"{path}: is not a plugin: its name must end in .py, or it must hold an __init__.py")]
    return [await _check_one(name, snapshot, validator) for name in chosen]


def _is_plugin(path: Path) -> bool:
    return not path.is_dir() or (path / "__init__.py").exists() or path.suffix == ".py"


def _chosen(snapshot: Snapshot, name: str | None) -> list[str]:
    known = {**snapshot.sources, **snapshot.refusals}
    if name is not None:
        return [name] if name in known else []
    return sorted(each for each in known if each in snapshot.refusals or snapshot.sources[each].role is not Role.HELPER)


async def _check_one(name: str, snapshot: Snapshot, validator: Validator) -> Finding:
    refusal = snapshot.refusals.get(name)
    if refusal is not None:
        where = f"{refusal.path}:{refusal.line}" if refusal.line else refusal.path
        return Finding(False, f"{where}: {refusal.reason}")
    source = snapshot.sources[name]
    verdict = await validator.validate(source)
    if not verdict.ok:
        return Finding(False, str(verdict.rejection()))
    return Finding(
        True, f"{source.path}: ok ({_described(verdict.declarations)})" + _warnings(source, verdict.leftovers)
    )


def _described(declarations: Iterable[dict[str, object]]) -> str:
    return ", ".join(f"{each.get('name')} for {each.get('for')}" for each in declarations)


def _warnings(source: PluginSource, leftovers: Iterable[str]) -> str:
    return "".join(f"\n{source.path}: warning: its import leaves behind {each}" for each in leftovers)
