"""The workers of a pod share the load that they observe, and come to rest."""

import random
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence

import pytest

from plugin_operator.processes.local_coordinator import LocalCoordinator
from plugin_operator.sharding import LEAD, Member, MembershipTiming, StoredMap
from plugin_operator.sharding.actions import DrainShard, MemberAction, Publish, StartShard
from plugin_operator.sharding.loads.observed_load import IDLE_LOAD
from plugin_operator.testing.virtual_clock import VirtualClock

SLICES = 256
MEASURED_SECONDS = 60.0
TICK_SECONDS = 2.5


class Pod:
    """Real machines; workers that measure a load as real ones do: what is above their capacity does not show."""

    def __init__(self, count: int, seed: int = 0, *, noise: float = 0.0) -> None:
        self.clock = VirtualClock()
        self.demand: dict[str, float] = dict.fromkeys(map(str, range(SLICES)), 0.0)
        self.moves: list[tuple[float, str]] = []
        self._random = random.Random(seed)
        self._noise = noise
        self._inbox: deque[Callable[[], None]] = deque()
        self._gained: dict[str, dict[str, float]] = {}
        self.coordinator = LocalCoordinator(count, publish=self._published, revoke=lambda _: None, clock=self.clock)
        self._members = [
            Member(f"life-{number}", timing=MembershipTiming(), now=self.clock.monotonic()) for number in range(count)
        ]
        for member in self._members:
            self._gained[member.name] = {}
            self._post(member.on_map, self.coordinator.stored)

    async def run(self, seconds: float) -> None:
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            await self.clock.advance(TICK_SECONDS)
            for number, member in enumerate(self._members):
                member.load = self._observed(member)
                self._do(number, member.tick(self.clock.monotonic()))
            self._deliver()
            self.coordinator.tick()
            self._deliver()

    def owned(self, number: int) -> list[str]:
        """Return the slices of one worker."""
        return [each for each in self.coordinator.owners().get(f"life-{number}", []) if each != LEAD]

    def busiest(self) -> float:
        """Return the demand of the busiest worker in fair shares."""
        total = sum(self.demand.values()) + SLICES * IDLE_LOAD
        sums = [
            sum(IDLE_LOAD + self.demand[each] for each in self.owned(number)) for number in range(len(self._members))
        ]
        return max(sums) / total * len(sums)

    def _observed(self, member: Member) -> Mapping[str, float]:
        gained = self._gained[member.name]
        total = sum(self.demand.get(each, 0.0) for each in gained)
        scale = min(1.0, 1.0 / total) if total else 1.0
        since = self.clock.monotonic() - MEASURED_SECONDS
        return {
            name: IDLE_LOAD + self.demand[name] * scale * max(0.0, self._random.gauss(1.0, self._noise))
            for name, at in gained.items()
            if at <= since and name != LEAD
        }

    def _published(self, stored: StoredMap) -> None:
        for member in self._members:
            self._post(member.on_map, stored)

    def _post(self, call: Callable[[StoredMap, float], Sequence[MemberAction]], stored: StoredMap) -> None:
        number = next(place for place, each in enumerate(self._members) if each.on_map == call)
        self._inbox.append(lambda: self._do(number, call(stored, self.clock.monotonic())))

    def _deliver(self) -> None:
        while self._inbox:
            self._inbox.popleft()()

    def _do(self, number: int, actions: Sequence[MemberAction]) -> None:
        member, now = self._members[number], self.clock.monotonic()
        for action in actions:
            match action:
                case Publish(record):
                    self.coordinator.published(number, record)
                    self._inbox.append(lambda record=record: self._do(number, member.on_renewed(record.renewals, now)))  # type: ignore[misc]
                case StartShard(shard):
                    self._gained[member.name][shard] = now
                case DrainShard(shard, epoch):
                    del self._gained[member.name][shard]
                    self.moves.append((now, shard))
                    self._do(number, member.on_drained(shard, epoch, now))


async def test_two_hot_shards_of_one_worker_part() -> None:
    pod = Pod(2)
    await pod.run(30)
    hot = pod.owned(0)[:2]
    pod.demand |= dict.fromkeys(hot, 0.4)
    await pod.run(300)

    assert len(set(hot) & set(pod.owned(0))) == 1
    assert pod.busiest() < 1.1


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("hot", [0.1, 0.5, 3.0], ids=["little", "much", "more than a worker can do"])
async def test_the_shards_of_busy_workers_come_to_rest_and_none_moves_to_and_fro(count: int, hot: float) -> None:
    pod = Pod(count, noise=0.15)
    await pod.run(30)
    pod.demand |= dict.fromkeys(pod.owned(0)[:40:4], hot / 10)
    await pod.run(1200)
    moved = Counter(shard for _, shard in pod.moves)
    assert pod.busiest() < 1.35
    assert max(moved.values(), default=1) == 1
    await pod.run(1200)

    assert Counter(shard for _, shard in pod.moves) == moved


async def test_a_single_hot_shard_keeps_its_worker_and_moves_nothing_again_and_again() -> None:
    pod = Pod(2, noise=0.15)
    await pod.run(30)
    hot = pod.owned(0)[7]
    pod.demand[hot] = 0.9
    await pod.run(900)
    moves = len(pod.moves)
    assert moves <= 0.2 * SLICES
    assert hot in pod.owned(0)
    await pod.run(1800)

    assert len(pod.moves) == moves


async def test_load_that_wanders_faster_than_it_is_observed_moves_little() -> None:
    pod = Pod(2, noise=0.15)
    await pod.run(30)
    source = random.Random(1)
    for _ in range(120):
        pod.demand = dict.fromkeys(pod.demand, 0.0)
        pod.demand[str(source.randrange(SLICES))] = 0.5
        await pod.run(30)

    assert len(pod.moves) <= 60


async def test_workers_with_little_to_do_move_no_shards() -> None:
    pod = Pod(3, noise=1.0)
    pod.demand |= {"3": 0.01, "5": 0.02}
    await pod.run(1800)

    assert pod.moves == []
