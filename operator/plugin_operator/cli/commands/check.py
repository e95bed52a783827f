"""``plugin-operator check``: finds mistakes in plugins with the operator's loader and with lints."""

import sys
from pathlib import Path

import click

from plugin_operator.cli.checking.flags import check_flags
from plugin_operator.cli.command import Command

_EXAMPLES = (
    ("All plugins of a directory, for people", "check plugins"),
    ("Two plugins, and fail for warnings too", "check --strict plugins/hello.py plugins/website.py"),
    ("In GitHub Actions", "check -o github plugins"),
)


@click.command("check", cls=Command, examples=_EXAMPLES, short_help="Find mistakes in plugin files without a cluster.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE...")
@check_flags
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
def command(
    paths: tuple[Path, ...],
    validate_timeout_seconds: float,
    allows_missing_requirements: bool,
    plugins_signature_key: Path | None,
    output: str,
    strict: bool,
) -> None:
    """Load each plugin as the operator would, and look for mistakes that show at run time only.

    FILE is a plugin file, a plugin folder, or a directory of plugins. All of them are checked together: two controllers
    of one name are a mistake. Each mistake has file, line, rule and the way out. "# noqa: RULE" at the end of the line
    suppresses one. The command sends no requests to a cluster.

    Exits with 0 without errors, 1 with errors, 2 for wrong usage.
    """
    # Imported on demand: the loader imports asyncio and the author-facing package, which --help does not need.
    from plugin_operator import logs
    from plugin_operator.cli.checking.plugin_check import CheckSettings, check
    from plugin_operator.cli.checking.printing import print_report

    logs.configure(level="warning")
    report = check(
        paths,
        CheckSettings(
            timeout_seconds=validate_timeout_seconds,
            key_file=plugins_signature_key,
            allows_missing_requirements=allows_missing_requirements,
        ),
    )
    print_report(report, output)
    sys.exit(1 if report.errors or (strict and report.warnings) else 0)
