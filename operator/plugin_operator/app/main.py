"""Running the operator as this process."""

from collections.abc import Sequence

from plugin_operator import logs
from plugin_operator.app.build import Companion, build
from plugin_operator.manager import StopSignals, leave_now, run_in_loop
from plugin_operator.options import Options

# The manager keeps to the grace period by itself; the thread behind the signals only ends what cannot.
_GRACE_MARGIN_SECONDS = 3.0


def run(options: Options, companions: Sequence[Companion] = ()) -> int:
    """Run the operator until it ends, and return the exit status; signals are handled.

    If leadership is lost the process ends here at once: not even a ``finally`` of a plugin may run any more.

    Args:
        options: the settings.
        companions: parts of the process that are stopped last, such as a sandbox's API server.

    Raises:
        PluginOperatorError: it cannot start, for a reason a user can do something about.
    """
    logs.configure(options.log_format, options.log_level)
    return run_in_loop(_run(options, companions))


async def _run(options: Options, companions: Sequence[Companion]) -> int:
    app = build(options, companions)
    grace = options.shutdown_grace_period_seconds + _GRACE_MARGIN_SECONDS
    with StopSignals(app.manager.request_stop, grace_seconds=grace):
        code = await app.run()
        if app.manager.lost_leadership:
            leave_now(code)
        return code
