"""What the status says of the division of the work, and the hint if several workers are of no use."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from plugin_operator.app.workers.work_division import DivisionHint, division_of
from plugin_operator.processes.worker_set import LoadedPlugin
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock


def report(*, controllers: int = 1, is_sharded: bool = True, filters: bool | None = None) -> dict[str, Any]:
    return {"controllers": controllers, "isSharded": is_sharded, "serverFilters": filters}


@pytest.mark.parametrize(
    ("filters", "together"),
    [([None, None], None), ([True, None], True), ([True, True], True), ([True, False], False), ([None, False], False)],
)
def test_the_server_divides_the_objects_if_it_does_for_each_worker(
    filters: list[bool | None], together: bool | None
) -> None:
    found = division_of(2, [report(filters=each) for each in filters])

    assert found == {"serverFilters": together, "hint": ""}


def test_workers_without_a_sharded_controller_are_of_no_use() -> None:
    hint = division_of(4, [report(is_sharded=False), None])["hint"]

    assert hint.startswith("--processes=4 is of no use: no controller is sharded")
    assert 'distribution="sharded"' in hint


def test_an_operator_that_runs_no_controller_yet_gets_no_hint() -> None:
    assert division_of(2, [report(controllers=0, is_sharded=False), None])["hint"] == ""
    assert division_of(2, [None, None]) == {"serverFilters": None, "hint": ""}


class Workers:
    """Two workers that run what the test says."""

    def __init__(self) -> None:
        self.is_settled = False
        self.plugins = [LoadedPlugin("a", "1")]
        self.reports: list[dict[str, Any] | None] = [report(is_sharded=False), report(is_sharded=False)]
        self.asked = 0

    def status(self) -> list[LoadedPlugin]:
        return self.plugins

    async def ask(self, what: str) -> list[dict[str, Any] | None]:
        assert what == "worker"
        self.asked += 1
        return self.reports


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def workers(clock: VirtualClock) -> AsyncIterator[Workers]:
    made = Workers()
    hint = DivisionHint(cast("Any", made), clock=clock)
    await hint.start()
    yield made
    await hint.stop(1)


async def test_the_hint_is_logged_once_all_plugins_have_settled_and_again_after_a_change(
    workers: Workers, clock: VirtualClock
) -> None:
    with capture_logs() as lines:
        await clock.advance(20)
        assert (workers.asked, lines) == (0, [])
        workers.is_settled = True
        for _ in range(4):
            await clock.advance(5)
        assert [(each["event"], each["processes"]) for each in lines] == [("Worker processes are of no use", 2)]
        workers.plugins = [LoadedPlugin("a", "2")]
        await clock.advance(5)
        await eventually(lambda: len(lines) == 2)


async def test_a_worker_that_has_not_answered_is_asked_again(workers: Workers, clock: VirtualClock) -> None:
    workers.is_settled, workers.reports[1] = True, None
    with capture_logs() as lines:
        await clock.advance(5)
        await eventually(lambda: workers.asked == 1)
        workers.reports[1] = report()
        await clock.advance(5)
        await eventually(lambda: workers.asked == 2)
        await asyncio.sleep(0)
    assert lines == [], "a controller is sharded"
