"""The coordinator of the workers of one pod: the machines of ``sharding`` over memory and pipes.

Owns the map and the records in memory, and when a worker counts as ended. The shards of a worker that has ended wait
for its next life, because a restart is faster than a list of the API server. If that life does not come, the others get
them.
"""

from collections.abc import Callable, Mapping

import msgspec

from plugin_operator.clock import Clock
from plugin_operator.sharding import LEAD, Coordinator, MemberRecord, MembershipTiming, ShardMap, StoredMap
from plugin_operator.sharding.actions import (
    CoordinatorAction,
    ListLeases,
    ReadLease,
    ReadMap,
    RevokeLease,
    WriteMap,
)
from plugin_operator.sharding.loads.observed_load import IDLE_LOAD

_ORIGIN = "local"
#: How long the shards of an ended worker wait for its next life.
PATIENCE_SECONDS = 5.0


class _Place(msgspec.Struct):
    """The lives of the worker with one number.

    Attributes:
        life: name of the life that publishes; empty before the first.
        ended: name of a life that has ended, whose shards wait.
        missing_since: since when a life is missing; None while one publishes.
    """

    life: str = ""
    ended: str = ""
    missing_since: float | None = None


class LocalCoordinator:
    """Decides which worker owns which shards.

    Args:
        count: number of workers.
        publish: sends a map to all workers.
        revoke: ends the process of a member that does not renew.
        clock: measures time.

    Attributes:
        stored: the map.
        on_map: called with each new map.
    """

    origin = _ORIGIN

    def __init__(
        self, count: int, *, publish: Callable[[StoredMap], None], revoke: Callable[[str], None], clock: Clock
    ) -> None:
        self._coordinator = Coordinator(timing=MembershipTiming(), new_origin=lambda: _ORIGIN)
        self.on_map: Callable[[ShardMap], None] = lambda _: None
        self._publish = publish
        self._revoke = revoke
        self._clock = clock
        self._records: dict[str, tuple[MemberRecord, str]] = {}
        self._places = {number: _Place(missing_since=clock.monotonic()) for number in range(count)}
        self._has_begun = False
        self._versions = 1
        # Settled, because no worker of an earlier supervisor has outlived it.
        founded = ShardMap.found(_ORIGIN, object_uid=_ORIGIN, is_settled=True)
        self.stored = StoredMap(_ORIGIN, "1", founded.version, founded)

    def published(self, number: int, record: MemberRecord) -> None:
        """Note the record of the worker with a number."""
        if record.origin != _ORIGIN:
            return  # it has not seen the map yet, and will publish again
        place, now = self._places[number], self._clock.monotonic()
        self._versions += 1
        version = str(self._versions)
        self._records[record.name] = record, version
        if place.life != record.name:
            if place.ended:
                # In one step with the new life: it is the one that has room for the shards.
                self._coordinator.members.end(place.ended, now)
                self._records.pop(place.ended, None)
            place.life, place.ended, place.missing_since = record.name, "", None
        if self._has_begun:
            self._do(self._coordinator.on_lease(record, version, now))
        else:
            self.tick()

    def exited(self, number: int) -> None:
        """Note that the process of the worker with a number has ended."""
        place = self._places[number]
        if place.life:
            place.ended, place.life = place.life, ""
        if place.missing_since is None:
            place.missing_since = self._clock.monotonic()

    def tick(self) -> None:
        """Do what time makes necessary."""
        now = self._clock.monotonic()
        if not self._has_begun and not self._may_begin(now):
            return
        self._has_begun = True
        for place in self._places.values():
            if place.ended and self._is_given_up(place, now):
                ended, place.ended = place.ended, ""
                self._records.pop(ended, None)
                self._do(self._coordinator.on_exited(ended, now))
        self._do(self._coordinator.tick(now))

    def owners(self) -> Mapping[str, list[str]]:
        """Return the shards of each life, by name."""
        found: dict[str, list[str]] = {}
        current = self.stored.content
        for name, shard in current.shards.items() if current is not None else ():
            found.setdefault(shard.owner, []).append(name)
        return found

    def ended_lives(self) -> frozenset[str]:
        """Return the names of lives that have ended, whose shards wait for the next life of their worker."""
        return frozenset(place.ended for place in self._places.values() if place.ended)

    def load_of(self, life: str) -> float | None:
        """Return how much a life is used, from 0 to 1, as it has published; None before it was measured."""
        record, _ = self._records.get(life, (None, ""))
        if record is None or not record.load:
            return None
        idle = IDLE_LOAD * sum(1 for name in record.load if name != LEAD)
        return round(max(0.0, sum(record.load.values()) - idle), 3)

    def _may_begin(self, now: float) -> bool:
        """Report whether all workers are there: the first one must not get all shards only to give them away."""
        return all(place.life or self._is_given_up(place, now) for place in self._places.values())

    @staticmethod
    def _is_given_up(place: _Place, now: float) -> bool:
        return place.missing_since is not None and now - place.missing_since >= PATIENCE_SECONDS

    def _do(self, actions: list[CoordinatorAction]) -> None:
        pending = list(actions)
        while pending:
            pending += self._done(pending.pop(0), self._clock.monotonic())

    def _done(self, action: CoordinatorAction, now: float) -> list[CoordinatorAction]:
        coordinator = self._coordinator
        match action:
            case ReadMap():
                return coordinator.on_map(self.stored, now)
            case WriteMap():
                self._versions += 1
                self.stored = StoredMap(_ORIGIN, str(self._versions), self.stored.generation + 1, action.content)
                self._publish(self.stored)
                self.on_map(action.content)
                return coordinator.on_map(self.stored, now)
            case ListLeases():
                return coordinator.on_listed(action.number, list(self._records.values()), now)
            case ReadLease():
                known = self._records.get(action.name)
                return coordinator.on_lease(*known, now) if known else coordinator.on_lease_lost(action.name, now)
            case RevokeLease():
                self._revoke(action.name)
        return []
