"""``plugin-operator check``: finds mistakes in plugins with the operator's loader and with lints."""

import sys
from pathlib import Path
from typing import Any

import click

from plugin_operator.cli.checking.flags import check_flags, checked
from plugin_operator.cli.command import Command
from plugin_operator.cli.parameters import ExistingPath
from plugin_operator.cli.plugin_argument import plugins_argument

_EXAMPLES = (
    ("All plugins of a directory, for people", "check plugins"),
    ("Two plugins, and fail for warnings too", "check --strict plugins/hello.py plugins/scaler.py"),
    ("With the CustomResourceDefinitions of another folder or file", "check --crd crds plugins"),
    ("In GitHub Actions", "check -o github plugins"),
)


@click.command("check", cls=Command, examples=_EXAMPLES, short_help="Find mistakes in plugin files without a cluster.")
@plugins_argument(required=True)
@check_flags
@click.option(
    "--crd", "crds", multiple=True, type=ExistingPath(), metavar="FILE",
    help="CustomResourceDefinitions to compare with, besides those in a folder crds beside the plugins. Repeatable.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
def command(paths: tuple[Path, ...], output: str, crds: tuple[Path, ...], strict: bool, **given: Any) -> None:
    """Load each plugin as the operator would, and look for mistakes that show at run time only.

    FILE is a plugin file, a plugin folder, or a directory of plugins. All of them are checked together: two controllers
    of one name are a mistake. Kinds are compared with the CustomResourceDefinitions in --crd and in a folder crds
    beside the plugins. Each mistake has file, line, rule and the way out. "# noqa: RULE" at the end of the line
    suppresses one. The command sends no requests to a cluster.

    Exits with 0 without errors, 1 with errors, 2 for wrong usage.
    """
    # Imported on demand: the loader imports asyncio and the author-facing package, which --help does not need.
    from plugin_operator.cli.checking.printing import print_report

    report = checked(paths, crds=crds, **given)
    print_report(report, output)
    sys.exit(1 if report.errors or (strict and report.warnings) else 0)
