"""``plugin-operator version``: prints the version."""

import click

from plugin_operator.cli.command import Command
from plugin_operator.cli.output import output_flag

_EXAMPLES = (
    ("Print one line", "version"),
    ("For a program", "version -o json"),
)


@click.command("version", cls=Command, examples=_EXAMPLES, short_help="Print the version.")
@output_flag()
def command(output: str) -> None:
    """Print the versions of the operator and of Python, as --version does."""
    # Imported on demand: --help does not need it.
    from plugin_operator.cli.versions import print_versions

    print_versions(output)
