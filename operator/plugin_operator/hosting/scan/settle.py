"""When a file may be trusted to be whole.

An editor that writes in place leaves a file that is valid Python long before it is complete. A file counts as settled
once nothing about it has changed for a while; one that arrived by rename is whole at once. Times of files only ever
delay: they are never taken as proof that nothing has changed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from plugin_operator.hosting.scan.tree import Stamp, Tree

SETTLE_SECONDS = 0.3
VANISH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What to wait for.

    Attributes:
        changing: files that may still be being written.
        vanished: files that are gone too short a time to be believed.
        retry_after_seconds: when the first of them may have settled; None if there is nothing to wait for.
    """

    changing: frozenset[str] = frozenset()
    vanished: frozenset[str] = frozenset()
    retry_after_seconds: float | None = None


@dataclass(slots=True)
class _Known:
    stamp: Stamp
    quiet_since: float
    is_atomic: bool


class SettleTracker:
    """Remembers what each scan saw."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._forgotten: dict[str, _Known] = {}
        self._vanished: dict[str, float] = {}
        self._real_root = ""

    def update(self, tree: Tree, *, now: float, wall: float) -> Unsettled:
        """Take in a scan and return what in it is not settled.

        Args:
            tree: what was read.
            now: monotonic seconds.
            wall: seconds since the epoch, the scale of file times.
        """
        swapped = bool(self._real_root) and tree.real_root != self._real_root
        self._real_root = tree.real_root
        waits: list[float] = []
        changing = self._changing(tree, now, wall, waits, swapped=swapped)
        vanished = self._gone(tree, now, waits, swapped=swapped)
        return Unsettled(frozenset(changing), frozenset(vanished), min(waits, default=None))

    def _changing(self, tree: Tree, now: float, wall: float, waits: list[float], *, swapped: bool) -> set[str]:
        changing = set()
        known: dict[str, _Known] = {}
        for name, file in tree.files.items():
            before = self._known.get(name)
            if before is not None and before.stamp == file.stamp and not file.is_changing:
                quiet_since = before.quiet_since
            elif file.is_atomic or swapped:
                quiet_since = -math.inf
            else:
                quiet_since = now - _quiet_before(before, file.stamp, wall, is_changing=file.is_changing)
            known[name] = _Known(file.stamp, quiet_since, file.is_atomic)
            wait = SETTLE_SECONDS - (now - quiet_since)
            if wait > 0:
                changing.add(name)
                waits.append(wait)
        self._forgotten = {name: each for name, each in self._known.items() if name not in known}
        self._known = known
        return changing

    def _gone(self, tree: Tree, now: float, waits: list[float], *, swapped: bool) -> set[str]:
        present: Mapping[str, object] = tree.files | dict.fromkeys(tree.refused)
        for name, known in self._forgotten.items():
            if not known.is_atomic and not swapped and name not in present:
                self._vanished[name] = now
        for name, since in list(self._vanished.items()):
            wait = VANISH_SECONDS - (now - since)
            if name in present or swapped or wait <= 0:
                del self._vanished[name]
            else:
                waits.append(wait)
        return set(self._vanished)


def _quiet_before(before: _Known | None, stamp: Stamp, wall: float, *, is_changing: bool) -> float:
    """Return for how long a file that is seen in this state for the first time has been quiet already."""
    if is_changing:
        return 0.0
    if before is not None and before.stamp.inode == stamp.inode and before.stamp.device == stamp.device:
        return 0.0  # written in place, and the writer may not be done
    if stamp.ctime_ns > stamp.mtime_ns:
        # A file not seen under this name before, whose last touch was no write: it was renamed to it, whole.
        return math.inf
    age = wall - max(stamp.mtime_ns, stamp.ctime_ns) / 1e9
    return max(age, 0.0)
