"""The processes of the model: members and coordinators, each the real state machine behind a small driver."""

from collections.abc import Callable
from typing import Any

from plugin_operator.sharding import Coordinator, Member, MemberRecord, MembershipTiming, StoredMap
from plugin_operator.sharding.actions import (
    CoordinatorAction,
    DrainShard,
    ListLeases,
    MemberAction,
    Publish,
    ReadLease,
    ReadMap,
    RevokeLease,
    StartShard,
    StopMember,
    WriteMap,
)
from plugin_operator.sharding.lease_writer import (
    LeaseRequest,
    LeaseState,
    LeaseWriter,
    LookUpLease,
    UpdateLease,
    lease_of,
)
from tests.sharding_model.store import Lease
from tests.sharding_model.world import Process, World

#: The longest deadline that the bound on drift permits, almost: mistakes of half a second show.
TIMING = MembershipTiming(lease_seconds=15.0, deadline_seconds=12.2)
REQUEST_SECONDS = 3.0

Answered = Callable[[tuple[str, Lease | None]], None]


class MemberProcess(Process):
    """A process that joins, works, and joins again with a new name when a life is over.

    Attributes:
        work: shards with keys in work, and the epoch at which that work began.
        revision: what the process runs; published with the next renewal.
    """

    def __init__(
        self,
        world: World,
        new_member: Callable[..., Member],
        new_writer: Callable[[LeaseState], LeaseWriter],
        changed: Callable[[], None],
    ) -> None:
        super().__init__(world)
        self.revision = ""
        self._new_member = new_member
        self._new_writer = new_writer
        self._changed = changed
        self.observe(frozenset({"map"}), self._on_event)
        self._join()
        self._poll()

    def acts_on(self) -> list[str]:
        """Return the shards on which the process could act now, also if it is stopped and wakes this moment."""
        if self.is_dead or self.member is None:
            return []
        now = self.clock()
        return [shard for shard, epoch in self.work.items() if self.member.may_act(shard, epoch, now)]

    @property
    def name(self) -> str:
        """Name of the member; empty before it has a Lease."""
        return self.member.name if self.member is not None else ""

    def _join(self) -> None:
        """Create a Lease; one without an answer is forgotten."""
        self.work: dict[str, int] = {}
        self.member: Member | None = None
        name = self.world.new_name()
        state = {"open": True}

        def again() -> None:
            if state["open"]:
                state["open"] = False
                self.timer(1.0, self._join)

        def created(answer: tuple[str, Lease | None]) -> None:
            lease = answer[1]
            if lease is None:
                again()
            elif state["open"]:
                state["open"] = False
                self._live(lease.state)

        self.ask(lambda: self.world.store.create_lease(name), created, again, REQUEST_SECONDS)

    def _live(self, lease: LeaseState) -> None:
        self._writer = self._new_writer(lease)
        self.member = member = self._new_member(lease.member, timing=TIMING, now=self.clock())
        member.revision = self.revision
        self._read_map()
        self._perform(member, member.tick(self.clock()))
        self._tick_later(member)

    def leave(self) -> None:
        if self.member is not None:
            self._perform(self.member, self.member.leave(self.clock()))

    def finish(self) -> None:
        if self.member is not None:
            self.work.clear()
            self._perform(self.member, self.member.finish(self.clock()))

    # ---- timers and events

    def _tick_later(self, member: Member) -> None:
        wait = max(0.05, member.next_tick - self.clock()) if not member.is_over else 5.0
        self.timer(min(wait, 5.0), lambda: self._tick(member))

    def _tick(self, member: Member) -> None:
        if member is self.member and not member.is_over:
            member.revision = self.revision
            self._perform(member, member.tick(self.clock()))
            self._tick_later(member)

    def _poll(self) -> None:
        self._read_map()
        self.timer(8.0 + 8.0 * self.world.random.random(), self._poll)

    def _read_map(self) -> None:
        self.ask(self.world.store.read_map, lambda answer: self._on_event("map", answer[1]), _nothing, REQUEST_SECONDS)

    def _on_event(self, kind: str, state: Any) -> None:
        if kind == "map" and isinstance(state, StoredMap) and self.member is not None:
            self._perform(self.member, self.member.on_map(state, self.clock()))

    # ---- actions

    def _perform(self, member: Member, actions: list[MemberAction]) -> None:
        for action in actions:
            match action:
                case Publish(record):
                    self._publish(record, member)
                case StartShard(shard, epoch):
                    self.work[shard] = epoch
                case DrainShard(shard, epoch):
                    self._drain(shard, epoch, member)
                case StopMember():
                    self.timer(4.0 * self.world.random.random(), self._join)
        if actions:
            self._changed()

    def _drain(self, shard: str, epoch: int, member: Member) -> None:
        def done() -> None:
            if member is self.member:
                if self.work.get(shard) == epoch:
                    del self.work[shard]
                self._perform(member, member.on_drained(shard, epoch, self.clock()))

        self.timer(self.world.random.choice((0.0, 1.0, 8.0)) * self.world.random.random(), done)
        if self.world.random.random() < self.world.trouble:
            self.timer(9.0, done)

    def _publish(self, record: MemberRecord, member: Member) -> None:
        writer = self._writer

        def failed() -> None:
            writer.on_doubt()
            self._report(member, lambda: member.on_publish_failed(record.renewals, self.clock()))

        def lost() -> None:
            writer.on_missing()
            self._report(member, lambda: member.on_lease_lost("the Lease is gone"))

        def written(answer: tuple[str, Lease | None]) -> None:
            word, lease = answer
            if lease is not None:
                writer.on_written(lease.state)
                self._report(member, lambda: member.on_renewed(record.renewals, self.clock()))
                self._changed()
            elif word == "missing":
                lost()
            else:
                failed()

        def looked(answer: tuple[str, Lease | None]) -> None:
            lease = answer[1]
            request = writer.on_found(record, lease.state) if lease is not None else None
            if request is not None:
                self._send(request, written, looked, failed)
            elif lease is None or writer.is_lost:
                lost()

        self._send(writer.publish(record), written, looked, failed)

    def _report(self, member: Member, call: Callable[[], list[MemberAction]]) -> None:
        if member is self.member:
            self._perform(member, call())

    def _send(self, request: LeaseRequest, written: Answered, looked: Answered, failed: Callable[[], None]) -> None:
        store = self.world.store
        match request:
            case UpdateLease(record, known):
                self.ask(lambda: store.update_lease(record, known), written, failed, REQUEST_SECONDS)
            case LookUpLease(record):
                name = lease_of(record.name)[0]
                self.ask(lambda: store.read_lease(name), looked, failed, REQUEST_SECONDS)


