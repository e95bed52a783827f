"""Misbehavior of plugins: blocked event loop, unfinished tasks, failures, write loops and write fights.

Owns what counts as misbehavior, and its log lines, metrics and status; each case is logged once. The event loop
watchdog detects a blocked loop and reports it here.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.controllers import ControllerStatus
from plugin_operator.hosting.runtime.controller_failures import ControllerFailures
from plugin_operator.hosting.runtime.long_reconciles import long_reconciles
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime
from plugin_operator.hosting.runtime.unwanted_writes import UnwantedWrite, fights_of, loops_of
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import gauge

_MANY_TASKS = 100
_SHOWN = 3
_MOST_SAID = 10

PLUGIN_MISBEHAVING = gauge(
    "plugin_operator_plugin_misbehaving",
    "1 for each kind of misbehavior that a plugin shows",
    "plugin",
    "how",
    merge="highest",
)

_log = logs.get_logger(__name__)


class MisbehaviorKind(StrEnum):
    """Kind of misbehavior; the value is the metric's label."""

    BLOCKS = "blocks"
    """It blocks the event loop."""
    TASKS = "tasks"
    """It leaves spawned tasks unfinished."""
    HANGS = "hangs"
    """One of its reconciles exceeds its timeout or, without one, ``LONG_RECONCILE_SECONDS``."""
    FAILS = "fails"
    """One of its controllers fails most of the time; see ``controller_failures``."""
    LOOPS = "loops"
    """Each of its reconciles writes, and that write triggers the next one."""
    FIGHTS = "fights"
    """It and another controller undo each other's writes."""


class Misbehavior(msgspec.Struct, frozen=True):
    """One case of misbehavior.

    Attributes:
        how: kind of misbehavior.
        detail: description for users, without object data.
        since: time of its first detection in this revision.
        stack: ``file:line`` of the plugin's frames, innermost first.
    """

    how: MisbehaviorKind
    detail: str
    since: datetime
    stack: tuple[str, ...] = ()


