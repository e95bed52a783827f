"""The ``plugin-operator`` command.

Owns flags, environment variables, what people read at a terminal, and exit codes (0 done, 1 failed, 2 wrong usage).
Every command imports what it needs only when it runs, so that ``--help`` answers at once.
"""

from plugin_operator.cli.group import main

__all__ = ["main"]
