"""``plugin-operator validate``: checks plugins with the operator's loader."""

import sys
from pathlib import Path

import click

from plugin_operator.cli.command import Command
from plugin_operator.cli.operator_flags import signature_key, validate_timeout

_EXAMPLES = (
    ("All plugins of a directory", "validate plugins"),
    ("Two plugins", "validate plugins/hello.py plugins/website.py"),
)


@click.command("validate", cls=Command, examples=_EXAMPLES, short_help="Check plugin files without a cluster.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@validate_timeout
@click.option(
    "--allow-missing-requirements", "allows_missing_requirements", is_flag=True,
    help="Compile a plugin that needs what is not installed here, and do not import it: an image may have it.",
)  # fmt: skip
@signature_key
def command(
    paths: tuple[Path, ...],
    validate_timeout_seconds: float,
    allows_missing_requirements: bool,
    plugins_signature_key: Path | None,
) -> None:
    """Load each plugin as the operator would and report errors with file and line.

    PATH is a plugin file, a plugin folder, or a directory of plugins. The command sends no requests to a cluster.
    """
    # Imported on demand: the loader imports asyncio and the author-facing package, which --help does not need.
    from plugin_operator import logs
    from plugin_operator.cli.plugin_check import check

    logs.configure(level="warning")
    findings = check(
        paths,
        timeout_seconds=validate_timeout_seconds,
        key_file=plugins_signature_key,
        allows_missing_requirements=allows_missing_requirements,
    )
    for finding in findings:
        click.echo(finding.text, err=not finding.ok)
    sys.exit(0 if all(finding.ok for finding in findings) else 1)
