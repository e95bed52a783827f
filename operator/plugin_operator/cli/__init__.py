"""The ``plugin-operator`` command.

Owns flags, environment variables, terminal output, and exit statuses (0 done, 1 failed, 2 wrong usage). A command
imports its dependencies only when it runs, so that ``--help`` is fast.
"""

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
    from plugin_operator.cli.terminal.standard_streams import OutputFailed, guard_standard_streams

    guard_standard_streams()
    try:
        sys.stdout.write(completions(_KUBECTL, sys.argv[1:]))
        sys.stdout.flush()
    except (OutputFailed, BrokenPipeError):
        sys.exit(1)


def _run(name: str) -> None:
    # During imports Ctrl-C ends the process by signal, without a traceback; commands that need to stop something
    # install their own handlers.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from plugin_operator.imports import imports_without_collection

    with imports_without_collection():
        from plugin_operator.cli.group import COMPLETION_VARIABLE, group
        from plugin_operator.cli.terminal.standard_streams import guard_standard_streams

    guard_standard_streams()
    group.main(prog_name=name, complete_var=COMPLETION_VARIABLE)
