"""What is said about the runs of schedules: in the log, in metrics, and as Events about the Lease with their times."""

from datetime import datetime
from typing import Any

from plugin_operator import logs
from plugin_operator.metrics import Counter
from plugin_operator.metrics.declaration import counter
from plugin_operator.plugin import Recorder
from plugin_operator.rendering import describe

SCHEDULE_RUNS = counter(
    "plugin_operator_schedule_runs_total",
    "Moments of schedules by what became of them: run, missed, elsewhere, lost",
    "controller",
    "result",
)

_log = logs.get_logger(__name__)


class ScheduleReport:
    """Reports about the schedules of one controller.

    Args:
        plugin, controller: whose they are.
        runs: counts by ``{controller, result}``.
        recorder: records Events; None records none.
        about: what the Events are about.
    """

    def __init__(
        self, plugin: str, controller: str, *, runs: Counter, recorder: Recorder | None, about: dict[str, Any] | None
    ) -> None:
        self._names = {"plugin": plugin, "controller": controller}
        self._runs = runs
        self._recorder = recorder
        self._about = about

    def ran(self, schedule: str, due: datetime) -> None:
        """The controller was made due."""
        self._runs.inc(self._names["controller"], "run")
        _log.debug("Scheduled run due", **self._names, schedule=schedule, scheduled=due.isoformat())

    def missed(self, schedule: str, due: datetime) -> None:
        """The time has passed while nobody could run it, and missed runs are skipped."""
        self._runs.inc(self._names["controller"], "missed")
        _log.info(
            "Scheduled run skipped, its time has passed", **self._names, schedule=schedule, scheduled=due.isoformat()
        )

    def elsewhere(self, schedule: str, due: datetime) -> None:
        """Another process has run it."""
        self._runs.inc(self._names["controller"], "elsewhere")
        _log.warning(
            "Scheduled run was taken by another replica", **self._names, schedule=schedule, scheduled=due.isoformat()
        )

    def held_up(self, schedule: str, error: BaseException) -> None:
        """The time of a run cannot be written, so that it must not run; it is tried again."""
        why = describe(error)
        _log.warning(
            "Schedule cannot be kept in the cluster, trying again", **self._names, schedule=schedule, error=why
        )
        self._event("ScheduleHeldUp", f"{schedule!r} of {self._names['controller']} is not kept in the cluster: {why}")

    def lost(self, schedule: str, due: datetime, why: str) -> None:
        """The next time has come before the time of this run could be written."""
        self._runs.inc(self._names["controller"], "lost")
        _log.error("Scheduled run lost", **self._names, schedule=schedule, scheduled=due.isoformat(), error=why)
        what = f"{schedule!r} of {self._names['controller']} did not run for {due.isoformat()}"
        self._event("ScheduledRunLost", f"{what}: its time could not be kept in the cluster: {why}")

    def _event(self, reason: str, message: str) -> None:
        if self._recorder is not None and self._about is not None:
            self._recorder.event(self._about, "Warning", reason, message)
