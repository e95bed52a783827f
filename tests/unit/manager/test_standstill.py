"""A process that was stopped as a whole blames nobody for it."""

import time
from types import FrameType

import pytest
import structlog

from plugin_operator.clock import SystemClock
from plugin_operator.manager import LoopWatchdog
from plugin_operator.manager.standstill import Standstill
from plugin_operator.manager.watchdog import LOOP_STALL
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock


class Machine(SystemClock):
    """It can sleep for as long as a test says."""

    slept_seconds = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.slept_seconds


@pytest.mark.parametrize(
    ("late_seconds", "processor_seconds", "expected"),
    [
        pytest.param(3600.0, 0.1, 3600.0, id="stopped for an hour"),
        pytest.param(3600.0, 3500.0, 0.0, id="code that held the lock of the interpreter"),
        pytest.param(0.5, 0.0, 0.0, id="a busy machine"),
        pytest.param(0.0, 0.0, 0.0, id="on time"),
    ],
)
def test_only_an_idle_process_stood_still(
    monkeypatch: pytest.MonkeyPatch, late_seconds: float, processor_seconds: float, expected: float
) -> None:
    clock = VirtualClock()
    monkeypatch.setattr(time, "process_time", lambda: 5.0)
    standstill = Standstill(clock, 0.25)
    clock.suspend(0.25 + late_seconds)
    monkeypatch.setattr(time, "process_time", lambda: 5.0 + processor_seconds)
    assert standstill.seconds() == expected
    assert standstill.seconds() == 0.0


async def test_a_plugin_is_not_charged_with_the_sleep_of_the_machine() -> None:
    clock, stalls = Machine(), Metrics().family(LOOP_STALL).child()
    told: list[object] = []

    def everybody(frame: FrameType) -> str:
        return frame.f_code.co_name

    watchdog = LoopWatchdog(
        2.0,
        stalls,
        blame=everybody,
        on_blocked=lambda *what: told.append(what),
        leader_margin_seconds=0.05,  # looks as often
        clock=clock,
    )
    with structlog.testing.capture_logs() as lines:
        await watchdog.start()
        await eventually(lambda: stalls.count)
        clock.slept_seconds = 36_000.0
        time.sleep(0.2)  # noqa: ASYNC251 - the loop is late as well, when the machine wakes
        await eventually(lambda: stalls.count > 2)
        await watchdog.stop(5)
    assert {line["event"] for line in lines} == {"Process was suspended"}
    assert 35_990 < lines[0]["seconds"] < 36_010
    assert not told


async def test_a_leader_that_slept_past_its_lease_may_end_in_order_before_it_is_ended() -> None:
    clock, stalls = Machine(), Metrics().family(LOOP_STALL).child()
    left: list[int] = []
    until = clock.monotonic() + 10
    watchdog = LoopWatchdog(0.2, stalls, leads_until=lambda: until, leave=left.append, clock=clock)
    with structlog.testing.capture_logs() as lines:
        await watchdog.start()
        await eventually(lambda: stalls.count)
        clock.slept_seconds = 60.0
        await eventually(lambda: left)
        await watchdog.stop(5)
    assert lines[0]["event"] == "Process was suspended", "the loop had an interval to notice by itself"
