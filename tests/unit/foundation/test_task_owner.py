import asyncio
import gc

from structlog.testing import capture_logs

from plugin_operator.tasks import TaskOwner, cancel_and_wait, wait_until_done
from plugin_operator.testing.virtual_clock import VirtualClock


async def stubborn(release: asyncio.Event) -> None:
    while not release.is_set():
        try:
            await release.wait()
        except asyncio.CancelledError:
            continue


async def test_waiting_ends_when_the_last_task_does() -> None:
    clock = VirtualClock()
    tasks = [asyncio.ensure_future(clock.sleep(seconds)) for seconds in (1, 3)]
    waiting = asyncio.ensure_future(wait_until_done(tasks, 10, clock=clock))
    await clock.advance(2)
    assert not waiting.done()
    await clock.advance(1)
    assert await waiting == set()
    assert clock.pending == 0


async def test_waiting_ends_at_the_deadline_and_names_what_still_runs() -> None:
    clock = VirtualClock()
    quick, slow = (asyncio.ensure_future(clock.sleep(seconds)) for seconds in (1, 60))
    waiting = asyncio.ensure_future(wait_until_done([quick, slow], 10, clock=clock))
    await clock.advance(10)
    assert await waiting == {slow}
    await cancel_and_wait([slow], 1, clock=clock)
    assert slow.cancelled()


async def test_cancelling_the_wait_leaves_the_tasks_alone() -> None:
    clock = VirtualClock()
    task = asyncio.ensure_future(clock.sleep(5))
    waiting = asyncio.ensure_future(wait_until_done([task], 10, clock=clock))
    await clock.settle()
    waiting.cancel()
    await clock.advance(5)
    assert waiting.cancelled()
    assert task.done()
    assert not task.cancelled()


async def test_an_owner_keeps_its_tasks_alive_and_forgets_them_when_they_end() -> None:
    clock = VirtualClock()
    owner = TaskOwner("test", clock=clock)
    task = owner.spawn(clock.sleep(1), "nap")
    gc.collect()
    assert len(owner) == 1
    assert task.get_name() == "test/nap"
    await clock.advance(1)
    assert len(owner) == 0


async def test_a_task_that_fails_is_logged_and_reported() -> None:
    clock, reported = VirtualClock(), []

    async def fail() -> None:
        raise ValueError("oops")

    owner = TaskOwner("test", clock=clock, on_error=lambda task, error: reported.append((task.get_name(), str(error))))
    with capture_logs() as logged:
        owner.spawn(fail(), "fail")
        await clock.settle()
    assert reported == [("test/fail", "oops")]
    assert [(entry["event"], entry["task"]) for entry in logged] == [("Background task failed", "test/fail")]


async def test_stop_cancels_and_names_the_tasks_that_do_not_obey() -> None:
    clock, release = VirtualClock(), asyncio.Event()
    owner = TaskOwner("test", clock=clock)
    owner.spawn(clock.sleep(60), "obedient")
    deaf = owner.spawn(stubborn(release), "deaf")
    await clock.settle()
    stopping = asyncio.ensure_future(owner.stop(5))
    await clock.advance(5)
    assert await stopping == ["test/deaf"]
    release.set()
    await deaf


async def test_finish_lets_tasks_end_on_their_own() -> None:
    clock = VirtualClock()
    owner = TaskOwner("test", clock=clock)
    quick, slow = owner.spawn(clock.sleep(1), "quick"), owner.spawn(clock.sleep(60), "slow")
    finishing = asyncio.ensure_future(owner.finish(5))
    await clock.advance(6)
    assert await finishing == []
    assert not quick.cancelled()
    assert slow.cancelled()
