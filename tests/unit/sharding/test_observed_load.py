"""What a worker publishes as the load of its shards."""

import pytest

from plugin_operator.cache import OwnedShards
from plugin_operator.cache.shards.work_meter import LONGEST_SECONDS, WorkMeter
from plugin_operator.kube.shards import HASHES
from plugin_operator.sharding import LEAD
from plugin_operator.sharding.loads.observed_load import IDLE_LOAD, ObservedLoad
from plugin_operator.testing.virtual_clock import VirtualClock

HELD = ("0", "1", LEAD)


class Process:
    """A worker with one meter, whose CPU time the test sets."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.shards = OwnedShards(self.clock)
        self.meter = WorkMeter()
        self.shards.meters.append(self.meter)
        self.cpu = 0.0
        self.load = ObservedLoad(self.shards, self.clock, lambda: self.cpu)

    async def work(self, seconds: int, of: dict[int | None, float], cpu: float = 0.0, slices: int = 256) -> None:
        """Let reconciles of parts of the hashes take a share of each second."""
        for _ in range(seconds):
            await self.clock.advance(1.0)
            self.cpu += cpu
            for part, each in of.items():
                self.meter.worked(None if part is None else part * HASHES // 256, each)
            self.loads = self.load.of(HELD, slices)


async def test_a_shard_has_no_load_until_its_first_list_is_over_and_it_was_measured() -> None:
    process = Process()
    await process.work(60, {0: 0.5})
    assert process.loads == {}
    await process.work(10, {0: 0.5})

    assert process.loads == pytest.approx({"0": 0.5 + IDLE_LOAD, "1": IDLE_LOAD, LEAD: 0.0})


async def test_reconciles_of_the_first_list_do_not_count() -> None:
    process = Process()
    await process.work(30, {1: 0.9})
    await process.work(120, {0: 0.1})

    assert process.loads["1"] == IDLE_LOAD


async def test_recent_samples_count_more() -> None:
    process = Process()
    await process.work(300, {0: 0.4})
    await process.work(60, {1: 0.4})

    assert process.loads["0"] == pytest.approx(0.4 / 2.718, abs=0.01)
    assert process.loads["1"] == pytest.approx(0.4 * (1 - 1 / 2.718), abs=0.01)


async def test_controllers_that_are_not_sharded_are_the_load_of_the_shard_lead() -> None:
    process = Process()
    await process.work(90, {0: 0.2, None: 0.6})

    assert process.loads[LEAD] == pytest.approx(0.6)


async def test_waits_of_many_slots_count_as_the_slots_that_they_occupy() -> None:
    process = Process()
    process.meter.slots = 20
    await process.work(90, {0: 8.0, 1: 2.0})

    assert process.loads == pytest.approx({"0": 0.4 + IDLE_LOAD, "1": 0.1 + IDLE_LOAD, LEAD: 0.0})


async def test_reconciles_that_wait_for_the_core_share_the_core() -> None:
    process = Process()
    process.meter.slots = 100
    await process.work(90, {0: 9.0, 1: 3.0}, cpu=1.2)

    assert process.loads["0"] == pytest.approx(0.75, abs=0.01)
    assert process.loads["1"] == pytest.approx(0.25, abs=0.01)


async def test_no_shard_counts_for_what_the_process_does_beside_its_reconciles() -> None:
    process = Process()
    await process.work(90, {0: 0.01}, cpu=0.9)

    assert process.loads["0"] == pytest.approx(0.01 + IDLE_LOAD)


async def test_parts_are_joined_where_a_map_has_fewer_slices() -> None:
    process = Process()
    await process.work(90, {0: 0.1, 1: 0.1, 3: 0.1, 4: 0.2}, slices=64)

    assert process.loads == pytest.approx({"0": 0.3 + IDLE_LOAD, "1": 0.2 + IDLE_LOAD, LEAD: 0.0})


def test_a_reconcile_that_takes_minutes_counts_for_a_while_only() -> None:
    meter = WorkMeter()
    meter.worked(0, 600.0)

    assert meter.take() == {0: LONGEST_SECONDS}
    assert meter.take() == {}
