"""Controllers that undo each other's writes: who, on which object, over which field.

Owns the judgement, for all plugins of the process. It looks at what the API server answered to writes, never at events,
so that it costs nothing where nothing is written. Objects that one controller alone writes cost a dict entry each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from plugin_operator.kube import GroupVersionKind, NamespacedName, Object
from plugin_operator.plugin.writes.expectations import ObjectName, Target
from plugin_operator.plugin.writes.field_paths import Digests, changed, digests

#: Each side must have put its own value back so often, one after the other.
RESTORED_TIMES = 10
#: Or have overwritten what the other one wrote, each time at once.
OVERWRITTEN_TIMES = 25
#: What "at once" is.
QUICK_SECONDS = 2.0
#: Writes further apart than this are no fight, and a fight is over once it has rested for so long.
REST_SECONDS = 30.0

_SUSPICIOUS_TURNS = 4
_MAX_OBJECTS = 10_000
_MAX_EXAMINED = 100
_MAX_WRITERS = 32
_MAX_UNDONE = 100

#: The path of a fight over whether there is such an object.
EXISTENCE = "(object)"


class Writer(NamedTuple):
    """Who writes: one controller of one revision, for one of its objects (None outside of a reconcile)."""

    plugin: str
    revision: str
    controller: str
    request: NamespacedName | None


@dataclass(frozen=True, slots=True)
class Fight:
    """Two writers that undo each other's writes.

    Attributes:
        writers: both, in the order in which they wrote last.
        target: the object.
        path: the field.
        times: how often one has overwritten the other's value.
        seen: when that was last, on the monotonic clock.
    """

    writers: tuple[Writer, Writer]
    target: Target
    path: str
    times: int
    seen: float


@dataclass(slots=True)
class _Side:
    """What others have made of what one writer left in an object, and how often it has overwritten them in a row.

    Attributes:
        undone: what it left in the fields that others have changed since.
        restored, overwritten: how often, see ``RESTORED_TIMES`` and ``OVERWRITTEN_TIMES``.
        seen: when it was last overwritten and wrote again.
    """

    undone: dict[str, int | None] = field(default_factory=dict)
    restored: int = 0
    overwritten: int = 0
    seen: float = 0.0


@dataclass(slots=True)
class _Object:
    """What is remembered of one object; its fields are those of the version it was first examined in."""

    last: Writer
    version: str
    seen: float
    turns: int = 0
    state: Digests | None = None
    api_version: object = None
    sides: dict[Writer, _Side] = field(default_factory=dict)


class _Write(NamedTuple):
    """One write, and what the object was like after it."""

    writer: Writer
    target: Target
    state: Digests
    now: float


class FightDetector:
    """Remembers who wrote which object of late. None of its calls blocks, and all are for one event loop."""

    def __init__(self) -> None:
        self._objects: dict[ObjectName, _Object] = {}
        self._examined: set[ObjectName] = set()
        self._fights: dict[tuple[ObjectName, frozenset[Writer]], Fight] = {}

    def wrote(self, writer: Writer, target: Target, obj: Object, now: float) -> None:
        """Note that the server answered a write with ``obj``; one that changed nothing counts for nothing.

        ``obj`` may be of another version than the others wrote, or show but a part (a Scale).
        """
        version = (obj.get("metadata") or {}).get("resourceVersion") or ""
        self._turn(writer, target, version, obj, now)

    def deleted(self, writer: Writer, target: Target, now: float) -> None:
        """Note that the server took the deletion of an object."""
        self._turn(writer, target, "", None, now)

    def _turn(self, writer: Writer, target: Target, version: str, obj: Object | None, now: float) -> None:
        name = target.object
        known = self._objects.pop(name, None)
        if known is None or now - known.seen > REST_SECONDS:
            self._examined.discard(name)
            if self._has_room(now):
                self._objects[name] = _Object(writer, version, now)
            return
        self._objects[name] = known  # the one that was written last is the last to be forgotten
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
        """Return the version that a controller of this process wrote last; empty if none did of late."""
        known = self._objects.get(target.object)
        return known.version if known is not None else ""

    def of(self, plugin: str, revision: str, now: float) -> list[Fight]:
        """Return the fights that the revision takes part in now."""
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
        """Count what the writer makes of what others made of what it left, and tell of it if they do the same."""
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
    """Return the fields of an object after a write, as far as the answer shows them in the form of the first one."""
    if obj is None:
        return {EXISTENCE: 0}
    found: Mapping[str, int] = {EXISTENCE: 1, **digests(obj)}
    if obj.get("kind", kind.kind) != kind.kind:  # a Scale: it has replicas in common with what it is of
        return {**(known.state or {}), **{path: found[path] for path in found if path.startswith("spec.")}}
    if known.api_version is None:
        known.api_version = kind.version
    if known.api_version == kind.version or not known.state:
        return found
    return {**known.state, **{path: found[path] for path in found if path in known.state}}
