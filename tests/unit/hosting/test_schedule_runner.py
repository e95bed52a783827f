"""When a schedule runs: on virtual time, whatever clocks, cluster and other replicas do."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from plugin_operator.errors import (
    ApiConnectionError,
    ConflictError,
    ForbiddenError,
    LeadershipLost,
    PluginOperatorError,
    ServerError,
)
from plugin_operator.hosting.triggers.schedule_report import SCHEDULE_RUNS, ScheduleReport
from plugin_operator.hosting.triggers.schedule_runner import ScheduleRunner
from plugin_operator.metrics import Metrics
from plugin_operator.plugin import Schedule, Timetable, cron, every
from plugin_operator.plugin.triggers.timetable import timetable
from plugin_operator.testing import VirtualClock

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR, MINUTE = 3600.0, 60.0
NIGHTLY = cron("0 3 * * *", tz="Europe/Berlin")  # 02:00 UTC in winter


class Record:
    """A record in memory that outlives runners, as the cluster does."""

    def __init__(self) -> None:
        self.times: dict[str, datetime] = {}
        self.errors: list[PluginOperatorError | None] = []
        self.claims: list[datetime] = []
        self.is_taken = False
        self.reference: dict[str, Any] = {"kind": "Lease", "metadata": {"name": "s", "namespace": "n"}}

    def _fail(self) -> None:
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error

    async def begin(
        self, controller: str, text: str, wanted: Collection[str], first: datetime | None
    ) -> datetime | None:
        self._fail()
        if text not in self.times and first is not None:
            self.times[text] = first
        return self.times.get(text)

    async def claim(self, controller: str, text: str, wanted: Collection[str], due: datetime) -> bool:
        self._fail()
        self.claims.append(due)
        self.times[text] = due
        return not self.is_taken

    async def forget(self, controllers: Callable[[], Any]) -> None:
        raise AssertionError


class Recorder:
    def __init__(self) -> None:
        self.reasons: list[str] = []

    def event(self, about: Any, type: str, reason: str, message: str) -> None:  # noqa: A002 - the name of the field
        self.reasons.append(reason)


class ScheduledRuns:
    """Runs one schedule at a time over one cluster and one clock."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        self.record = Record()
        self.recorder = Recorder()
        self.metrics = Metrics()
        self.runs: list[datetime] = []
        self._task: asyncio.Task[None] | None = None

    async def begin(self, schedule: Schedule, last: datetime | None = None) -> ScheduleRunner:
        await self.end()
        checked: Timetable = timetable(schedule)
        runner = ScheduleRunner(
            "c",
            checked,
            wanted=lambda: [checked.text],
            record=self.record,
            fire=lambda: self.runs.append(self.clock.now()),
            report=ScheduleReport(
                "p", "c", runs=self.metrics.family(SCHEDULE_RUNS), recorder=self.recorder, about=self.record.reference
            ),
            clock=self.clock,
            last=last,
        )
        self._task = asyncio.create_task(runner.run())
        await self.clock.settle()
        return runner

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def counted(self, result: str) -> float:
        return self.metrics.family(SCHEDULE_RUNS).get("c", result)


@pytest.fixture
async def scheduled() -> AsyncIterator[ScheduledRuns]:
    scheduled = ScheduledRuns()
    yield scheduled
    await scheduled.end()


def after(hours: float) -> datetime:
    return START + timedelta(hours=hours)


async def test_an_interval_begins_with_a_run_and_keeps_its_pace(scheduled: ScheduledRuns) -> None:
    await scheduled.begin(every(10))
    await scheduled.clock.advance(35)
    assert [(each - START).total_seconds() for each in scheduled.runs] == [0, 10, 20, 30]
    assert scheduled.record.claims == [], "an interval of seconds is not worth a write"


async def test_a_long_interval_goes_on_over_a_restart(scheduled: ScheduledRuns) -> None:
    await scheduled.begin(every(HOUR))
    await scheduled.clock.advance(HOUR / 2)
    await scheduled.begin(every(HOUR))
    await scheduled.clock.advance(HOUR)
    assert scheduled.runs == [START, after(1)]


