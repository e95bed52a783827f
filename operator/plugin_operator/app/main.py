"""Running the operator in this process."""

import asyncio
import threading
from collections.abc import Sequence

from plugin_operator import logs, tasks
from plugin_operator.app.build import Companion, build
from plugin_operator.app.host_parts import HostParts
from plugin_operator.app.plugin_runnables import plugin_of
from plugin_operator.clock import SystemClock
from plugin_operator.hosting.loading.revision_modules import IMPORT_GUARD
from plugin_operator.hosting.validation.trial_process import TrialProcess
from plugin_operator.manager import ProcessBelongings, StopSignals, leave_now, run_in_loop
from plugin_operator.options import Options

# The manager obeys the grace period itself; the timer thread of the signal handlers ends a manager that is blocked.
_GRACE_MARGIN_SECONDS = 3.0
# Deadline for tasks that are left after all Runnables have stopped.
_LEFT_OVER_SECONDS = 1.0

_log = logs.get_logger(__name__)


def run(options: Options, companions: Sequence[Companion] = (), trials: TrialProcess | None = None) -> int:
    """Run the operator with signal handlers and return the exit status.

    If leadership is lost, the process exits at once, without running ``finally`` blocks of plugins. Tasks and threads
    that ignore cancellation are ended with the process shortly after all Runnables have stopped.

    Args:
        options: settings of the process.
        companions: return the Runnables that stop last, such as a sandbox's API server.
        trials: the process that tries plugins, if it was started before.

    Raises:
        PluginOperatorError: the operator cannot start, for a reason that the user can fix.
    """
    logs.configure(options.log_format, options.log_level)
    return run_in_loop(_run(options, companions, trials))


async def _run(options: Options, companions: Sequence[Companion], trials: TrialProcess | None) -> int:
    app = build(options, [lambda _: ProcessBelongings(plugin_of, IMPORT_GUARD), *companions], HostParts(trials=trials))
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
