"""Reports about runs of schedules: logs, metrics, and Events about the Lease that stores their times."""

from datetime import datetime
from typing import Any

from plugin_operator import logs
from plugin_operator.metrics import Counter
from plugin_operator.metrics.declaration import counter
from plugin_operator.plugin import Recorder
from plugin_operator.rendering import describe

SCHEDULE_RUNS = counter(
    "plugin_operator_schedule_runs_total",
    "Scheduled runs by result: run, missed, elsewhere, lost",
    "controller",
    "result",
)

_log = logs.get_logger(__name__)


class ScheduleReport:
    """Reports about the schedules of one controller.

    Args:
        plugin, controller: owner of the schedules.
        runs: counts runs by ``{controller, result}``.
        recorder: records Events; None for no Events.
        about: involved object of the Events.
    """

    def __init__(
        self, plugin: str, controller: str, *, runs: Counter, recorder: Recorder | None, about: dict[str, Any] | None
    ) -> None:
        self._names = {"plugin": plugin, "controller": controller}
        self._runs = runs
        self._recorder = recorder
        self._about = about

    def ran(self, schedule: str, due: datetime) -> None:
        """Report a run."""
        self._runs.inc(self._names["controller"], "run")
        _log.debug("Scheduled run enqueued", **self._names, schedule=schedule, scheduled=due.isoformat())

    def missed(self, schedule: str, due: datetime) -> None:
        """Report a missed run that is skipped."""
        self._runs.inc(self._names["controller"], "missed")
        _log.info(
            "Scheduled run skipped, its time has passed", **self._names, schedule=schedule, scheduled=due.isoformat()
        )

    def elsewhere(self, schedule: str, due: datetime) -> None:
        """Report a run that another process has claimed."""
        self._runs.inc(self._names["controller"], "elsewhere")
        _log.warning(
            "Scheduled run claimed by another replica", **self._names, schedule=schedule, scheduled=due.isoformat()
        )

    def record_failed(self, schedule: str, error: BaseException) -> None:
        """Report that the time of a run could not be recorded, so that it does not run; it is retried."""
        why = describe(error)
        _log.warning("Schedule record update failed, retrying", **self._names, schedule=schedule, error=why)
        self._event(
            "ScheduleRecordFailed", f"{schedule!r} of {self._names['controller']} is not kept in the cluster: {why}"
        )

    def lost(self, schedule: str, due: datetime, why: str) -> None:
        """Report a run that was lost, because its time was not recorded before the next one."""
        self._runs.inc(self._names["controller"], "lost")
        _log.error("Scheduled run lost", **self._names, schedule=schedule, scheduled=due.isoformat(), error=why)
        what = f"{schedule!r} of {self._names['controller']} did not run for {due.isoformat()}"
        self._event("ScheduledRunLost", f"{what}: its time could not be kept in the cluster: {why}")

    def _event(self, reason: str, message: str) -> None:
        if self._recorder is not None and self._about is not None:
            self._recorder.event(self._about, "Warning", reason, message)
