"""What a process that slept or was blocked past its lease finds when it wakes up."""

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from plugin_operator.errors import LeadershipLost
from plugin_operator.fence import Fence
from plugin_operator.leaderelection import LeaderElector, LeaseLock
from plugin_operator.metrics import Metrics
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.leaderelection.conftest import TIMING, FakeLeases


@pytest.fixture
def lapses() -> list[float]:
    """When a component was about to act too late."""
    return []


@pytest.fixture
async def elector(leases: FakeLeases, clock: VirtualClock, lapses: list[float]) -> AsyncIterator[LeaderElector]:
    lock = LeaseLock(leases, "default", "lease", "a")
    fence = Fence(clock, on_lapse=lambda: lapses.append(clock.monotonic()))
    elector = LeaderElector(lock, fence=fence, clock=clock, metrics=Metrics(), timing=TIMING)
    task = asyncio.create_task(elector.run(lambda: None))
    await clock.advance(0)
    yield elector
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_without_leadership_to_lose_everything_passes(clock: VirtualClock) -> None:
    fence = Fence(clock)
    assert fence.until == math.inf
    fence.check()


async def test_it_stays_open_as_long_as_renewals_succeed(elector: LeaderElector, clock: VirtualClock) -> None:
    for _ in range(50):
        await clock.advance(1)
        elector.fence.check()
        assert elector.fence.until == elector.leads_until


async def test_a_process_that_slept_past_the_renew_deadline_is_stopped_before_it_acts(
    elector: LeaderElector, clock: VirtualClock, lapses: list[float]
) -> None:
    clock._monotonic += 10.0  # nothing ran meanwhile, no timer either
    with pytest.raises(LeadershipLost, match="no longer the leader"):
        elector.fence.check()
    assert len(lapses) == 1


async def test_after_a_release_nothing_passes_but_the_process_ends_in_order(
    elector: LeaderElector, lapses: list[float]
) -> None:
    await elector.release()
    with pytest.raises(LeadershipLost):
        elector.fence.check()
    assert lapses == []


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)])
async def test_a_jump_of_the_wall_clock_neither_ends_leadership_nor_prolongs_it(
    leases: FakeLeases, elector: LeaderElector, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    now = VirtualClock.now
    monkeypatch.setattr(VirtualClock, "now", lambda self: now(self) + jump)
    await clock.advance(60)
    assert elector.is_leader()
    lock = LeaseLock(leases, "default", "lease", "b")
    standby = LeaderElector(lock, fence=Fence(clock), clock=clock, metrics=Metrics(), timing=TIMING)
    waiting = asyncio.create_task(standby.run(lambda: None))
    await clock.advance(60)
    assert (elector.is_leader(), standby.is_leader()) == (True, False)
    leases.down = True
    await clock.advance(10)
    assert not elector.is_leader()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
