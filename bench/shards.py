"""``make simulate-shards``: a million objects, 100 replicas and 256 shards with the real state machines.

Time is virtual and messages take milliseconds. The replicas start together; one by one some join, leave in order, or
are killed; then one namespace becomes hot. Printed are imbalance, moves, writes and the coordinator's time.
"""

import heapq
import itertools
import random
import sys
import time
from collections.abc import Callable
from uuid import UUID

from plugin_operator.kube.shards import hash_of
from plugin_operator.sharding import Coordinator, Member, MemberRecord, MembershipTiming, ShardMap, StoredMap, slice_of
from plugin_operator.sharding.actions import (
    CoordinatorAction,
    DrainShard,
    ListLeases,
    MemberAction,
    Publish,
    ReadMap,
    RevokeLease,
    StopMember,
    WriteMap,
)
from plugin_operator.sharding.balance import MOST_FACTOR, Candidate, imbalance

OBJECTS, REPLICAS, SLICES = 1_000_000, 100, 256
TIMING = MembershipTiming()
#: How long a request or an event travels, and how long a shard drains.
TRAVEL_SECONDS, DRAIN_SECONDS = 0.005, 0.2
PHASE_SECONDS = 30.0
EVENTS_OF_EACH_KIND = 10


class Simulation:
    """A store without faults, members and a coordinator on virtual time."""

    def __init__(self, loads: dict[str, float], seed: int = 1) -> None:
        self.now = 0.0
        self.loads = loads
        self.map: StoredMap | None = None
        self.leases: dict[str, tuple[MemberRecord, int]] = {}
        self.members: dict[str, Member] = {}
        self.lease_writes = self.map_writes = self.moves = 0
        self.cpu_seconds = 0.0
        self.unattended: list[float] = []
        self._random = random.Random(seed)
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._count, self._version = itertools.count(), itertools.count(1)
        self._names = itertools.count(1)
        self._drained_at: dict[str, float] = {}
        self._coordinator = Coordinator(timing=TIMING, new_origin=lambda: "first", slices=SLICES)
        self._tick()

    # ---- time

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (self.now + seconds, next(self._count), call))

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self._queue and self._queue[0][0] <= end:
            self.now, _, call = heapq.heappop(self._queue)
            call()
        self.now = end

    # ---- members

    def join(self) -> str:
        name = f"replica-{next(self._names):03}"
        member = self.members[name] = Member(name, timing=TIMING, now=self.now)
        self.after(self._random.random(), lambda: self._turn(member))
        if self.map is not None:
            self._see_map(member, self.map)
        return name

    def leave(self) -> str:
        name = self._any()
        self._do(self.members[name], self.members[name].leave(self.now))
        return name

    def kill(self) -> str:
        name = self._any()
        del self.members[name]
        return name

    def _any(self) -> str:
        return self._random.choice(sorted(self.members))

    def _is_alive(self, member: Member) -> bool:
        return self.members.get(member.name) is member

    def _turn(self, member: Member) -> None:
        if self._is_alive(member):
            member.load = self.loads
            self._do(member, member.tick(self.now))
            self.after(max(0.01, min(member.next_tick - self.now, 1.0)), lambda: self._turn(member))

    def _see_map(self, member: Member, stored: StoredMap) -> None:
        def see() -> None:
            if self._is_alive(member):
                self._do(member, member.on_map(stored, self.now))

        self.after(TRAVEL_SECONDS * (1 + self._random.random()), see)

    def _do(self, member: Member, actions: list[MemberAction]) -> None:
        for action in actions:
            match action:
                case Publish(record):
                    self.after(TRAVEL_SECONDS, lambda record=record: self._store_lease(member, record))  # type: ignore[misc]
                case DrainShard(shard, epoch):
                    self.after(DRAIN_SECONDS * self._random.random(), self._drained(member, shard, epoch))
                case StopMember():
                    self.members.pop(member.name, None)

    def _drained(self, member: Member, shard: str, epoch: int) -> Callable[[], None]:
        def done() -> None:
            if self._is_alive(member):
                self._drained_at[shard] = self.now
                self._do(member, member.on_drained(shard, epoch, self.now))

        return done

    def _store_lease(self, member: Member, record: MemberRecord) -> None:
        if not self._is_alive(member):
            return
        self.lease_writes += 1
        version = next(self._version)
        self.leases[record.name] = record, version
        self.after(TRAVEL_SECONDS, lambda: self._do(member, member.on_renewed(record.renewals, self.now)))
        self._ask(lambda: self._coordinator.on_lease(record, str(version), self.now))

    # ---- the coordinator

    def _tick(self) -> None:
        self._ask(lambda: self._coordinator.tick(self.now), delay=0.0)
        self.after(TIMING.retry_seconds, self._tick)

    def _ask(self, call: Callable[[], list[CoordinatorAction]], delay: float = TRAVEL_SECONDS) -> None:
        def arrive() -> None:
            began = time.process_time()
            actions = call()
            self.cpu_seconds += time.process_time() - began
            for action in actions:
                self._answer(action)

        self.after(delay, arrive)

    def _answer(self, action: CoordinatorAction) -> None:
        machine = self._coordinator
        match action:
            case ReadMap():
                self._ask(lambda: machine.on_map_absent(self.now))
            case WriteMap(content, _):
                self.after(TRAVEL_SECONDS, lambda: self._store_map(content))
            case ListLeases(number):
                listed = [(record, str(version)) for record, version in self.leases.values()]
                self._ask(lambda: machine.on_listed(number, listed, self.now))
            case RevokeLease(name, _):
                self.lease_writes += 1
                self._ask(lambda: machine.on_revoked(name, self.now))

    def _store_map(self, content: ShardMap) -> None:
        self.map_writes += 1
        before = self.map.content if self.map is not None else None
        self.map = StoredMap("uid", str(next(self._version)), content.version, content)
        for name, shard in content.shards.items():
            if before is not None and before.shards[name].owner not in {"", shard.owner}:
                self.moves += 1
                if name in self._drained_at:
                    self.unattended.append(self.now + TRAVEL_SECONDS - self._drained_at.pop(name))
        stored = self.map
        self._ask(lambda: self._coordinator.on_map(stored, self.now))
        for member in list(self.members.values()):
            self._see_map(member, stored)

    # ---- results

    def imbalance(self) -> float:
        content = self.map.content if self.map is not None else None
        if content is None:
            raise RuntimeError("no map was written")
        return imbalance(content, [Candidate(name) for name in self.members], self.loads)


