"""``plugin-operator validate``: checks plugins with the operator's loader; ``check`` without the lints."""

import sys
from pathlib import Path

import click

from plugin_operator.cli.checking.flags import check_flags
from plugin_operator.cli.command import Command

_EXAMPLES = (
    ("All plugins of a directory", "validate plugins"),
    ("Two plugins", "validate plugins/hello.py plugins/website.py"),
)


@click.command(
    "validate",
    cls=Command,
    examples=_EXAMPLES,
    short_help="Check plugin files with the loader alone: check without lints.",
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@check_flags
def command(
    paths: tuple[Path, ...],
    validate_timeout_seconds: float,
    allows_missing_requirements: bool,
    plugins_signature_key: Path | None,
    output: str,
) -> None:
    """Load each plugin as the operator would and report errors with file and line.

    PATH is a plugin file, a plugin folder, or a directory of plugins. The command sends no requests to a cluster. It is
    "plugin-operator check" without the lints.
    """
    # Imported on demand: the loader imports asyncio and the author-facing package, which --help does not need.
    from plugin_operator import logs
    from plugin_operator.cli.checking.plugin_check import CheckSettings, check
    from plugin_operator.cli.checking.printing import print_plugins, print_report

    logs.configure(level="warning")
    report = check(
        paths,
        CheckSettings(
            timeout_seconds=validate_timeout_seconds,
            key_file=plugins_signature_key,
            allows_missing_requirements=allows_missing_requirements,
            lints=False,
        ),
    )
    if output == "table":
        print_plugins(report)
    else:
        print_report(report, output)
    sys.exit(1 if report.errors else 0)
