"""What a worker runs can be read after it has ended, also if it ended while it wrote."""

import asyncio
import os
import signal
from collections.abc import Callable

import pytest

from plugin_operator.controllers import Request, Result
from plugin_operator.plugin.runtime.exit_containment import Contained
from plugin_operator.processes.blame.held_objects import HeldObjects, ObjectHeld
from plugin_operator.processes.blame.marking import Marking
from plugin_operator.processes.blame.marks import CodeMarks, Mark, MarkMemory
from plugin_operator.processes.messages import HoldObject
from plugin_operator.testing.eventually import eventually

OF = Mark("web", "abc", "reconcile", "pages")
ONE = Request("default", "one")
MARK_OF_ONE = Mark("web", "abc", "reconcile", "pages", "default", "one")


class Marked:
    """A worker's marks, and the reading end."""

    def __init__(self) -> None:
        self.memory = MarkMemory()
        self.marks = CodeMarks(self.memory)
        self.held = HeldObjects()
        self.marking = Marking(self.marks, self.held)


@pytest.fixture
def marked() -> Marked:
    return Marked()


def in_child(run: Callable[[], None]) -> int:
    """Run something in a process that it ends, and return the status."""
    pid = os.fork()
    if pid == 0:
        run()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_the_code_that_was_on_the_event_loop_is_known_after_a_kill(marked: Marked) -> None:
    def run() -> None:
        marked.marks.enter(marked.marks.begin(MARK_OF_ONE))
        os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(run) == -signal.SIGKILL
    assert marked.memory.read().current == MARK_OF_ONE
    marked.memory.clear()
    assert marked.memory.read().current is None
    assert marked.memory.read().in_flight == ()


async def test_a_reconcile_is_in_flight_while_it_waits_and_current_while_it_runs(marked: Marked) -> None:
    seen = []
    goes_on = asyncio.Event()

    async def reconcile(_: Request) -> Result | None:
        seen.append(marked.memory.read())
        await goes_on.wait()
        seen.append(marked.memory.read())
        return Result(requeue_after=1)

    task = asyncio.ensure_future(marked.marking.reconciler(OF, reconcile)(ONE))
    await eventually(lambda: seen)
    waiting = marked.memory.read()
    goes_on.set()
    assert await task == Result(requeue_after=1)
    assert [each.current for each in seen] == [MARK_OF_ONE, MARK_OF_ONE]
    assert (waiting.current, waiting.in_flight) == (None, (MARK_OF_ONE,))
    assert marked.memory.read().in_flight == ()


async def test_a_cancellation_and_an_error_reach_the_reconcile_and_its_caller(marked: Marked) -> None:
    ends = []

    async def reconcile(_: Request) -> Result | None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise ValueError("at the end") from None
        return None

    task = asyncio.ensure_future(marked.marking.reconciler(OF, reconcile)(ONE))
    await eventually(lambda: marked.memory.read().in_flight)
    task.cancel()
    with pytest.raises(ValueError, match="at the end"):
        await task
    assert ends == ["cancelled"]
    assert marked.memory.read().in_flight == ()


def test_code_inside_other_code_is_current_until_it_returns(marked: Marked) -> None:
    outer = marked.marks.enter(marked.marks.begin(MARK_OF_ONE))
    handlers = marked.marking.shared(Mark("other", "def", "event handlers"))
    inner = handlers.enter()
    assert marked.memory.read().current == Mark("other", "def", "event handlers")
    handlers.leave(inner)
    assert marked.memory.read().current == MARK_OF_ONE
    marked.marks.leave(outer)
    assert marked.memory.read().current is None


def test_code_inside_code_of_the_same_kind_is_told_apart(marked: Marked) -> None:
    outer, inner = (marked.marking.shared(Mark(name, "def", "event handlers")) for name in ("outer", "inner"))
    first = outer.enter()
    second = inner.enter()
    assert marked.memory.read().current == Mark("inner", "def", "event handlers")
    inner.leave(second)
    assert marked.memory.read().current == Mark("outer", "def", "event handlers")
    depths = [(each, each.enter()) for each in (inner, outer) * 20]
    for each, before in reversed(depths):
        each.leave(before)
    outer.leave(first)
    assert marked.memory.read().current is None
    assert marked.memory.read().in_flight == ()


async def test_a_task_of_a_reconcile_is_marked_with_its_object_while_it_runs(marked: Marked) -> None:
    seen: list[Mark | None] = []

    async def task() -> None:
        seen.append(marked.memory.read().current)
        await asyncio.sleep(0)
        seen.append(marked.memory.read().current)

    mark = Mark("web", "abc", "a task", "pages", "default", "one")
    await asyncio.Task(Contained(task(), None, marked.marking.shared(mark)))
    assert seen == [mark, mark]
    assert marked.memory.read().current is None


def test_more_reconciles_than_there_is_room_for_run_without_a_mark(marked: Marked) -> None:
    entries = [marked.marks.begin(MARK_OF_ONE) for _ in range(1000)]
    assert 0 in entries
    marked.marks.leave(marked.marks.enter(0))
    for each in entries:
        marked.marks.end(each)
    assert marked.marks.begin(MARK_OF_ONE) != 0


def test_a_mark_that_is_too_long_is_left_out(marked: Marked) -> None:
    assert marked.marks.begin(Mark("web", "abc", "reconcile", "c" * 1000)) == 0
    shared = marked.marking.shared(Mark("web", "abc", "event handlers", "c" * 1000))
    before = shared.enter()
    assert marked.memory.read().current is None
    shared.leave(before)


def test_memory_in_which_a_plugin_has_scribbled_reads_as_nothing(marked: Marked) -> None:
    marked.marks.enter(marked.marks.begin(MARK_OF_ONE))
    marked.memory.bytes[:] = b"\xff" * len(marked.memory.bytes)
    read = marked.memory.read()
    assert (read.current, read.in_flight) == (None, ())


async def test_a_held_object_is_refused_and_another_one_and_another_content_are_not(marked: Marked) -> None:
    done = []

    async def reconcile(request: Request) -> Result | None:
        done.append(request)
        return None

    now, later = (marked.marking.reconciler(Mark("web", digest, "reconcile", "pages"), reconcile) for digest in "ab")
    marked.held.learn(HoldObject("web", "a", "pages", "default", "one", "it has ended 5 workers"))
    with pytest.raises(ObjectHeld, match="it has ended 5 workers"):
        await now(ONE)
    await now(Request("default", "two"))
    await later(ONE)
    assert done == [Request("default", "two"), ONE]
