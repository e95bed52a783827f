"""Running the operator as this process."""

import asyncio
import threading
from collections.abc import Sequence

from plugin_operator import logs, tasks
from plugin_operator.app.build import Companion, build
from plugin_operator.app.plugin_runnables import plugin_of
from plugin_operator.clock import SystemClock
from plugin_operator.hosting.loading.revision_modules import IMPORT_GUARD
from plugin_operator.manager import ProcessBelongings, StopSignals, leave_now, run_in_loop
from plugin_operator.options import Options

# The manager keeps to the grace period by itself; the thread behind the signals only ends what cannot.
_GRACE_MARGIN_SECONDS = 3.0
# Everything was told to end and had its deadline; whatever is left gets this long.
_LEFT_OVER_SECONDS = 1.0

_log = logs.get_logger(__name__)


def run(options: Options, companions: Sequence[Companion] = ()) -> int:
    """Run the operator until it ends, and return the exit status; signals are handled.

    If leadership is lost the process ends here at once: not even a ``finally`` of a plugin may run any more. Nor can a
    plugin's task or thread that ignores the end keep the process: it ends a moment after everything else did.

    Args:
        options: the settings.
        companions: make the parts of the process that are stopped last, such as a sandbox's API server.

    Raises:
        PluginOperatorError: it cannot start, for a reason a user can do something about.
    """
    logs.configure(options.log_format, options.log_level)
    return run_in_loop(_run(options, companions))


async def _run(options: Options, companions: Sequence[Companion]) -> int:
    app = build(options, [lambda _: ProcessBelongings(plugin_of, IMPORT_GUARD), *companions])
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
    """Cancel the tasks that nobody ended, and tell whether some ignore that: the loop would wait for them for ever."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    stubborn = await tasks.cancel_and_wait(others, _LEFT_OVER_SECONDS, clock=SystemClock())
    for task in stubborn:
        _log.error("Task ignores the end of the process and is ended with it", task=task.get_name())
    return bool(stubborn)
