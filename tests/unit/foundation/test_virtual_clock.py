import asyncio
from datetime import timedelta
from functools import partial

import pytest

from plugin_operator.testing.virtual_clock import VirtualClock


async def test_time_stands_still_until_it_is_advanced() -> None:
    clock = VirtualClock()
    before, wall = clock.monotonic(), clock.now()
    await asyncio.sleep(0)
    assert (clock.monotonic(), clock.now()) == (before, wall)
    await clock.advance(90)
    assert clock.monotonic() == before + 90
    assert clock.now() == wall + timedelta(seconds=90)


async def test_timers_fire_in_order_each_at_its_own_moment() -> None:
    clock = VirtualClock()
    start, fired = clock.monotonic(), []
    for delay in (3, 1, 2, 1):
        clock.call_later(delay, partial(lambda delay: fired.append((delay, clock.monotonic() - start)), delay))
    cancelled = clock.call_later(2, lambda: fired.append((0, 0)))
    cancelled.cancel()
    await clock.advance(2.5)
    assert fired == [(1, 1), (1, 1), (2, 2)]
    assert clock.pending == 1


async def test_what_a_timer_wakes_may_set_timers_that_count_within_the_same_advance() -> None:
    clock = VirtualClock()
    steps = []

    async def walk() -> None:
        for _ in range(5):
            await clock.sleep(1)
            steps.append(clock.monotonic())

    walking = asyncio.ensure_future(walk())
    await clock.advance(5)
    assert walking.done()
    assert [step - steps[0] for step in steps] == [0, 1, 2, 3, 4]


async def test_a_cancelled_sleep_ends_at_once_and_leaves_no_timer() -> None:
    clock = VirtualClock()
    sleeping = asyncio.ensure_future(clock.sleep(60))
    await clock.settle()
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping
    assert clock.pending == 0


async def test_settle_runs_long_chains_and_two_may_settle_at_once() -> None:
    clock = VirtualClock()
    hops = 0

    async def hop() -> None:
        nonlocal hops
        for _ in range(500):
            hops += 1
            await asyncio.sleep(0)

    hopping = asyncio.ensure_future(hop())
    await asyncio.gather(clock.settle(), clock.settle())
    assert hops == 500
    await hopping


async def test_settle_says_so_if_something_never_rests() -> None:
    clock = VirtualClock()

    loop, spinning = asyncio.get_running_loop(), True

    def spin() -> None:
        if spinning:
            loop.call_soon(spin)

    spin()
    with pytest.raises(TimeoutError, match="is still busy after"):
        await clock.settle()
    spinning = False
