"""``plugin-operator requirements``: prints the packages that an image needs for a set of plugins."""

import sys
from pathlib import Path

import click

from plugin_operator.cli.parameters import environment_names


@click.command("requirements", short_help="Print what plugins need installed.")
@click.argument(
    "paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...",
    envvar=environment_names("--plugins-dir"),
)  # fmt: skip
def command(paths: tuple[Path, ...]) -> None:
    """Print the union of what plugins declare in their metadata blocks (PEP 723), as a requirements file for pip.

    PATH is a plugin file, a plugin folder, or a directory of plugins. Default: $PLUGIN_OPERATOR_PLUGINS_DIR, ./plugins.
    No plugin code runs. Conflicts and malformed blocks are printed to stderr, with exit status 1.
    """
    # Imported on demand: --help needs neither the packaging library nor the scanner.
    from plugin_operator.cli.plugin_needs import union_for

    union = union_for(paths or (_default(),))
    for line in union.lines:
        click.echo(line)
    for problem in union.problems:
        click.echo(problem, err=True)
    sys.exit(1 if union.problems else 0)


def _default() -> Path:
    path = Path("plugins")
    if not path.is_dir():
        raise click.UsageError("there is no directory ./plugins here: name plugins or their directory as PATH")
    return path