class MisbehaviorMonitor:
    """Checks the active revision at intervals, and stores its misbehavior until it is replaced.

    Args:
        plugin: name of the plugin.
        clock: provides the time of detection.
        metrics: receives the misbehavior.
    """

    def __init__(self, plugin: str, clock: Clock, metrics: Metrics) -> None:
        self._plugin = plugin
        self._clock = clock
        self._metric = metrics.family(PLUGIN_MISBEHAVING)
        self._revision = ""
        self._charges: dict[MisbehaviorKind, Misbehavior] = {}
        self._tasks_said = 0
        self._blocked = 0
        self._longest_seconds = 0.0
        self._said: dict[MisbehaviorKind, set[str]] = {}

    @property
    def charges(self) -> tuple[Misbehavior, ...]:
        """The misbehavior of the active revision."""
        return tuple(self._charges.values())

    def look(
        self,
        runtime: RevisionRuntime,
        failures: Sequence[ControllerFailures],
        controllers: Sequence[ControllerStatus] = (),
    ) -> None:
        """Check for new and ended misbehavior, and log it.

        Args:
            runtime: the active revision.
            failures: failures of its controllers.
            controllers: status of its controllers.
        """
        self._reset_for(runtime)
        self._look_at_tasks(runtime)
        self._look_at_failures(runtime, failures)
        self._look_at_long_reconciles(runtime, controllers)
        self._note(MisbehaviorKind.LOOPS, runtime, loops_of(runtime))
        self._note(MisbehaviorKind.FIGHTS, runtime, fights_of(runtime))

    def blocked(self, runtime: RevisionRuntime, seconds: float, stack: Sequence[str]) -> None:
        """Record that the plugin blocked the event loop for at least ``seconds``; the watchdog logs it."""
        self._reset_for(runtime)
        self._blocked += 1
        self._longest_seconds = max(self._longest_seconds, seconds)
        detail = f"for {self._longest_seconds:.1f} s at the longest, {self._blocked} times so far"
        self._charge(MisbehaviorKind.BLOCKS, detail, [runtime.revision.modules.plain(each) for each in stack])

    def _reset_for(self, runtime: RevisionRuntime) -> None:
        if runtime.label == self._revision:
            return
        self._revision, self._tasks_said, self._blocked, self._longest_seconds = runtime.label, 0, 0, 0.0
        for how in tuple(self._charges):
            self._drop(how)

    def _charge(self, how: MisbehaviorKind, detail: str, stack: Sequence[str] = ()) -> None:
        before = self._charges.get(how)
        since = self._clock.now() if before is None else before.since
        self._charges[how] = Misbehavior(how, detail, since, tuple(stack))
        self._metric.set(1, self._plugin, how)

    def _note(self, how: MisbehaviorKind, runtime: RevisionRuntime, found: Sequence[UnwantedWrite]) -> None:
        """Record the found cases of one kind; log each of the first few, and the end of all."""
        if not found:
            if how in self._charges:
                self._drop(how)
                _log.info("Plugin misbehavior ended", plugin=self._plugin, revision=runtime.label, how=str(how))
            return
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        self._charge(how, found[0].detail + more)
        said = self._said.setdefault(how, set())
        for each in found:
            if each.what not in said and len(said) < _MOST_SAID:
                said.add(each.what)
                _log.warning(each.event, plugin=self._plugin, revision=runtime.label, **each.facts)

    def _drop(self, how: MisbehaviorKind) -> None:
        self._said.pop(how, None)
        del self._charges[how]
        self._metric.remove(self._plugin, how)

    def _look_at_tasks(self, runtime: RevisionRuntime) -> None:
        running = runtime.tasks.running()
        if MisbehaviorKind.TASKS in self._charges:
            if len(running) < _MANY_TASKS:
                self._drop(MisbehaviorKind.TASKS)
                self._tasks_said = 0
            else:
                self._charges[MisbehaviorKind.TASKS] = replace(
                    self._charges[MisbehaviorKind.TASKS], detail=f"{len(running)} of them"
                )
        if len(running) < max(_MANY_TASKS, 2 * self._tasks_said):
            return
        self._tasks_said = len(running)
        kinds = Counter(getattr(task.get_coro(), "__qualname__", "?") for task in running)
        newest = running[-1].get_stack(limit=5)
        stack = [runtime.revision.modules.plain(f"{frame.f_code.co_filename}:{frame.f_lineno}") for frame in newest]
        self._charge(MisbehaviorKind.TASKS, f"{len(running)} of them", stack)
        _log.warning(
            "Plugin leaves tasks unfinished",
            plugin=self._plugin,
            revision=runtime.label,
            tasks=len(running),
            most=dict(kinds.most_common(_SHOWN)),
            stack="\n".join(stack),
        )

    def _look_at_long_reconciles(self, runtime: RevisionRuntime, controllers: Sequence[ControllerStatus]) -> None:
        found = long_reconciles(runtime, controllers)
        if not found:
            if MisbehaviorKind.HANGS in self._charges:
                self._drop(MisbehaviorKind.HANGS)
                _log.info("Long reconciles have ended", plugin=self._plugin, revision=runtime.label)
            return
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        self._charge(MisbehaviorKind.HANGS, found[0].detail + more, found[0].places)
        said = self._said.setdefault(MisbehaviorKind.HANGS, set())
        said &= {each.what for each in found}  # log it again if it ends and later exceeds its timeout again
        for each in found:
            if each.what not in said and len(said) < _MOST_SAID:
                said.add(each.what)
                _log.warning("Reconcile does not end", plugin=self._plugin, revision=runtime.label, **each.facts)

    def _look_at_failures(self, runtime: RevisionRuntime, failures: Sequence[ControllerFailures]) -> None:
        failing = [each for each in failures if each.keeps_failing and each.last is not None]
        if not failing:
            if MisbehaviorKind.FAILS in self._charges:
                self._drop(MisbehaviorKind.FAILS)
                _log.info("Plugin recovered", plugin=self._plugin, revision=runtime.label)
            return
        was_said = MisbehaviorKind.FAILS in self._charges
        last = max((each.last for each in failing if each.last is not None), key=lambda last: last.at)
        self._charge(MisbehaviorKind.FAILS, "; ".join(each.summary for each in failing), last.places)
        if not was_said:
            _log.error(
                "Plugin fails most of the time",
                plugin=self._plugin,
                revision=runtime.label,
                controllers=[each.controller for each in failing],
                objects=sum(each.objects for each in failing),
                error=last.error,
                stack="\n".join(last.places),
            )