async def test_a_long_interval_that_passed_meanwhile_runs_once_and_keeps_its_grid(
    scheduled: ScheduledRuns,
) -> None:
    await scheduled.begin(every(HOUR))
    await scheduled.end()
    await scheduled.clock.advance(3.5 * HOUR)
    await scheduled.begin(every(HOUR))
    assert scheduled.runs == [START, after(3.5)]
    await scheduled.clock.advance(HOUR / 2)
    assert scheduled.runs == [START, after(3.5), after(4)]


async def test_cron_runs_at_its_local_time_and_writes_before_each_run(scheduled: ScheduledRuns) -> None:
    written = []
    await scheduled.begin(NIGHTLY)
    scheduled.runs = Noting(lambda: written.append(len(scheduled.record.claims)))
    await scheduled.clock.advance(48 * HOUR)
    assert scheduled.runs == [after(14), after(38)]
    assert scheduled.record.claims == [after(14), after(38)]
    assert written == [1, 2]
    assert scheduled.counted("run") == 2


class Noting(list[datetime]):
    def __init__(self, note: Callable[[], None]) -> None:
        super().__init__()
        self._note = note

    def append(self, value: datetime) -> None:
        self._note()
        super().append(value)


@pytest.mark.parametrize(("missed", "made_up"), [("once", [after(61)]), ("skip", [])])
async def test_nights_that_were_missed_run_once_or_not_at_all(
    scheduled: ScheduledRuns, missed: Any, made_up: list[datetime]
) -> None:
    schedule = cron("0 3 * * *", tz="Europe/Berlin", missed=missed)
    await scheduled.begin(schedule)
    await scheduled.end()
    await scheduled.clock.advance(61 * HOUR)
    await scheduled.begin(schedule)
    assert scheduled.runs == made_up
    assert scheduled.counted("missed") == (missed == "skip")
    await scheduled.clock.advance(HOUR)
    assert scheduled.runs == [*made_up, after(62)]


async def test_a_first_night_that_was_missed_counts_too(scheduled: ScheduledRuns) -> None:
    await scheduled.begin(NIGHTLY)
    await scheduled.end()
    await scheduled.clock.advance(15 * HOUR)
    await scheduled.begin(NIGHTLY)
    assert scheduled.runs == [after(15)]


async def test_a_run_that_begins_within_a_minute_is_not_missed(scheduled: ScheduledRuns) -> None:
    schedule = cron("0 3 * * *", tz="Europe/Berlin", missed="skip")
    await scheduled.begin(schedule)
    await scheduled.end()
    await scheduled.clock.advance(14 * HOUR + 50)
    await scheduled.begin(schedule)
    assert len(scheduled.runs) == 1


async def test_what_another_replica_took_does_not_run_here(scheduled: ScheduledRuns) -> None:
    await scheduled.begin(NIGHTLY)
    scheduled.record.is_taken = True
    with capture_logs() as lines:
        await scheduled.clock.advance(15 * HOUR)
    assert scheduled.runs == []
    assert scheduled.counted("elsewhere") == 1
    assert [each["event"] for each in lines] == ["Scheduled run claimed by another replica"]


@pytest.mark.parametrize(
    "error",
    [ApiConnectionError("down"), ForbiddenError(403), ConflictError(409), ServerError(500), LeadershipLost("over")],
    ids=repr,
)
async def test_a_run_waits_until_its_time_can_be_written(scheduled: ScheduledRuns, error: PluginOperatorError) -> None:
    runner = await scheduled.begin(NIGHTLY)
    scheduled.record.errors = [error] * 5
    with capture_logs() as lines:
        await scheduled.clock.advance(14 * HOUR)
        assert scheduled.runs == []
        assert type(error).__name__ in runner.problem
        await scheduled.clock.advance(180)
    assert len(scheduled.runs) == 1
    assert runner.problem == ""
    assert [each["event"] for each in lines if each["log_level"] == "warning"] == [
        "Schedule record update failed, retrying"
    ]
    assert scheduled.recorder.reasons == ["ScheduleRecordFailed"]


