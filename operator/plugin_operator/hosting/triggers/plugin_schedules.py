"""The schedules of one plugin, over all its revisions, on the leader."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial

import msgspec

from plugin_operator.connection_backoff import Backoff
from plugin_operator.controllers import ScheduleStatus
from plugin_operator.errors import PluginOperatorError
from plugin_operator.hosting.environment import Environment
from plugin_operator.hosting.triggers.schedule_report import SCHEDULE_RUNS, ScheduleReport
from plugin_operator.hosting.triggers.schedule_runner import ScheduleRunner
from plugin_operator.hosting.triggers.target import Target
from plugin_operator.plugin import ControllerDeclaration, Timetable
from plugin_operator.tasks import Service, TaskOwner

_STOP_SECONDS = 1.0
_FORGET_ATTEMPTS = 8
_MAX_REMEMBERED = 100
# A rollback comes within the probation of a revision, or not at all.
_ROLLBACK_SECONDS = 600.0

Key = tuple[str, str, str]


class _Scheduled(msgspec.Struct, frozen=True):
    runner: ScheduleRunner
    service: Service


class PluginSchedules:
    """Runs the schedules of the current revision. A schedule that a reload does not change keeps running.

    Args:
        plugin: name of the plugin.
        environment: clock, record, metrics, recorder.
    """

    def __init__(self, plugin: str, environment: Environment) -> None:
        self._plugin = plugin
        self._environment = environment
        self._runs = environment.metrics.family(SCHEDULE_RUNS)
        self._tasks = TaskOwner(f"schedules/{plugin}", clock=environment.clock, supervisor=environment.supervisor)
        self._declared: dict[str, ControllerDeclaration] = {}
        self._targets: Mapping[str, Target] = {}
        self._running: dict[Key, _Scheduled] = {}
        self._last: dict[Key, tuple[datetime, float]] = {}
        self._leads = False

    def update(self, declarations: Iterable[ControllerDeclaration], targets: Mapping[str, Target]) -> None:
        """Start and stop schedules to match the declarations of a revision."""
        before = {each.id for each in self._declared.values() if _recorded(each)}
        self._declared = {each.name: each for each in declarations}
        self._targets = targets
        wanted = {_key(each, timetable): timetable for each in self._declared.values() for timetable in each.schedules}
        for key in [key for key in self._running if key not in wanted]:
            self._end(key)
        for key, scheduled in self._running.items():
            scheduled.runner.timetable = wanted[key]
        if self._leads:
            self._begin()
            gone = before - {each.id for each in self._declared.values()}
            if gone and self._environment.schedules is not None:
                self._tasks.complete(partial(self._forget, gone), "forget", kind="schedules-forget")

    def start(self) -> None:
        """Start, because this process leads and workers run."""
        self._leads = True
        self._begin()

    async def stop(self) -> None:
        """Stop, because the process stops; the times in the cluster stay."""
        self._declared = {}
        self._running = {}
        await self._tasks.stop(_STOP_SECONDS)

    @property
    def schedules_problem(self) -> str:
        """Why schedules do not run; empty if all do."""
        problems = {key[0]: each.runner.problem for key, each in self._running.items() if each.runner.problem}
        found = [f"schedules of {name} do not run: {problem}" for name, problem in problems.items()]
        return "; ".join(found)

    def status(self, controller: str) -> tuple[ScheduleStatus, ...]:
        """Return the status of the schedules of a controller."""
        declaration = self._declared.get(controller)
        found = []
        for each in declaration.schedules if declaration is not None else ():
            scheduled = self._running.get(_key(declaration, each)) if declaration is not None else None
            runner = scheduled.runner if scheduled is not None else None
            last, due, problem = (runner.last, runner.due, runner.problem) if runner is not None else (None, None, "")
            found.append(ScheduleStatus(each.text, last, due, problem))
        return tuple(found)

    def _begin(self) -> None:
        for declaration in self._declared.values():
            for timetable in declaration.schedules:
                if (key := _key(declaration, timetable)) not in self._running:
                    self._running[key] = self._run(declaration, timetable, key)

    def _run(self, declaration: ControllerDeclaration, timetable: Timetable, key: Key) -> _Scheduled:
        environment, record = self._environment, self._environment.schedules
        report = ScheduleReport(
            self._plugin,
            declaration.name,
            runs=self._runs,
            recorder=environment.recorder(declaration.name) if record is not None else None,
            about=record.reference if record is not None else None,
        )
        runner = ScheduleRunner(
            declaration.id,
            timetable,
            wanted=partial(self._wanted, declaration.name),
            record=record,
            fire=partial(self._fire, declaration.name),
            report=report,
            clock=environment.clock,
            last=self._remembered(key),
        )
        return _Scheduled(
            runner, self._tasks.serve(runner.run, f"{declaration.name}/{timetable.text}", kind="schedule")
        )

    def _end(self, key: Key) -> None:
        """Stop a schedule, and keep its time for a rollback."""
        scheduled = self._running.pop(key)
        scheduled.service.cancel()
        self._last.pop(key, None)
        if scheduled.runner.last is not None:
            self._last[key] = scheduled.runner.last, self._environment.clock.monotonic()
        if len(self._last) > _MAX_REMEMBERED:
            del self._last[next(iter(self._last))]

    def _remembered(self, key: Key) -> datetime | None:
        """Return when one that ended just now ran last; one that returns after long has missed nothing."""
        last, ended = self._last.get(key, (None, 0.0))
        return last if self._environment.clock.monotonic() - ended <= _ROLLBACK_SECONDS else None

    def _wanted(self, controller: str) -> frozenset[str]:
        declaration = self._declared.get(controller)
        return frozenset() if declaration is None else _recorded(declaration)

    def _fire(self, controller: str) -> None:
        if (target := self._targets.get(controller)) is not None:
            target.enqueue_all()

    async def _forget(self, ids: set[str]) -> None:
        """Remove the times of removed controllers from the cluster, unless they are declared again."""
        record, clock = self._environment.schedules, self._environment.clock
        if record is None:
            return

        def gone() -> set[str]:
            return ids - {each.id for each in self._declared.values()}

        backoff = Backoff(clock)
        for _ in range(_FORGET_ATTEMPTS):
            try:
                await record.forget(gone)
            except PluginOperatorError:
                await clock.sleep(backoff.next_seconds())
            else:
                return


def _key(declaration: ControllerDeclaration, timetable: Timetable) -> Key:
    return declaration.name, declaration.id, timetable.text


def _recorded(declaration: ControllerDeclaration) -> frozenset[str]:
    return frozenset(each.text for each in declaration.schedules if each.is_recorded)
