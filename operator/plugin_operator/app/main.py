"""Running the operator in this process."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Protocol

from plugin_operator import logs, tasks
from plugin_operator.app.build import Companion, build
from plugin_operator.app.host_parts import HostParts
from plugin_operator.app.plugin_runnables import plugin_of
from plugin_operator.clock import SystemClock
from plugin_operator.hosting.loading.revision_modules import IMPORT_GUARD
from plugin_operator.hosting.validation.trial_process import TrialProcess
from plugin_operator.manager import (
    FailureCallback,
    Manager,
    ProcessBelongings,
    Runnable,
    StopSignals,
    leave_now,
    run_in_loop,
)
from plugin_operator.options import Options

# The manager obeys the grace period itself; the timer thread of the signal handlers ends a manager that is blocked.
_GRACE_MARGIN_SECONDS = 3.0
# Deadline for tasks that are left after all Runnables have stopped.
_LEFT_OVER_SECONDS = 1.0


class RunningApp(Protocol):
    """An operator that is ready to run."""

    @property
    def manager(self) -> Manager:
        """Starts and stops its Runnables."""

    async def run(self) -> int:
        """Run until the end, and return the exit status."""


_log = logs.get_logger(__name__)


def run(options: Options, companions: Sequence[Companion] = (), trials: TrialProcess | None = None) -> int:
    """Run the operator with signal handlers and return the exit status.

    If leadership is lost, the process exits at once, without running ``finally`` blocks of plugins. Tasks and threads
    that ignore cancellation are ended with the process shortly after all Runnables have stopped.

    With several processes this one is the supervisor of the others.

    Args:
        options: settings of the process.
        companions: return the Runnables that stop last, such as a sandbox's API server.
        trials: the process that tries plugins, if it was started before; unused with several processes.

    Raises:
        PluginOperatorError: the operator cannot start, for a reason that the user can fix.
    """
    logs.configure(options.log_format, options.log_level)
    if options.processes > 1:
        # Imported on demand: one process needs no supervisor.
        from plugin_operator.app.workers.supervising import run_supervisor

        return run_supervisor(options, companions)
    return run_in_loop(_run(options, companions, trials))


def guarded(_: FailureCallback) -> Runnable:
    """Return the guard of what belongs to the whole process, for a process that runs plugins."""
    return ProcessBelongings(plugin_of, IMPORT_GUARD)


async def _run(options: Options, companions: Sequence[Companion], trials: TrialProcess | None) -> int:
    companions, parts = [guarded, *companions], HostParts(trials=trials)
    if options.shard_replicas:
        # Imported on demand: one replica that works alone needs none of it.
        from plugin_operator.app.sharing import build_sharing

        return await run_app(build_sharing(options, companions, parts), options)
    return await run_app(build(options, companions, parts), options)


async def run_app(app: RunningApp, options: Options) -> int:
    """Run an operator with signal handlers to its end, and return the exit status."""
    grace = options.shutdown_grace_period_seconds + _GRACE_MARGIN_SECONDS
    with StopSignals(app.manager.request_stop, grace_seconds=grace):
        code = await app.run()
        if app.manager.lost_leadership:
            leave_now(code or 1)
        stubborn = await _left_over()
        code = code or int(stubborn)
        _log.info("Stopped", status=code)
        if stubborn:
            leave_now(code)
    threads = threading.Timer(_GRACE_MARGIN_SECONDS, leave_now, (code,))
    threads.daemon = True
    threads.start()
    return code


async def _left_over() -> bool:
    """Cancel the remaining tasks, and report whether some ignore it: closing the loop would wait for them."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    stubborn = await tasks.cancel_and_wait(others, _LEFT_OVER_SECONDS, clock=SystemClock())
    for task in stubborn:
        _log.error("Task ignores cancellation, ended with the process", task=task.get_name())
    return bool(stubborn)
