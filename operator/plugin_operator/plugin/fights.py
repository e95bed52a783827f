"""Controllers that undo each other's writes: who, on which object, over which field.

Owns the judgement, for all plugins of the process. It looks at what the API server answered to writes, never at events,
so that it costs nothing where nothing is written. Objects that one controller alone writes cost a dict entry each.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from plugin_operator.kube import NamespacedName, Object
from plugin_operator.plugin.fieldpaths import Digests, changed, digests
from plugin_operator.plugin.writes import Target

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
_MAX_WRITERS = 4


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
    """What one writer of an object has left there, and how often it has overwritten another's value in a row."""

    left: Digests
    restored: int = 0
    overwritten: int = 0


@dataclass(slots=True)
class _Object:
    """What is remembered of one object."""

    last: Writer
    version: str
    seen: float
    turns: int = 0
    state: Digests | None = None
    sides: dict[Writer, _Side] = field(default_factory=dict)


class FightDetector:
    """Remembers who wrote which object of late. None of its calls blocks, and all are for one event loop."""

    def __init__(self) -> None:
        self._objects: dict[Target, _Object] = {}
        self._examined: set[Target] = set()
        self._fights: dict[Target, Fight] = {}

    def wrote(self, writer: Writer, target: Target, obj: Object, now: float) -> None:
        """Note that the server answered a write with ``obj``; one that changed nothing counts for nothing."""
        version = (obj.get("metadata") or {}).get("resourceVersion") or ""
        known = self._objects.pop(target, None)
        if known is None or now - known.seen > REST_SECONDS:
            self._examined.discard(target)
            if self._has_room(now):
                self._objects[target] = _Object(writer, version, now)
            return
        self._objects[target] = known  # the one that was written last is the last to be forgotten
        if version == known.version:
            return
        is_turn = writer != known.last
        known.turns += is_turn
        if known.state is None and known.turns >= _SUSPICIOUS_TURNS and len(self._examined) < _MAX_EXAMINED:
            self._examined.add(target)
            known.state = {}
        if known.state is not None:
            self._examine(known, writer, target, digests(obj), now, is_turn=is_turn)
        known.last, known.version, known.seen = writer, version, now

    def last_version(self, target: Target) -> str:
        """Return the version that a controller of this process wrote last; empty if none did of late."""
        known = self._objects.get(target)
        return known.version if known is not None else ""

    def of(self, plugin: str, revision: str, now: float) -> list[Fight]:
        """Return the fights that the revision takes part in now."""
        for target in [each for each in self._examined if now - self._objects[each].seen > REST_SECONDS]:
            self._examined.remove(target)
            del self._objects[target]
        self._fights = {target: fight for target, fight in self._fights.items() if now - fight.seen <= REST_SECONDS}
        return [
            fight
            for fight in self._fights.values()
            if any((writer.plugin, writer.revision) == (plugin, revision) for writer in fight.writers)
        ]

    def _examine(
        self, known: _Object, writer: Writer, target: Target, state: Digests, now: float, *, is_turn: bool
    ) -> None:
        side = known.sides.get(writer)
        if side is None:
            if len(known.sides) >= _MAX_WRITERS:
                del known.sides[next(iter(known.sides))]
            known.sides[writer] = _Side(state)
        else:
            if is_turn and known.state:
                self._judge(known, side, writer, target, state, now)
            side.left = state
        known.state = state

    def _judge(self, known: _Object, side: _Side, writer: Writer, target: Target, state: Digests, now: float) -> None:
        """Compare what the writer left, what the other one made of it, and what the writer makes of that."""
        before, mine = known.state or {}, side.left
        theirs = set(changed(mine, before))
        overwritten = [path for path in changed(before, state) if path in theirs]
        restored = [path for path in overwritten if state.get(path) == mine.get(path)]
        side.restored = side.restored + 1 if restored else 0
        side.overwritten = side.overwritten + 1 if overwritten and now - known.seen <= QUICK_SECONDS else 0
        other = known.sides.get(known.last)
        if other is None:
            return
        if min(side.restored, other.restored) >= RESTORED_TIMES:
            times = side.restored + other.restored
            self._fights[target] = Fight((known.last, writer), target, restored[0], times, now)
        elif min(side.overwritten, other.overwritten) >= OVERWRITTEN_TIMES:
            times = side.overwritten + other.overwritten
            self._fights[target] = Fight((known.last, writer), target, overwritten[0], times, now)

    def _has_room(self, now: float) -> bool:
        while len(self._objects) >= _MAX_OBJECTS:
            oldest = next(iter(self._objects))
            if now - self._objects[oldest].seen <= REST_SECONDS:
                return False
            del self._objects[oldest]
            self._examined.discard(oldest)
        return True
