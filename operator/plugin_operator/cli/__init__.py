"""The ``plugin-operator`` command.

Owns flags, environment variables, terminal output, and exit statuses (0 done, 1 failed, 2 wrong usage). A command
imports its dependencies only when it runs, so that ``--help`` is fast.
"""

import io
import signal
import sys

__all__ = ["kubectl_complete", "kubectl_main", "main"]

_KUBECTL = "kubectl plugin-operator"


def main() -> None:
    """Run the command line and exit the process."""
    _run("plugin-operator")


def kubectl_main() -> None:
    """Run the command line as ``kubectl plugin-operator``, which kubectl finds as ``kubectl-plugin_operator``."""
    _run(_KUBECTL)


def kubectl_complete() -> None:
    """Answer kubectl's completion, which runs ``kubectl_complete-plugin_operator`` with the words typed so far."""
    from plugin_operator.cli.kubectl_completion import completions

    sys.stdout.write(completions(_KUBECTL, sys.argv[1:]))


def _run(name: str) -> None:
    # During imports Ctrl-C ends the process by signal, without a traceback; commands that need to stop something
    # install their own handlers.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None if it is closed
            stream.reconfigure(errors="backslashreplace")  # text of plugins may have what an encoding lacks
    from plugin_operator.cli.group import COMPLETION_VARIABLE, group

    group.main(prog_name=name, complete_var=COMPLETION_VARIABLE)
