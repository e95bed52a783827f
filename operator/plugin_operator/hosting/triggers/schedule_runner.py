"""The runner of one schedule of one controller, on the leader."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from plugin_operator.clock import Clock
from plugin_operator.connection_backoff import Backoff
from plugin_operator.errors import PluginOperatorError
from plugin_operator.hosting.environment import ScheduleRecordLike
from plugin_operator.hosting.triggers.schedule_record import SET_BACK
from plugin_operator.hosting.triggers.schedule_report import ScheduleReport
from plugin_operator.plugin import Timetable
from plugin_operator.rendering import describe

#: Longest delay of a run after its time until it counts as missed.
GRACE = timedelta(seconds=60)

# The wall clock may be set without notification, so it is re-read at this interval.
_LONGEST_SLEEP_SECONDS = 30.0
_SET_BACK_IN_MEMORY = timedelta(seconds=1)
_RETRY_SECONDS = 1.0
_RETRY_CAP_SECONDS = 30.0


class ScheduleRunner:
    """Calls ``fire`` at each time of a timetable, at most once per time.

    Args:
        controller_id: id of the controller in the record.
        timetable: times of the schedule.
        wanted: returns the texts of all recorded schedules of the controller.
        record: stores the time of the last run; None keeps it in memory only.
        fire: enqueues the requests of a run; must be fast and raise nothing.
        report: receives the result of each run.
        clock: measures time.
        last: time of the last run, as far as this process knows.

    Attributes:
        last: scheduled time of the last run, or the start time of a new cron schedule.
        due: time of the next run.
        problem: why times cannot be recorded, so that the schedule does not run; empty if they can.
    """

    def __init__(  # noqa: PLR0913 - independent settings
        self,
        controller_id: str,
        timetable: Timetable,
        *,
        wanted: Callable[[], Collection[str]],
        record: ScheduleRecordLike | None,
        fire: Callable[[], None],
        report: ScheduleReport,
        clock: Clock,
        last: datetime | None = None,
    ) -> None:
        self.timetable = timetable
        self.last = last
        self.due: datetime | None = None
        self.problem = ""
        self._id = controller_id
        self._wanted = wanted
        self._record = record if timetable.is_recorded else None
        # A recorded time of the near future is not doubted: it may be another process's, with another clock.
        self._set_back = SET_BACK if timetable.is_recorded else _SET_BACK_IN_MEMORY
        self._fire = fire
        self._report = report
        self._clock = clock
        self._began = clock.now()
        self._backoff = Backoff(clock, base_seconds=_RETRY_SECONDS, cap_seconds=_RETRY_CAP_SECONDS)

    async def run(self) -> None:
        """Run until cancelled."""
        if self.last is None and not self.timetable.is_due_at_first:
            self.last = self._began
        if self._record is not None:
            self.last = await self._begin(self._record, self.last)
        while True:
            self.due = self.timetable.after(self.last, self._began)
            if await self._has_come(self.due):
                await self._take(self.timetable.latest(self.due, self._clock.now()))

    async def _begin(self, record: ScheduleRecordLike, first: datetime | None) -> datetime | None:
        """Return the time of the last run, retrying until the cluster responds; ``first`` if there was none."""
        while True:
            try:
                last = await record.begin(self._id, self.timetable.text, self._wanted(), first)
            except PluginOperatorError as error:
                await self._hold_up(error)
            else:
                self._recovered()
                return last

    async def _has_come(self, due: datetime) -> bool:
        """Wait until ``due``; return False if the wall clock was set back, so that ``due`` must be computed again."""
        while (left := (due - self._clock.now()).total_seconds()) > 0:
            if self.last is not None and self.last - self._clock.now() > self._set_back:
                self.last = self._began = self._clock.now()
                return False
            await self._clock.sleep(min(left, _LONGEST_SLEEP_SECONDS))
        return True

    async def _take(self, due: datetime) -> None:
        """Run for ``due``, unless it is missed, claimed elsewhere, or not recorded before the next time."""
        text = self.timetable.text
        if self._clock.now() - due > GRACE and not self.timetable.runs_missed:
            self._report.missed(text, due)
        elif self._record is None or await self._claim(self._record, due):
            self._report.ran(text, due)
            self._fire()
        self.last = due

    async def _claim(self, record: ScheduleRecordLike, due: datetime) -> bool:
        """Record ``due`` before the run, and return whether to run: another process may have claimed it."""
        text, end = self.timetable.text, self.timetable.after(due, due)
        while True:
            try:
                is_ours = await record.claim(self._id, text, self._wanted(), due)
            except PluginOperatorError as error:
                await self._hold_up(error)
                if self._clock.now() >= end:
                    self._report.lost(text, due, self.problem)
                    return False
            else:
                self._recovered()
                if not is_ours:
                    self._report.elsewhere(text, due)
                return is_ours

    async def _hold_up(self, error: PluginOperatorError) -> None:
        if not self.problem:
            self._report.record_failed(self.timetable.text, error)
        self.problem = describe(error)
        await self._clock.sleep(self._backoff.next_seconds())

    def _recovered(self) -> None:
        self.problem = ""
        self._backoff.reset()
