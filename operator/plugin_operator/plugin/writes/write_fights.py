"""Detection of write fights: controllers that undo each other's writes to a field of an object.

Covers all plugins of the process. It inspects responses of writes, never events, so that it costs nothing without
writes. An object with a single writer costs one dict entry.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from plugin_operator.kube import GroupVersionKind, NamespacedName, Object
from plugin_operator.plugin.writes.expectations import ObjectName, Target
from plugin_operator.plugin.writes.field_paths import Digests, changed, digests

#: A fight needs this many restores of its own value by each side, in turn.
RESTORED_TIMES = 10
#: Or this many overwrites of the other side's value, each within ``QUICK_SECONDS``.
OVERWRITTEN_TIMES = 25
#: Longest time from one side's write to an immediate overwrite by the other.
QUICK_SECONDS = 2.0
#: Longest time between writes of a fight; a fight is over after this time without a write.
REST_SECONDS = 30.0

_SUSPICIOUS_TURNS = 4
_MAX_OBJECTS = 10_000
_MAX_EXAMINED = 100
_MAX_WRITERS = 32
_MAX_UNDONE = 100

#: Path of a fight in which one side creates the object and the other deletes it.
EXISTENCE = "(object)"


class Writer(NamedTuple):
    """A writer: one controller of one revision, and its request (None outside of a reconcile)."""

    plugin: str
    revision: str
    controller: str
    request: NamespacedName | None


class Fight(msgspec.Struct, frozen=True):
    """Two writers that undo each other's writes.

    Attributes:
        writers: both writers, in the order of their last writes.
        target: the object.
        path: the field.
        times: number of overwrites.
        seen: monotonic second of the last overwrite.
    """

    writers: tuple[Writer, Writer]
    target: Target
    path: str
    times: int
    seen: float


class _Side(msgspec.Struct):
    """One writer's side of a possible fight over an object.

    Attributes:
        undone: hashes of its values in fields that others have changed since.
        restored, overwritten: consecutive counts, see ``RESTORED_TIMES`` and ``OVERWRITTEN_TIMES``.
        seen: monotonic second when it last wrote over another writer's change.
    """

    undone: dict[str, int | None] = msgspec.field(default_factory=dict)
    restored: int = 0
    overwritten: int = 0
    seen: float = 0.0


class _Object(msgspec.Struct):
    """Recent writes to one object; its fields are those of the API version of the first write."""

    last: Writer
    version: str
    seen: float
    turns: int = 0
    state: Digests | None = None
    api_version: object = None
    sides: dict[Writer, _Side] = msgspec.field(default_factory=dict)


class _Write(NamedTuple):
    """One write and the hashes of the object's fields after it."""

    writer: Writer
    target: Target
    state: Digests
    now: float


