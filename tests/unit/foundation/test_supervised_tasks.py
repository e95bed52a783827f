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


class SupervisedService:
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
async def supervised() -> SupervisedService:
    return SupervisedService()


ENDS: list[Callable[[SupervisedService, Service], object]] = [
    lambda supervised, _: supervised.work.returns(),
    lambda supervised, _: supervised.work.raises(ValueError("oops")),
    lambda supervised, _: supervised.work.raises(Boom("oops")),
    lambda supervised, _: supervised.work.raises(SystemExit(0)),
    lambda supervised, _: supervised.work.raises(KeyboardInterrupt()),
    lambda _, service: service.task.cancel(),
]


@pytest.mark.parametrize("end", ENDS)
async def test_a_service_that_ends_in_any_way_is_logged_counted_down_and_started_again(
    supervised: SupervisedService, end: Callable[[SupervisedService, Service], object]
) -> None:
    service = supervised.serve()
    await supervised.clock.settle()
    with capture_logs() as lines:
        end(supervised, service)
        await supervised.clock.settle()
    assert [(line["event"], line["task"]) for line in lines] == [
        ("Background task ended, restarting it", "test/service")
    ]
    assert supervised.restarts.values == {("kind",): 1}
    assert [reason.split()[0] for reason in supervised.supervisor.down] == ["test/service"]
    await supervised.clock.advance(0.2)
    assert supervised.work.runs == 2
    assert supervised.supervisor.down
    await supervised.clock.advance(PROVEN_SECONDS)
    assert supervised.supervisor.down == []
    assert await supervised.owner.stop(1) == []


async def test_restarts_of_a_kind_are_exposed_as_0_before_the_first_so_that_it_is_an_increase(
    supervised: SupervisedService,
) -> None:
    supervised.serve()

    assert supervised.restarts.values == {("kind",): 0}
    await supervised.owner.stop(1)


async def test_a_service_is_down_until_it_says_that_it_works(supervised: SupervisedService) -> None:
    supervised.serve()
    await supervised.clock.settle()
    supervised.works = False
    supervised.work.raises(ValueError("oops"))
    await supervised.clock.advance(60)
    assert supervised.supervisor.down == ["test/service raised ValueError: oops"]
    supervised.works = True
    await supervised.clock.advance(PROVEN_SECONDS)
    assert supervised.supervisor.down == []
    await supervised.owner.stop(1)


async def test_pauses_before_restarts_grow_and_start_over_after_quiet_work(supervised: SupervisedService) -> None:
    supervised.serve()
    pauses = []
    for _ in range(6):
        await supervised.clock.settle()
        runs, since = supervised.work.runs, supervised.clock.monotonic()
        supervised.work.raises(ValueError("oops"))
        while supervised.work.runs == runs:
            await supervised.clock.advance(0.05)
        pauses.append(supervised.clock.monotonic() - since)
    assert pauses[-1] > 3
    await supervised.clock.advance(120)
    supervised.work.raises(ValueError("oops"))
    await supervised.clock.advance(0.2)
    assert supervised.work.runs == 8
    await supervised.owner.stop(1)


async def test_a_service_that_is_stopped_while_it_waits_for_its_restart_is_not_started(
    supervised: SupervisedService,
) -> None:
    service = supervised.serve()
    await supervised.clock.settle()
    supervised.work.returns()
    await supervised.clock.settle()
    assert await supervised.owner.stop(1) == []
    await supervised.clock.advance(60)
    assert supervised.work.runs == 1
    assert service.finished.done()
    assert supervised.supervisor.down == []
    assert len(supervised.owner) == 0
    assert supervised.clock.pending == 0


async def test_a_job_that_returns_is_done_and_one_that_does_not_is_begun_again(supervised: SupervisedService) -> None:
    job = supervised.owner.complete(supervised.work.run, "job", kind="kind")
    await supervised.clock.settle()
    job.task.cancel()
    await supervised.clock.advance(0.2)
    assert (supervised.work.runs, job.finished.done()) == (2, False)
    supervised.work.returns()
    await supervised.clock.settle()
    assert job.finished.done()
    assert supervised.supervisor.down == []
    assert len(supervised.owner) == 0


async def test_after_the_end_of_the_process_nothing_is_started_or_logged(supervised: SupervisedService) -> None:
    supervised.serve()
    await supervised.clock.settle()
    supervised.supervisor.close()
    with capture_logs() as lines:
        supervised.work.raises(Boom("oops"))
        await supervised.clock.advance(60)
    assert (lines, supervised.work.runs) == ([], 1)


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
