"""Services and jobs: what ends unasked is told, counted, and started again."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from plugin_operator.metrics import Counter
from plugin_operator.tasks import PROVEN_SECONDS, Service, TaskBroke, TaskOwner, TaskSupervisor, run_thread
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock


class Boom(BaseException):
    """No ``Exception``."""


class Work:
    """What a service runs: ends in the way it is told to."""

    def __init__(self) -> None:
        self.runs = 0
        self.end: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        self.runs += 1
        self.end = asyncio.get_running_loop().create_future()
        await self.end

    def returns(self) -> None:
        self.end.set_result(None)

    def raises(self, error: BaseException) -> None:
        self.end.set_exception(error)


class Rig:
    """A service on a virtual clock."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.restarts = Counter("restarts", "", ("task",))
        self.supervisor = TaskSupervisor(self.clock, self.restarts)
        self.owner = TaskOwner("test", clock=self.clock, supervisor=self.supervisor)
        self.work = Work()
        self.works = True

    def serve(self) -> Service:
        return self.owner.serve(self.work.run, "service", kind="kind", is_working=lambda: self.works)


@pytest.fixture
async def rig() -> Rig:
    return Rig()


ENDS: list[Callable[[Rig, Service], object]] = [
    lambda rig, _: rig.work.returns(),
    lambda rig, _: rig.work.raises(ValueError("oops")),
    lambda rig, _: rig.work.raises(Boom("oops")),
    lambda rig, _: rig.work.raises(SystemExit(0)),
    lambda rig, _: rig.work.raises(KeyboardInterrupt()),
    lambda _, service: service.task.cancel(),
]


@pytest.mark.parametrize("end", ENDS)
async def test_a_service_that_ends_in_any_way_is_logged_counted_down_and_started_again(
    rig: Rig, end: Callable[[Rig, Service], object]
) -> None:
    service = rig.serve()
    await rig.clock.settle()
    with capture_logs() as lines:
        end(rig, service)
        await rig.clock.settle()
    assert [(line["event"], line["task"]) for line in lines] == [
        ("Background task ended, restarting it", "test/service")
    ]
    assert rig.restarts.values == {("kind",): 1}
    assert [reason.split()[0] for reason in rig.supervisor.down] == ["test/service"]
    await rig.clock.advance(0.2)
    assert rig.work.runs == 2
    assert rig.supervisor.down
    await rig.clock.advance(PROVEN_SECONDS)
    assert rig.supervisor.down == []
    assert await rig.owner.stop(1) == []


async def test_a_service_is_down_until_it_says_that_it_works(rig: Rig) -> None:
    rig.serve()
    await rig.clock.settle()
    rig.works = False
    rig.work.raises(ValueError("oops"))
    await rig.clock.advance(60)
    assert rig.supervisor.down == ["test/service raised ValueError: oops"]
    rig.works = True
    await rig.clock.advance(PROVEN_SECONDS)
    assert rig.supervisor.down == []
    await rig.owner.stop(1)


async def test_pauses_before_restarts_grow_and_start_over_after_quiet_work(rig: Rig) -> None:
    rig.serve()
    pauses = []
    for _ in range(6):
        await rig.clock.settle()
        runs, since = rig.work.runs, rig.clock.monotonic()
        rig.work.raises(ValueError("oops"))
        while rig.work.runs == runs:
            await rig.clock.advance(0.05)
        pauses.append(rig.clock.monotonic() - since)
    assert pauses[-1] > 3
    await rig.clock.advance(120)
    rig.work.raises(ValueError("oops"))
    await rig.clock.advance(0.2)
    assert rig.work.runs == 8
    await rig.owner.stop(1)


async def test_a_service_that_is_stopped_while_it_waits_for_its_restart_is_not_started(rig: Rig) -> None:
    service = rig.serve()
    await rig.clock.settle()
    rig.work.returns()
    await rig.clock.settle()
    assert await rig.owner.stop(1) == []
    await rig.clock.advance(60)
    assert rig.work.runs == 1
    assert service.finished.done()
    assert rig.supervisor.down == []
    assert len(rig.owner) == 0
    assert rig.clock.pending == 0


async def test_a_job_that_returns_is_done_and_one_that_does_not_is_begun_again(rig: Rig) -> None:
    job = rig.owner.complete(rig.work.run, "job", kind="kind")
    await rig.clock.settle()
    job.task.cancel()
    await rig.clock.advance(0.2)
    assert (rig.work.runs, job.finished.done()) == (2, False)
    rig.work.returns()
    await rig.clock.settle()
    assert job.finished.done()
    assert rig.supervisor.down == []
    assert len(rig.owner) == 0


async def test_after_the_end_of_the_process_nothing_is_started_or_logged(rig: Rig) -> None:
    rig.serve()
    await rig.clock.settle()
    rig.supervisor.close()
    with capture_logs() as lines:
        rig.work.raises(Boom("oops"))
        await rig.clock.advance(60)
    assert (lines, rig.work.runs) == ([], 1)


async def test_a_thread_that_raises_is_the_services_error_and_one_that_is_not_needed_is_told_to_stop() -> None:
    def fail(stop: threading.Event) -> None:
        raise Boom("oops")

    with pytest.raises(TaskBroke) as caught:
        await run_thread(fail, "thread")
    assert isinstance(caught.value.__cause__, Boom)
    stopped = threading.Event()

    def work(stop: threading.Event) -> None:
        stop.wait()
        stopped.set()

    task = asyncio.create_task(run_thread(work, "thread"))
    await asyncio.sleep(0)
    task.cancel()
    await eventually(stopped.is_set)
