"""The ``plugin-operator`` command.

Owns flags, environment variables, what people read at a terminal, and exit codes (0 done, 1 failed, 2 wrong usage).
Every command imports what it needs only when it runs, so that ``--help`` answers at once.
"""

import signal

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit."""
    # Ctrl-C while modules are still being imported ends the process as it ends any other, without a traceback; commands
    # that have something to stop install handlers of their own.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from plugin_operator.cli.group import group

    group.main(prog_name="plugin-operator")
