"""The Lease through jumps of both clocks: never two leaders, and one again soon."""

import asyncio
from collections.abc import Callable

import pytest

from plugin_operator.errors import LeadershipLost
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.leaderelection.conftest import FakeLeases, Replica

HOUR, YEARS = 3600.0, 10 * 365 * 86_400.0


@pytest.mark.parametrize("seconds", [HOUR, -HOUR, YEARS, -YEARS])
async def test_a_wall_clock_that_is_set_changes_no_leader(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock, seconds: float
) -> None:
    first = start("a")
    await clock.advance(5)
    second = start("b")
    await clock.advance(5)
    clock.jump(seconds)
    for _ in range(60):
        await clock.advance(1)
        assert (first.leads, second.leads) == (True, False)
    await first.stop()
    clock.jump(-seconds)
    await clock.advance(18)
    assert (second.led, leases.spec["holderIdentity"]) == (1, "b")


async def test_a_leader_that_slept_acts_no_more_before_any_timer_has_fired(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(5)
    first.elector.fence.check()
    clock.suspend(11)
    with pytest.raises(LeadershipLost):
        first.elector.fence.check()
    assert not first.leads
    await clock.advance(3)
    with pytest.raises(LeadershipLost, match="could not be renewed within 10 s"):
        await first.task


async def test_a_leader_that_slept_in_the_middle_of_a_renewal_acts_no_more(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(3.9)
    leases.delay_seconds = 1.0
    await clock.advance(0.6)
    clock.suspend(60)
    await clock.advance(0.5)
    with pytest.raises(LeadershipLost):
        first.elector.fence.check()
    assert not first.leads


async def test_a_standby_that_slept_leaves_a_lease_that_was_renewed_meanwhile(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    leases.touch(holderIdentity="elsewhere", leaseDurationSeconds=15, renewTime="2026-01-01T00:00:00.000000Z")
    standby = start("b")
    await clock.advance(5)
    clock.suspend(HOUR)
    leases.touch(renewTime="2026-01-01T01:00:00.000000Z")
    await clock.advance(12)
    assert standby.led == 0


async def test_after_all_have_slept_one_leads_again(
    start: Callable[[str], Replica], leases: FakeLeases, clock: VirtualClock
) -> None:
    first = start("a")
    await clock.advance(1)
    second = start("b")
    await clock.advance(5)
    clock.suspend(HOUR)
    assert not first.leads
    for _ in range(50):
        await clock.advance(0.5)
        assert first.leads + second.leads <= 1
    assert second.leads
    with pytest.raises(LeadershipLost):
        await asyncio.wait_for(first.task, 1)