class Report:
    """Runs phases and prints a row of a table for each."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        print("| phase | moves each | bound | busiest replica | writes/s | coordinator's core |")
        print("|---|---|---|---|---|---|")

    def phase(self, name: str, seconds: float, actions: list[Callable[[], object]], *, has_bound: bool = False) -> None:
        """Do each action and wait; print the most moves that one of them caused."""
        simulation = self._simulation
        writes, cpu, began = simulation.lease_writes + simulation.map_writes, simulation.cpu_seconds, simulation.now
        most = 0
        for action in actions or [lambda: None]:
            moves = simulation.moves
            action()
            simulation.run(seconds)
            most = max(most, simulation.moves - moves)
        writes = simulation.lease_writes + simulation.map_writes - writes
        elapsed = simulation.now - began
        bound = f"{MOST_FACTOR * SLICES / REPLICAS:.1f}" if has_bound else "-"
        print(
            f"| {name} | {most} | {bound} | {simulation.imbalance():.2f} | {writes / elapsed:.1f} "
            f"| {(simulation.cpu_seconds - cpu) / elapsed:.2%} |",
            flush=True,
        )


def loads_of(objects: int) -> dict[str, float]:
    """Return how many of some objects with random uids each slice has."""
    source = random.Random(0)
    counts = [0] * SLICES
    for _ in range(objects):
        counts[slice_of(hash_of(str(UUID(int=source.getrandbits(128), version=4))), SLICES)] += 1
    return {str(number): float(count) for number, count in enumerate(counts)}


def main() -> int:
    loads = loads_of(int(sys.argv[1]) if len(sys.argv) > 1 else OBJECTS)
    fair = sum(loads.values()) / SLICES
    print(f"objects of a shard: {min(loads.values()):.0f} to {max(loads.values()):.0f}, {fair:.0f} on average\n")
    simulation = Simulation(loads)
    report = Report(simulation)

    def start() -> None:
        for _ in range(REPLICAS):
            simulation.join()

    report.phase("all start", 2 * PHASE_SECONDS, [start])
    report.phase("nothing happens", 20 * PHASE_SECONDS, [])
    report.phase("one joins", PHASE_SECONDS, [simulation.join] * EVENTS_OF_EACH_KIND, has_bound=True)
    report.phase("one leaves", PHASE_SECONDS, [simulation.leave] * EVENTS_OF_EACH_KIND, has_bound=True)
    report.phase("one is killed", PHASE_SECONDS, [simulation.kill] * EVENTS_OF_EACH_KIND, has_bound=True)

    def replace() -> None:
        simulation.leave()
        simulation.join()

    report.phase("rolling update, one each 5 s", 5.0, [replace] * len(simulation.members))

    def heat() -> None:
        for number in range(8):
            simulation.loads[str(number)] *= 10

    report.phase("8 shards get 10 times the load", 2 * PHASE_SECONDS, [heat])
    waits = sorted(simulation.unattended)
    median, longest = waits[len(waits) // 2] * 1000, waits[-1] * 1000
    print(f"\nfrom the last key of a planned move to the new owner: {median:.0f} ms, at most {longest:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
