"""Order, deadlines and exit status of the manager, on a virtual clock."""

import asyncio
from collections.abc import Sequence
from typing import Any, NoReturn

import pytest

from plugin_operator.errors import LeadershipLost, PluginOperatorError
from plugin_operator.manager import Manager
from plugin_operator.testing.virtual_clock import VirtualClock


class Part:
    """A Runnable that writes down what happens to it."""

    def __init__(self, name: str, diary: list[str], *, fails: Exception | None = None, hangs: str = "") -> None:
        self.name = name
        self.diary = diary
        self.fails = fails
        self.hangs = hangs
        self.deadline_seconds = 0.0

    async def start(self) -> None:
        self.diary.append(f"start {self.name}")
        if self.hangs == "start":
            await asyncio.Event().wait()
        if self.fails:
            raise self.fails

    async def stop(self, deadline_seconds: float) -> None:
        self.deadline_seconds = deadline_seconds
        if self.hangs == "stop":
            await asyncio.Event().wait()
        self.diary.append(f"stop {self.name}")


class Election:
    """Stands for a LeaderElector."""

    def __init__(self, diary: list[str]) -> None:
        self.diary = diary
        self.led = asyncio.Event()
        self.lost = asyncio.Event()

    async def run(self, on_lead: Any) -> NoReturn:
        await self.led.wait()
        on_lead()
        await self.lost.wait()
        raise LeadershipLost("the Lease could not be renewed")

    async def release(self) -> None:
        self.diary.append("release")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def diary() -> list[str]:
    return []


def manager_of(parts: Sequence[Any], leader_parts: Sequence[Any] = (), **settings: Any) -> Manager:
    return Manager(parts, leader_parts, **settings)


async def test_parts_start_in_order_and_stop_in_reverse(clock: VirtualClock, diary: list[str]) -> None:
    manager = manager_of([Part("a", diary), Part("b", diary)], [Part("c", diary)], clock=clock)
    run = asyncio.create_task(manager.run())
    await clock.advance(1)
    manager.request_stop()
    assert await run == 0
    assert diary == ["start a", "start b", "start c", "stop c", "stop b", "stop a"]


async def test_the_leader_part_waits_for_leadership_and_ends_before_the_lease_is_released(
    clock: VirtualClock, diary: list[str]
) -> None:
    election = Election(diary)
    manager = manager_of([Part("http", diary)], [Part("work", diary)], elector=election, clock=clock)
    run = asyncio.create_task(manager.run())
    await clock.advance(60)
    assert diary == ["start http"]
    election.led.set()
    await clock.advance(0)
    manager.request_stop()
    assert await run == 0
    assert diary == ["start http", "start work", "stop work", "release", "stop http"]


@pytest.mark.parametrize("trouble", ["hangs", "fails"])
async def test_the_lease_is_left_to_expire_if_work_did_not_end(
    clock: VirtualClock, diary: list[str], trouble: str
) -> None:
    election = Election(diary)
    election.led.set()
    work = Part("work", diary, hangs="stop" if trouble == "hangs" else "")
    if trouble == "fails":
        work.stop = raising(PluginOperatorError("reconciles ignore their cancellation"))  # type: ignore[method-assign]
    manager = manager_of([Part("http", diary)], [work], elector=election, grace_seconds=10, clock=clock)
    run = asyncio.create_task(manager.run())
    await clock.advance(0)
    manager.request_stop()
    await clock.advance(11)
    assert await run == 1
    assert "release" not in diary
    assert diary[-1] == "stop http"


def raising(error: Exception) -> Any:
    async def stop(deadline_seconds: float) -> None:
        raise error

    return stop


async def test_lost_leadership_ends_at_once_and_stops_nothing(clock: VirtualClock, diary: list[str]) -> None:
    election = Election(diary)
    election.led.set()
    manager = manager_of([Part("http", diary)], [Part("work", diary)], elector=election, clock=clock)
    run = asyncio.create_task(manager.run())
    await clock.advance(0)
    election.lost.set()
    assert await run == 1
    assert manager.lost_leadership
    assert diary == ["start http", "start work"]