class CoordinatorProcess(Process):
    """A process that coordinates until it is killed, perhaps between two of its actions.

    Args:
        world: time and network.
        new_coordinator: makes the state machine.
        fragility: how likely it dies at each of its actions.
        died: called when it dies by that.
    """

    def __init__(
        self, world: World, new_coordinator: Callable[..., Coordinator], fragility: float, died: Callable[[], None]
    ) -> None:
        super().__init__(world)
        self.machine = new_coordinator(timing=TIMING, new_origin=world.new_name)
        self.fragility = fragility
        self._died = died
        self.observe(frozenset({"map", "no map", "lease", "lost"}), self._on_event)
        self._tick()
        self._poll()

    def _reconnect(self) -> None:
        super()._reconnect()
        self.deliver(lambda: self.machine.on_reconnected(self.clock()))

    def _tick(self) -> None:
        self._perform(self.machine.tick(self.clock()))
        self.timer(1.0 + 2.0 * self.world.random.random(), self._tick)

    def _poll(self) -> None:
        """List the Leases and the map as an informer does after its watch broke."""

        def listed(answer: tuple[str, list[Lease]]) -> None:
            for lease in answer[1]:
                self._on_event("lease", lease)

        store = self.world.store
        self.ask(store.list_leases, listed, _nothing, REQUEST_SECONDS)
        self.ask(store.read_map, lambda answer: self._on_event(*_map_event(answer)), _nothing, REQUEST_SECONDS)
        self.timer(8.0 + 8.0 * self.world.random.random(), self._poll)

    def _on_event(self, kind: str, state: Any) -> None:
        machine, now = self.machine, self.clock()
        match kind:
            case "lease":
                if state.is_of_member:
                    self._perform(machine.on_lease(state.record, str(state.version), now))
            case "lost":
                self._perform(machine.on_lease_lost(state, now))
            case "map":
                self._perform(machine.on_map_event(state, now))
            case "no map":
                self._perform(machine.on_map_doubt(now))

    def _perform(self, actions: list[CoordinatorAction]) -> None:
        for action in actions:
            if self.is_dead:
                return
            self._do(action)
            if self.world.random.random() < self.fragility:
                self.is_dead = True
                self._died()

    def _do(self, action: CoordinatorAction) -> None:
        machine, store = self.machine, self.world.store

        def doubt() -> None:
            self._perform(machine.on_map_doubt(self.clock()))

        def read(answer: tuple[str, StoredMap | None]) -> None:
            word, stored = answer
            if stored is not None:
                self._perform(machine.on_map(stored, self.clock()))
            elif word == "missing":
                self._perform(machine.on_map_absent(self.clock()))
            else:
                doubt()

        match action:
            case ReadMap():
                self.ask(store.read_map, read, lambda: machine.on_unanswered(action), REQUEST_SECONDS)
            case WriteMap(content, version):
                self.ask(lambda: store.write_map(content, version), read, doubt, REQUEST_SECONDS)
            case ListLeases(number):
                self._list(number, lambda: machine.on_unanswered(action))
            case ReadLease(name):
                self._read_lease(name)
            case RevokeLease(name, version):
                self._revoke(name, version)

    def _list(self, number: int, failed: Callable[[], None]) -> None:
        self.ask(self.world.store.list_leases, lambda answer: self._listed(number, answer[1]), failed, REQUEST_SECONDS)

    def _listed(self, number: int, leases: list[Lease]) -> None:
        listed = [
            (lease.record, str(lease.version)) for lease in leases if lease.record is not None and lease.is_of_member
        ]
        self._perform(self.machine.on_listed(number, listed, self.clock()))

    def _read_lease(self, name: str) -> None:
        lease = lease_of(name)[0]
        self.ask(lambda: self.world.store.read_lease(lease), lambda answer: self._found(name, answer), _nothing, 1.0)

    def _found(self, name: str, answer: tuple[str, Lease | None]) -> None:
        lease = answer[1]
        is_there = lease is not None and lease.state.member == name
        self._on_event("lease", lease) if is_there else self._on_event("lost", name)

    def _revoke(self, name: str, version: str) -> None:
        def revoked(answer: tuple[str, None]) -> None:
            word = answer[0]
            if word == "ok":
                self._perform(self.machine.on_revoked(name, self.clock()))
            elif word == "missing":
                self._on_event("lost", name)
            else:
                failed()

        def failed() -> None:
            self._perform(self.machine.on_revoke_failed(name))

        lease = lease_of(name)[0]
        self.ask(lambda: self.world.store.delete_lease(lease, version), revoked, failed, REQUEST_SECONDS)


def _map_event(answer: tuple[str, StoredMap | None]) -> tuple[str, StoredMap | None]:
    return "map" if answer[1] is not None else "no map", answer[1]


def _nothing() -> None:
    """Wait for the next attempt."""
