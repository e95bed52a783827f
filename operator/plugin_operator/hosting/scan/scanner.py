"""Scans of the plugins directory, the source of truth about which plugins should run.

Owns building a ``Snapshot`` from tree, settling and units. Leaves the time of a scan to ``watcher`` and ``host``.
"""

import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from plugin_operator.clock import Clock, SystemClock
from plugin_operator.hosting.inspection.inspector import Inspector
from plugin_operator.hosting.scan.import_graph import Unit, closure, find_units, imported_names, role_of
from plugin_operator.hosting.scan.settle import SettleTracker, Unsettled
from plugin_operator.hosting.scan.snapshot import Directory, PluginSource, Rejection, Snapshot, digest_of
from plugin_operator.hosting.scan.tree import Tree, read_tree
from plugin_operator.paths import fixed

_PATIENCE_SECONDS = 60.0
_PENDING_SECONDS = 0.1


class Gate(Protocol):
    """Decides whether a directory may be loaded; see ``signing.verifier.Verifier``."""

    @property
    def files(self) -> Collection[str]:
        """Names of top-level files that the gate needs."""

    def admit(self, tree: Tree) -> str:
        """Remove these files from ``tree`` and return why the tree is rejected, or an empty text."""


class Scanner:
    """Scanner of one plugins directory.

    Args:
        root: the directory; it need not exist yet. A relative path is made absolute now, before plugins can ``chdir``.
        clock: measures settling.
        gate: must admit the directory; None admits every directory.
        patience_seconds: how long a scan waits for the parsing of new files; files that take longer are not settled.
        originals: files and folders of which ``root`` is a copy; see ``names.shadowed_by``.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        clock: Clock | None = None,
        gate: Gate | None = None,
        patience_seconds: float = _PATIENCE_SECONDS,
        originals: Collection[str] = (),
    ) -> None:
        self.root = str(root)
        self.place = str(fixed(Path(root)))
        self._gate = gate
        self._clock = clock or SystemClock()
        self._settle = SettleTracker()
        self._closures: dict[str, tuple[str, ...]] = {}
        self._inspector = Inspector()
        self._patience = patience_seconds
        self._originals = frozenset(originals)
        self._looks = 0
        self._tree: Tree | None = None
        self._admitted: Tree | None = None
        self._snapshot: Snapshot | None = None

    def scan(self) -> Snapshot:
        """Read the directory and return a snapshot. Blocks: call it in a thread, one call at a time.

        Returns the same object while nothing changes.
        """
        self._looks += 1
        read = read_tree(
            self.root, self._gate.files if self._gate is not None else (), self._tree, self._looks, place=self.place
        )
        if read.directory is not Directory.OK and read.directory is not Directory.EMPTY:
            return Snapshot(self.root, read.directory, read.reason)
        self._tree = read
        tree = replace(read, files=dict(read.files), refused=dict(read.refused))
        rejection = self._gate.admit(tree) if self._gate is not None else ""
        if rejection:
            return Snapshot(self.root, Directory.UNTRUSTED, f"{self.root} is not trusted: {rejection}")
        last, self._admitted = self._admitted, tree
        if (
            self._snapshot is None
            or self._snapshot.retry_after_seconds is not None
            or last is None
            or not tree.is_same(last)
        ):
            self._snapshot = self._judge(tree)
        return self._snapshot

    def _judge(self, tree: Tree) -> Snapshot:
        unsettled = self._settle.update(tree, now=self._clock.monotonic(), wall=time.time())
        units = find_units(tree, self.root, self._inspector, self._patience, self._originals)
        vanishing = frozenset(map(_first_part, unsettled.vanished)) - units.keys()
        pending = frozenset(name for name, unit in units.items() if unit.is_pending)
        sources = self._sources(units, tree, unsettled, pending)
        waits = [unsettled.retry_after_seconds, _PENDING_SECONDS if pending else None]
        refused = {name: unit.rejection for name, unit in units.items() if unit.rejection is not None}
        # Ignore an entry that is not named like code, unless it was a plugin or helper before.
        odd = {name for name in refused if not units[name].is_code and name not in self._closures}
        self._closures = {name: closure(units, name) for name in {*sources, *(refused.keys() - odd)}}
        directory, reason = tree.directory, tree.reason
        if directory is Directory.OK and not units.keys() - odd:
            directory, reason = Directory.EMPTY, f"{self.root} contains no Python files"
        return Snapshot(
            root=self.root,
            directory=directory,
            reason=reason,
            sources=sources,
            rejections={name: rejection for name, rejection in refused.items() if name not in odd},
            vanishing=vanishing,
            retry_after_seconds=min((wait for wait in waits if wait is not None), default=None),
            ignored=(*tree.ignored, *(f"{name} {refused[name].reason}" for name in sorted(odd))),
            folders=tree.watchable[1:],  # the first is the directory itself
            pending=pending,
        )

    def _sources(
        self, units: Mapping[str, Unit], tree: Tree, unsettled: Unsettled, pending: frozenset[str]
    ) -> dict[str, PluginSource]:
        imported = imported_names(units.values())
        gone = {_first_part(path) for path in unsettled.vanished}
        sources = {}
        for name, unit in units.items():
            if unit.rejection is not None:
                continue
            pulled = closure(units, name)
            files = {path: tree.files[path].content for each in pulled for path in units[each].files}
            # A unit without known importers may be a helper of one that is still being parsed.
            unclear = bool(pending) and (not unit.declares and name not in imported)
            moving = (
                unclear
                or not pending.isdisjoint(pulled)
                or not gone.isdisjoint((*pulled, *self._closures.get(name, ())))
            )
            sources[name] = PluginSource(
                name=name,
                path=f"{self.root}/{unit.main}",
                files=files,
                digest=digest_of(files),
                root=self.root,
                role=role_of(unit, imported),
                is_settled=not moving and unsettled.changing.isdisjoint(files),
                rejection=_first_rejection(units[each] for each in pulled),
                code={path: made for each in pulled for path, made in units[each].code.items()},
            )
        return sources


def _first_rejection(units: Iterable[Unit]) -> Rejection | None:
    return next((unit.rejection for unit in units if unit.rejection is not None), None)


def _first_part(path: str) -> str:
    return path.partition("/")[0].removesuffix(".py")
