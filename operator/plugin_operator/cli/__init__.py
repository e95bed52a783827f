"""The ``plugin-operator`` command.

Owns flags, environment variables, terminal output, and exit statuses (0 done, 1 failed, 2 wrong usage). A command
imports its dependencies only when it runs, so that ``--help`` is fast.
"""

import signal

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit the process."""
    # During imports Ctrl-C ends the process by signal, without a traceback; commands that need to stop something
    # install their own handlers.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from plugin_operator.cli.group import group

    group.main(prog_name="plugin-operator")
