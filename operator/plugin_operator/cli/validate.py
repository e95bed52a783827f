"""``plugin-operator validate``: try plugins through the real loader."""

import sys
from pathlib import Path

import click

from plugin_operator.cli.parameters import Duration, flag


@click.command("validate", short_help="Check plugin files without a cluster.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@flag(
    "--validate-timeout", to="timeout_seconds", type=Duration(), default="10s", show_default=True,
    help="How long the trial import of a plugin may take.",
)  # fmt: skip
def command(paths: tuple[Path, ...], timeout_seconds: float) -> None:
    """Load each plugin as the operator would and tell what is wrong, with file and line.

    PATH is a plugin file, a plugin folder, or a directory of plugins. Nothing is sent to any cluster.
    """
    from plugin_operator.app import validate

    failed = 0
    for report in validate(paths, timeout_seconds=timeout_seconds):
        click.echo(report.text, err=not report.ok)
        failed += not report.ok
    sys.exit(1 if failed else 0)