async def test_a_run_whose_time_could_not_be_written_before_the_next_is_told_as_lost(scheduled: ScheduledRuns) -> None:
    await scheduled.begin(cron("* * * * *"))
    scheduled.record.errors = [ServerError(500)] * 12
    with capture_logs() as lines:
        await scheduled.clock.advance(30 * MINUTE)
    lost = int(scheduled.counted("lost"))
    assert lost > 0
    assert scheduled.counted("run") == len(scheduled.runs) >= 20
    assert [each["event"] for each in lines].count("Scheduled run lost") == lost
    assert "ScheduledRunLost" in scheduled.recorder.reasons


async def test_a_schedule_that_cannot_be_read_yet_loses_nothing(scheduled: ScheduledRuns) -> None:
    scheduled.record.errors = [ApiConnectionError("down")] * 20
    await scheduled.begin(cron("5 12 * * *"))
    await scheduled.clock.advance(HOUR)
    assert len(scheduled.runs) == 1
    assert scheduled.runs[0] >= START + timedelta(minutes=5)


async def test_a_clock_that_jumps_ahead_runs_what_it_jumped_over_once(scheduled: ScheduledRuns) -> None:
    await scheduled.begin(NIGHTLY)
    scheduled.clock.jump(40 * HOUR)
    await scheduled.clock.advance(MINUTE)
    assert len(scheduled.runs) == 1
    assert scheduled.record.times == {"cron 0 3 * * * Europe/Berlin": after(38)}


async def test_a_clock_that_steps_back_runs_nothing_twice(scheduled: ScheduledRuns) -> None:
    await scheduled.begin(NIGHTLY)
    await scheduled.clock.advance(14 * HOUR + 5)
    scheduled.clock.jump(-600)
    await scheduled.clock.advance(HOUR)
    assert len(scheduled.runs) == 1


async def test_a_clock_that_was_far_ahead_and_is_set_right_holds_up_nothing(scheduled: ScheduledRuns) -> None:
    await scheduled.begin(NIGHTLY)
    scheduled.clock.jump(30 * 24 * HOUR)
    await scheduled.clock.advance(MINUTE)
    scheduled.clock.jump(-30 * 24 * HOUR)
    await scheduled.clock.advance(15 * HOUR)
    assert len(scheduled.runs) == 2


async def test_a_short_interval_goes_on_at_once_after_a_clock_that_steps_back(scheduled: ScheduledRuns) -> None:
    await scheduled.begin(every(5))
    await scheduled.clock.advance(20)
    before = len(scheduled.runs)
    scheduled.clock.jump(-1800)
    await scheduled.clock.advance(60)
    assert len(scheduled.runs) > before + 5


async def test_a_machine_that_slept_through_a_night_makes_up_for_it(scheduled: ScheduledRuns) -> None:
    await scheduled.begin(NIGHTLY)
    scheduled.clock.suspend(20 * HOUR)
    await scheduled.clock.advance(MINUTE)
    assert len(scheduled.runs) == 1


async def test_an_hour_that_daylight_saving_skips_or_doubles_runs_once(scheduled: ScheduledRuns) -> None:
    scheduled.clock = VirtualClock(datetime(2026, 3, 28, 12, tzinfo=UTC))
    await scheduled.begin(cron("30 2 * * *", tz="Europe/Berlin"))
    await scheduled.clock.advance(48 * HOUR)
    assert scheduled.runs == [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)]
    scheduled.runs.clear()
    scheduled.record = Record()
    scheduled.clock = VirtualClock(datetime(2026, 10, 24, 12, tzinfo=UTC))
    await scheduled.begin(cron("30 2 * * *", tz="Europe/Berlin"))
    await scheduled.clock.advance(48 * HOUR)
    assert scheduled.runs == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


async def test_an_interval_that_is_taken_up_again_keeps_its_time(scheduled: ScheduledRuns) -> None:
    await scheduled.begin(every(30), last=START - timedelta(seconds=10))
    assert scheduled.runs == []
    await scheduled.clock.advance(20)
    assert len(scheduled.runs) == 1
