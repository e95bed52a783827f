"""``plugin-operator version``: prints the version."""

import click


@click.command("version", short_help="Print the version.")
def command() -> None:
    """Print the versions of the operator and of Python, as --version does."""
    from plugin_operator.cli.group import version_text

    click.echo(version_text())
