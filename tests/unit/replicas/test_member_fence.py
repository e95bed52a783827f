"""The fence of a replica closes when its Lease was not renewed in time, and opens with the next renewal."""

import asyncio
import math
from collections.abc import Callable

import pytest

from plugin_operator.errors import LeadershipLost
from plugin_operator.replicas.member_fence import MemberFence
from plugin_operator.testing.virtual_clock import VirtualClock, VirtualTimer


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that stands still."""
    return VirtualClock()


@pytest.fixture
def fence(clock: VirtualClock) -> MemberFence:
    """A fence that is open for ten seconds."""
    made = MemberFence(clock)
    assert made.extend(clock.monotonic() + 10.0)
    return made


async def test_work_waits_after_the_deadline_until_the_next_renewal(fence: MemberFence, clock: VirtualClock) -> None:
    await clock.advance(9.9)
    fence.check()
    await clock.advance(0.1)
    assert (fence.is_suspended, fence.is_open, fence.closes_at) == (True, False, None)
    waiting = asyncio.create_task(fence.passage())
    await clock.advance(5.0)
    assert not waiting.done()
    assert fence.extend(clock.monotonic() + 10.0)
    await waiting
    assert fence.closes_at == clock.monotonic() + 10.0


async def test_each_renewal_moves_the_deadline(fence: MemberFence, clock: VirtualClock) -> None:
    for _ in range(5):
        await clock.advance(5.0)
        fence.extend(clock.monotonic() + 10.0)
    await clock.advance(9.9)
    fence.check()
    assert clock.pending == 1


class EarlyClock(VirtualClock):
    """A clock whose timers fire a part of a millisecond early, as uvloop rounds them."""

    __slots__ = ()

    def call_later(self, delay_seconds: float, callback: Callable[[], None]) -> VirtualTimer:
        """Schedule the call in whole milliseconds, rounded down."""
        return super().call_later(math.floor(delay_seconds * 1000) / 1000, callback)


async def test_work_waits_though_the_timer_of_the_loop_fires_early() -> None:
    clock = EarlyClock()
    fence = MemberFence(clock)
    fence.extend(clock.monotonic() + 10.0004)
    await clock.advance(10.0002)
    assert fence.is_open
    await clock.advance(0.001)
    assert (fence.is_suspended, fence.closes_at) == (True, None)


async def test_a_process_that_was_suspended_acts_no_more_before_its_timers_run(
    fence: MemberFence, clock: VirtualClock
) -> None:
    clock.suspend(60.0)
    assert not fence.is_open
    with pytest.raises(LeadershipLost):
        fence.check()
    assert fence.is_suspended


async def test_an_answer_that_comes_after_its_own_deadline_opens_nothing(
    fence: MemberFence, clock: VirtualClock
) -> None:
    await clock.advance(20.0)
    assert not fence.extend(clock.monotonic())
    assert fence.is_suspended


async def test_a_closed_fence_never_opens_and_refuses_what_waits(fence: MemberFence, clock: VirtualClock) -> None:
    await clock.advance(10.0)
    waiting = asyncio.create_task(fence.passage())
    await clock.advance(0.0)
    fence.close()
    with pytest.raises(LeadershipLost):
        await waiting
    assert not fence.extend(clock.monotonic() + 10.0)
    assert not fence.is_open
