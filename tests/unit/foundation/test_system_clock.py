"""The clock of the machine, which may sleep."""

import asyncio
import time

import pytest

from plugin_operator import clock as clock_module
from plugin_operator.clock import SystemClock
from plugin_operator.testing.eventually import eventually

BOOT = getattr(time, "CLOCK_BOOTTIME", None)


class SleepingMachine(SystemClock):
    """Its sleep moves the clock on, and no timer of the event loop."""

    slept_seconds = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.slept_seconds


@pytest.mark.skipif(BOOT is None, reason="NOT RUN: no CLOCK_BOOTTIME here")
def test_the_sleep_of_the_machine_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def read(clock: int) -> float:
        asked.append(clock)
        return 7.0

    monkeypatch.setattr(time, "clock_gettime", read)
    assert (SystemClock().monotonic(), asked) == (7.0, [BOOT])


async def test_a_long_timer_fires_soon_after_a_sleep_past_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_module, "LONGEST_TIMER_SECONDS", 0.01)
    clock, fired = SleepingMachine(), asyncio.Event()
    clock.call_later(10 * 365 * 86_400, fired.set)
    sleeping = asyncio.ensure_future(clock.sleep(36_000))
    await asyncio.sleep(0.03)
    assert not fired.is_set()
    assert not sleeping.done()
    clock.slept_seconds = 40_000
    await asyncio.wait_for(sleeping, 5)
    assert not fired.is_set()
    clock.slept_seconds = 11 * 365 * 86_400
    await asyncio.wait_for(fired.wait(), 5)


async def test_a_long_timer_can_be_taken_back_whenever_it_has_looked_at_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock_module, "LONGEST_TIMER_SECONDS", 0.005)
    clock, fired = SleepingMachine(), []
    timer, shorter = (clock.call_later(seconds, lambda: fired.append(1)) for seconds in (3600, 0.05))
    await eventually(lambda: fired)
    timer.cancel()
    shorter.cancel()
    clock.slept_seconds = 7200
    await asyncio.sleep(0.02)
    assert fired == [1]