async def test_a_part_that_breaks_ends_everything_with_one(clock: VirtualClock, diary: list[str]) -> None:
    manager = manager_of([Part("a", diary), Part("b", diary)], clock=clock)
    run = asyncio.create_task(manager.run())
    await clock.advance(0)
    manager.fail("b", RuntimeError("boom"))
    manager.fail("a", RuntimeError("later and therefore not to blame"))
    assert await run == 1
    assert diary[-2:] == ["stop b", "stop a"]


async def test_a_start_that_fails_for_a_told_reason_raises_it_after_stopping_the_others(
    clock: VirtualClock, diary: list[str]
) -> None:
    taken = PluginOperatorError("the port is taken")
    manager = manager_of([Part("a", diary), Part("b", diary, fails=taken), Part("c", diary)], clock=clock)
    with pytest.raises(PluginOperatorError, match="port is taken"):
        await manager.run()
    assert diary == ["start a", "start b", "stop b", "stop a"]


async def test_a_start_that_fails_by_a_bug_is_status_one(clock: VirtualClock, diary: list[str]) -> None:
    assert await manager_of([Part("a", diary, fails=KeyError("bug"))], clock=clock).run() == 1


async def test_a_stop_during_the_start_is_graceful(clock: VirtualClock, diary: list[str]) -> None:
    manager = manager_of([Part("a", diary), Part("b", diary, hangs="start"), Part("c", diary)], clock=clock)
    run = asyncio.create_task(manager.run())
    await clock.advance(5)
    manager.request_stop()
    assert await run == 0
    assert diary == ["start a", "start b", "stop b", "stop a"]


async def test_a_part_that_does_not_stop_is_left_behind_and_told_by_status_one(
    clock: VirtualClock, diary: list[str]
) -> None:
    first, stuck = Part("a", diary), Part("b", diary, hangs="stop")
    manager = manager_of([first, stuck], grace_seconds=10, clock=clock)
    run = asyncio.create_task(manager.run())
    await clock.advance(0)
    manager.request_stop()
    await clock.advance(11)
    assert await run == 1
    assert diary[-1] == "stop a"
    assert stuck.deadline_seconds == pytest.approx(8)
    assert first.deadline_seconds > 1


async def test_cancelling_stops_everything_first(clock: VirtualClock, diary: list[str]) -> None:
    manager = manager_of([Part("a", diary)], clock=clock)
    run = asyncio.create_task(manager.run())
    await clock.advance(0)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert diary == ["start a", "stop a"]


def cancel(name: str) -> None:
    """Cancel a task as code of a plugin could."""
    next(task for task in asyncio.all_tasks() if task.get_name() == name).cancel()


@pytest.mark.parametrize("name", ["manager", "manager/stop", "manager/election"])
async def test_a_task_that_a_plugin_cancels_on_a_standby_is_started_again(
    clock: VirtualClock, diary: list[str], name: str
) -> None:
    election = Election(diary)
    manager = manager_of([Part("http", diary)], [Part("work", diary)], elector=election, clock=clock)
    run = asyncio.create_task(manager.run())
    await clock.advance(0)
    cancel(name)
    await clock.advance(0)
    election.led.set()
    await clock.advance(0)
    assert diary == ["start http", "start work"]
    manager.request_stop()
    assert await run == 0
    assert diary[2:] == ["stop work", "release", "stop http"]


@pytest.mark.parametrize("name", ["manager/stop", "manager/election"])
async def test_a_task_that_a_plugin_cancels_on_the_leader_is_started_again(
    clock: VirtualClock, diary: list[str], name: str
) -> None:
    election = Election(diary)
    election.led.set()
    manager = manager_of([Part("http", diary)], [Part("work", diary)], elector=election, clock=clock)
    run = asyncio.create_task(manager.run())
    await clock.advance(0)
    cancel(name)
    await clock.advance(0)
    assert not run.done()
    assert diary == ["start http", "start work"]
    election.lost.set()
    assert await run == 1
    assert manager.lost_leadership


async def test_a_start_that_a_plugin_cancels_ends_the_process_with_one(clock: VirtualClock, diary: list[str]) -> None:
    manager = manager_of([Part("a", diary), Part("b", diary, hangs="start"), Part("c", diary)], clock=clock)
    run = asyncio.create_task(manager.run())
    await clock.advance(0)
    cancel("manager")
    assert await run == 1
    assert diary == ["start a", "start b", "stop b", "stop a"]
