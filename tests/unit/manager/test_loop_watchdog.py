"""Noticing that the event loop is blocked."""

import time
from types import FrameType

import structlog

from plugin_operator.manager import LoopWatchdog
from plugin_operator.manager.watchdog import LOOP_STALL
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually


def blame(frame: FrameType) -> str | None:
    return "slowpoke" if frame.f_code.co_name == "reconcile_that_blocks" else None


def reconcile_that_blocks(seconds: float) -> None:
    time.sleep(seconds)


async def test_code_that_blocks_the_loop_is_named_with_its_line() -> None:
    stalls = Metrics().family(LOOP_STALL).child()
    told: list[tuple[str, float, list[str]]] = []
    watchdog = LoopWatchdog(0.05, stalls, blame=blame, on_blocked=lambda *what: told.append(what))
    with structlog.testing.capture_logs() as lines:
        await watchdog.start()
        await eventually(lambda: stalls.count)
        reconcile_that_blocks(0.5)
        await eventually(lambda: told)
        await watchdog.stop(5)
    blocked = [line for line in lines if line["event"] == "Event loop is blocked"]
    assert blocked
    assert blocked[0]["plugin"] == "slowpoke"
    assert blocked[0]["file"] == __file__
    assert "time.sleep(seconds)" in blocked[0]["stack"]
    assert "restart the operator" in blocked[0]["way_out"]
    name, seconds, stack = told[0]
    assert (name, stack) == ("slowpoke", [f"{__file__}:{blocked[0]['line']}"])
    assert seconds >= 0.05


async def test_a_stall_counts_once_with_its_whole_length_however_often_it_is_logged() -> None:
    told: list[tuple[str, float, list[str]]] = []
    stalls = Metrics().family(LOOP_STALL).child()
    watchdog = LoopWatchdog(0.05, stalls, blame=blame, on_blocked=lambda *what: told.append(what))
    with structlog.testing.capture_logs() as lines:
        await watchdog.start()
        for number in (1, 2):
            await eventually(lambda number=number: stalls.count >= number)  # type: ignore[misc]
            reconcile_that_blocks(0.6)
            await eventually(lambda number=number: len(told) == number)  # type: ignore[misc]
        await watchdog.stop(5)
    assert len([line for line in lines if line["event"] == "Event loop is blocked"]) > 2
    assert [(name, seconds > 0.4) for name, seconds, _ in told] == [("slowpoke", True)] * 2


async def test_the_lateness_of_the_loop_is_measured() -> None:
    stalls = Metrics().family(LOOP_STALL).child()
    watchdog = LoopWatchdog(0.0, stalls)
    await watchdog.start()
    await eventually(lambda: stalls.count >= 2)
    await watchdog.stop(5)
    assert stalls.sum >= 0


async def test_a_leader_whose_time_is_over_while_its_loop_is_blocked_leaves_at_once() -> None:
    left: list[int] = []
    until = time.monotonic() - 1
    watchdog = LoopWatchdog(0.05, Metrics().family(LOOP_STALL).child(), leads_until=lambda: until, leave=left.append)
    await watchdog.start()
    deadline = time.monotonic() + 5
    while not left and time.monotonic() < deadline:
        time.sleep(0.01)  # noqa: ASYNC251 - a blocked loop is what this is about
    await watchdog.stop(5)
    assert left[:1] == [1]
