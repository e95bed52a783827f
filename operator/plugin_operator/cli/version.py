"""``plugin-operator version``: what is running here."""

import platform

import click


@click.command("version", short_help="Print the version.")
def command() -> None:
    """Print the versions of the operator and of Python."""
    # importlib.metadata costs 20 ms, which only this command should pay.
    from importlib.metadata import version

    click.echo(f"plugin-operator {version('plugin-operator')} (Python {platform.python_version()})")