class FightDetector:
    """Detects write fights from recent writes. Its calls do not block; it is not thread-safe."""

    def __init__(self) -> None:
        self._objects: dict[ObjectName, _Object] = {}
        self._examined: set[ObjectName] = set()
        self._fights: dict[tuple[ObjectName, frozenset[Writer]], Fight] = {}

    def wrote(self, writer: Writer, target: Target, obj: Object, now: float) -> None:
        """Record the response ``obj`` of a write; a write without a change does not count.

        ``obj`` may have another API version than earlier writes, or show only a part of the object (a Scale).
        """
        version = (obj.get("metadata") or {}).get("resourceVersion") or ""
        self._turn(writer, target, version, obj, now)

    def deleted(self, writer: Writer, target: Target, now: float) -> None:
        """Record the deletion of an object."""
        self._turn(writer, target, "", None, now)

    def _turn(self, writer: Writer, target: Target, version: str, obj: Object | None, now: float) -> None:
        name = target.object
        known = self._objects.pop(name, None)
        if known is None or now - known.seen > REST_SECONDS:
            self._examined.discard(name)
            if self._has_room(now):
                self._objects[name] = _Object(writer, version, now)
            return
        self._objects[name] = known  # keep the order of last writes, for eviction
        if version == known.version:
            return
        known.turns += writer != known.last
        if known.state is None and known.turns >= _SUSPICIOUS_TURNS and len(self._examined) < _MAX_EXAMINED:
            self._examined.add(name)
            known.state = {}
        if known.state is not None:
            self._examine(known, _Write(writer, target, _state_of(known, target.kind, obj), now))
        known.last, known.version, known.seen = writer, version, now

    def last_version(self, target: Target) -> str:
        """Return the resource version of the last recorded write; empty if there is none."""
        known = self._objects.get(target.object)
        return known.version if known is not None else ""

    def of(self, plugin: str, revision: str, now: float) -> list[Fight]:
        """Return the current fights of one revision."""
        for name in [each for each in self._examined if now - self._objects[each].seen > REST_SECONDS]:
            self._examined.remove(name)
            del self._objects[name]
        self._fights = {key: fight for key, fight in self._fights.items() if now - fight.seen <= REST_SECONDS}
        return [
            fight
            for fight in self._fights.values()
            if any((writer.plugin, writer.revision) == (plugin, revision) for writer in fight.writers)
        ]

    def _examine(self, known: _Object, write: _Write) -> None:
        before = known.state or {}
        paths = changed(before, write.state) if before else []
        side = known.sides.pop(write.writer, None)
        if side is None:
            side = _Side()
            if len(known.sides) >= _MAX_WRITERS:
                del known.sides[next(iter(known.sides))]
        elif side.undone:
            overwritten = [path for path in paths if before.get(path) != side.undone.get(path, before.get(path))]
            if overwritten:
                self._judge(known, side, write, overwritten)
            for path in paths:
                side.undone.pop(path, None)
        for other in known.sides.values():
            for path in paths:
                if len(other.undone) < _MAX_UNDONE:
                    other.undone.setdefault(path, before.get(path))
        known.sides[write.writer], known.state = side, write.state

    def _judge(self, known: _Object, side: _Side, write: _Write, overwritten: Sequence[str]) -> None:
        """Count the writer's overwrites of others' changes, and record a fight if the other side does the same."""
        if write.now - side.seen > REST_SECONDS:
            side.restored = side.overwritten = 0
        side.seen = write.now
        restored = [path for path in overwritten if write.state.get(path) == side.undone[path]]
        side.restored = side.restored + 1 if restored else 0
        side.overwritten = side.overwritten + 1 if write.now - known.seen <= QUICK_SECONDS else 0
        other = known.sides.get(known.last)
        if other is None:
            return
        if min(side.restored, other.restored) >= RESTORED_TIMES:
            times, path = side.restored + other.restored, restored[0]
        elif min(side.overwritten, other.overwritten) >= OVERWRITTEN_TIMES:
            times, path = side.overwritten + other.overwritten, overwritten[0]
        else:
            return
        writers = (known.last, write.writer)
        pair = frozenset(each._replace(request=None) for each in writers)
        self._fights[write.target.object, pair] = Fight(writers, write.target, path, times, write.now)

    def _has_room(self, now: float) -> bool:
        while len(self._objects) >= _MAX_OBJECTS:
            oldest = next(iter(self._objects))
            if now - self._objects[oldest].seen <= REST_SECONDS:
                return False
            del self._objects[oldest]
            self._examined.discard(oldest)
        return True


def _state_of(known: _Object, kind: GroupVersionKind, obj: Object | None) -> Digests:
    """Return the field hashes of an object after a write, as far as the response is comparable to the first one."""
    if obj is None:
        return {EXISTENCE: 0}
    found: Mapping[str, int] = {EXISTENCE: 1, **digests(obj)}
    if obj.get("kind", kind.kind) != kind.kind:  # a Scale shares the field replicas with its object
        return {**(known.state or {}), **{path: found[path] for path in found if path.startswith("spec.")}}
    if known.api_version is None:
        known.api_version = kind.version
    if known.api_version == kind.version or not known.state:
        return found
    return {**known.state, **{path: found[path] for path in found if path in known.state}}
