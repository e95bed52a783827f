"""``plugin-operator validate``: checks plugins with the operator's loader; ``check`` without the lints."""

import sys
from pathlib import Path
from typing import Any

import click

from plugin_operator.cli.checking.flags import check_flags, checked
from plugin_operator.cli.command import Command
from plugin_operator.cli.plugin_argument import plugins_argument

_EXAMPLES = (
    ("All plugins of a directory", "validate plugins"),
    ("Two plugins", "validate plugins/hello.py plugins/scaler.py"),
)


@click.command(
    "validate",
    cls=Command,
    examples=_EXAMPLES,
    short_help="Check plugin files with the loader alone: check without lints.",
)
@plugins_argument("PATH...", required=True)
@check_flags
def command(paths: tuple[Path, ...], output: str, **given: Any) -> None:
    """Load each plugin as the operator would and report errors with file and line.

    PATH is a plugin file, a plugin folder, or a directory of plugins. The command sends no requests to a cluster. It is
    "plugin-operator check" without the lints, and prints one line for each plugin.

    Exits with 0 if the operator loads all of them, 1 if not, 2 for wrong usage.
    """
    # Imported on demand: the loader imports asyncio and the author-facing package, which --help does not need.
    from plugin_operator.cli.checking.printing import print_plugins, print_report

    report = checked(paths, lints=False, **given)
    if output == "table":
        print_plugins(report)
    else:
        print_report(report, output)
    sys.exit(1 if report.errors else 0)
