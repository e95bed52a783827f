"""What the first and the second signal do."""

import asyncio
import os
import signal
import time

from plugin_operator.manager import signals
from plugin_operator.manager.signals import StopSignals
from plugin_operator.testing.eventually import eventually


async def test_the_first_signal_asks_and_the_second_ends_with_one() -> None:
    asked = asyncio.Event()
    left: list[int] = []
    with StopSignals(asked.set, grace_seconds=60, leave=left.append):
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(asked.wait(), 5)
        assert left == []
        await asyncio.sleep(signals._SAME_PRESS_SECONDS * 1.5)
        os.kill(os.getpid(), signal.SIGINT)
        await eventually(lambda: left == [1])


async def test_one_press_that_arrives_twice_counts_once() -> None:
    asked = asyncio.Event()
    left: list[int] = []
    with StopSignals(asked.set, grace_seconds=60, leave=left.append):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.wait_for(asked.wait(), 5)
    assert left == []


async def test_a_stop_that_outlasts_its_grace_is_ended_even_if_the_loop_is_blocked() -> None:
    left: list[int] = []
    with StopSignals(lambda: None, grace_seconds=0.05, leave=left.append):
        os.kill(os.getpid(), signal.SIGTERM)
        blocked_until = time.monotonic() + 5
        while not left and time.monotonic() < blocked_until:
            time.sleep(0.01)  # noqa: ASYNC251 - a blocked loop is what this is about
    assert left == [1]


async def test_the_earlier_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with StopSignals(lambda: None, grace_seconds=1, leave=lambda code: None):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
