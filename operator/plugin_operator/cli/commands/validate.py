"""``plugin-operator validate``: try plugins through the real loader."""

import sys
from pathlib import Path

import click

from plugin_operator.cli.operator_flags import signature_key
from plugin_operator.cli.parameters import Duration, flag


@click.command("validate", short_help="Check plugin files without a cluster.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@flag(
    "--validate-timeout", to="timeout_seconds", type=Duration(), default="10s", show_default=True,
    help="How long the trial import of a plugin may take.",
)  # fmt: skip
@click.option(
    "--allow-missing-requirements", "allows_missing_requirements", is_flag=True,
    help="Compile a plugin that needs what is not installed here, and do not import it: an image may have it.",
)  # fmt: skip
@signature_key
def command(
    paths: tuple[Path, ...],
    timeout_seconds: float,
    allows_missing_requirements: bool,
    plugins_signature_key: Path | None,
) -> None:
    """Load each plugin as the operator would and tell what is wrong, with file and line.

    PATH is a plugin file, a plugin folder, or a directory of plugins. Nothing is sent to any cluster.
    """
    # The loader imports asyncio and the whole author-facing package: not for --help.
    from plugin_operator import logs
    from plugin_operator.cli.plugin_check import check

    logs.configure(level="warning")
    findings = check(
        paths,
        timeout_seconds=timeout_seconds,
        key_file=plugins_signature_key,
        allows_missing_requirements=allows_missing_requirements,
    )
    for finding in findings:
        click.echo(finding.text, err=not finding.ok)
    sys.exit(0 if all(finding.ok for finding in findings) else 1)
