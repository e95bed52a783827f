"""Threads of plain reconcilers, and the tasks that plugins spawn."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest

from plugin_operator import logs
from plugin_operator.plugin import RevisionTasks, current_revision, install_task_factory
from plugin_operator.plugin.runtime.task_tracking import TooManyTasks, fields_of_task
from plugin_operator.testing.eventually import eventually
from plugin_operator.threads import ThreadRunner, in_thread


async def test_a_function_runs_in_a_named_daemon_thread_with_the_callers_context() -> None:
    variable = contextvars.ContextVar("variable", default="")
    variable.set("seen")
    runner = ThreadRunner("worker")

    def look() -> tuple[str, bool, str]:
        thread = threading.current_thread()
        return thread.name, thread.daemon, variable.get()

    assert await runner.run(look) == ("worker", True, "seen")


async def test_calls_one_after_another_use_one_thread() -> None:
    runner = ThreadRunner("worker")
    assert len({await runner.run(threading.get_ident) for _ in range(200)}) == 1


async def test_as_many_run_at_once_as_are_called() -> None:
    runner = ThreadRunner("worker")
    barrier = threading.Barrier(8, timeout=30)
    await asyncio.gather(*(runner.run(barrier.wait) for _ in range(8)))


async def test_an_exception_is_the_callers() -> None:
    runner = ThreadRunner("worker")
    with pytest.raises(ZeroDivisionError):
        await runner.run(lambda: 1 / 0)
    with pytest.raises(RuntimeError, match="StopIteration"):
        await runner.run(next, iter(()))


async def test_a_cancelled_call_ends_only_when_its_thread_does() -> None:
    runner = ThreadRunner("worker")
    started, release = threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        release.wait(30)

    task = asyncio.create_task(runner.run(work))
    await asyncio.to_thread(started.wait, 30)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert not task.done()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_tasks_spawned_under_a_revision_are_noted_and_others_are_not() -> None:
    install_task_factory(asyncio.get_running_loop())
    install_task_factory(asyncio.get_running_loop())
    mine = RevisionTasks("p", "1")
    context = contextvars.copy_context()
    context.run(mine.mark)
    task = context.run(lambda: asyncio.create_task(asyncio.sleep(60)))
    assert context.run(current_revision) is mine
    assert current_revision() is None
    other = asyncio.create_task(asyncio.sleep(60))
    assert mine.running() == [task]
    for each in (task, other):
        each.cancel()
    await asyncio.wait([task, other])
    assert mine.running() == []


async def test_a_task_of_a_task_belongs_to_the_revision_too() -> None:
    install_task_factory(asyncio.get_running_loop())
    mine = RevisionTasks("p", "1")
    inner = []

    async def outer() -> None:
        inner.append(asyncio.create_task(asyncio.sleep(60)))

    context = contextvars.copy_context()
    context.run(mine.mark)
    spawned = context.run(lambda: asyncio.create_task(outer()))
    await spawned
    assert mine.running() == inner
    inner[0].cancel()
    await asyncio.wait(inner)


async def test_a_plugin_cannot_spawn_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugin_operator.plugin.runtime.task_tracking.MAX_TASKS", 3)
    install_task_factory(asyncio.get_running_loop())
    mine = RevisionTasks("p", "1")
    mine.mark()
    tasks = [asyncio.create_task(asyncio.sleep(60)) for _ in range(3)]
    with pytest.raises(TooManyTasks, match="plugin p has 3 unfinished tasks"):
        tasks.append(asyncio.create_task(asyncio.sleep(60)))
    tasks[0].cancel()
    await asyncio.wait(tasks[:1])
    tasks.append(asyncio.create_task(asyncio.sleep(60)))
    for each in tasks:
        each.cancel()
    await asyncio.wait(tasks)


async def test_a_thread_that_is_gone_while_idle_is_not_counted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = ThreadRunner("test-gone")
    deaths = []
    monkeypatch.setattr(threading, "excepthook", lambda args: deaths.append(args.exc_type))

    def die() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner.__class__, "_next", lambda self: die())
    assert await runner.run(int, "1") == 1
    await eventually(lambda: deaths)
    monkeypatch.undo()
    assert await asyncio.wait_for(runner.run(int, "2"), 5) == 2


async def test_a_thread_that_cannot_be_started_leaves_no_job_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = ThreadRunner("test-none")
    ran: list[str] = []

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="new thread"):
            await runner.run(ran.append, "refused")
    for _ in range(3):
        await asyncio.wait_for(runner.run(ran.append, "taken"), 5)
    assert ran == ["taken"] * 3


async def test_a_detached_call_does_not_hold_up_a_cancellation() -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go_on.wait(10)
        ended.set()

    task = asyncio.create_task(in_thread(slow))
    await eventually(begun.is_set)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not ended.is_set()
    go_on.set()
    await eventually(ended.is_set)


async def test_a_detached_call_returns_and_raises_what_the_function_does() -> None:
    assert await in_thread(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)


@pytest.fixture
def plugin_coroutine(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Coroutine[Any, Any, None]]:
    """Make coroutines of a plugin's code, which ``p`` in revision ``1`` owns."""

    def find(_name: str, filename: str) -> tuple[str, str, str] | None:
        return ("p", "1", "p") if filename == "p.py@1" else None

    monkeypatch.setattr(logs, "_owners", [find])
    names: dict[str, Any] = {}
    exec(compile("async def forever():\n    import asyncio\n    await asyncio.sleep(60)", "p.py@1", "exec"), names)
    return cast("Callable[[], Coroutine[Any, Any, None]]", names["forever"])


async def test_a_task_made_past_the_factory_is_found_when_its_revision_is_unloaded(
    plugin_coroutine: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    install_task_factory(asyncio.get_running_loop())
    mine, other = RevisionTasks("p", "1"), RevisionTasks("p", "2")
    task = asyncio.Task(plugin_coroutine())
    for each in (mine, other):
        each.adopt()
    assert (mine.running(), other.running()) == ([task], [])
    task.cancel()
    await asyncio.wait([task])


async def test_a_task_that_a_plain_thread_starts_belongs_to_the_revision(
    plugin_coroutine: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    loop = asyncio.get_running_loop()
    install_task_factory(loop)
    mine = RevisionTasks("p", "1")
    thread = threading.Thread(target=lambda: asyncio.run_coroutine_threadsafe(plugin_coroutine(), loop))
    thread.start()
    await eventually(lambda: len(mine.running()) == 1)
    assert fields_of_task(mine.running()[0]) == {"plugin": "p", "revision": "1"}
    thread.join(5)
    [task] = mine.running()
    task.cancel()
    await asyncio.wait([task])
