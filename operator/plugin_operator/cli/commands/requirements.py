"""``plugin-operator requirements``: prints the packages that an image needs for a set of plugins."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plugin_operator.cli.command import Command
from plugin_operator.cli.output import output_flag, print_document
from plugin_operator.cli.parameters import environment_names
from plugin_operator.cli.plugin_argument import plugins_argument
from plugin_operator.cli.terminal.messages import say, say_line

if TYPE_CHECKING:
    from plugin_operator.hosting.requirements.union import NeedsUnion

_EXAMPLES = (
    ("Write what the plugins in ./plugins need into a file for pip", "requirements > requirements.txt"),
    ("What one plugin needs", "requirements plugins/hello.py"),
    ("For a program", "requirements -o json"),
)


@click.command("requirements", cls=Command, examples=_EXAMPLES, short_help="Print what plugins need installed.")
@plugins_argument("[PATH]...", envvar=environment_names("--plugins-dir"))
@output_flag()
def command(paths: tuple[Path, ...], output: str) -> None:
    """Print the union of what plugins declare in their metadata blocks (PEP 723), as a requirements file for pip.

    PATH is a plugin file, a plugin folder, or a directory of plugins. Default: $PLUGIN_OPERATOR_PLUGINS_DIR, ./plugins.
    No plugin code runs. Conflicts and malformed blocks are printed to stderr, with exit status 1.
    """
    # Imported on demand: --help needs neither the packaging library nor the scanner.
    from plugin_operator.cli.plugin_needs import union_for

    union = union_for(paths or (_default(),))
    if output != "table":
        print_document(_document(union), output)
        sys.exit(1 if union.problems else 0)
    for line in union.lines:
        say(line)
    for problem in union.problems:
        say_line(problem, err=True)
    sys.exit(1 if union.problems else 0)


def _document(union: "NeedsUnion") -> dict[str, Any]:
    """Return the lines for pip as values: what is required, and which plugins require it."""
    pythons = [line.removeprefix("# Python ") for line in union.lines if line.startswith("#")]
    parts = [line.partition("  # via ") for line in union.lines if not line.startswith("#")]
    return {
        "requiresPython": pythons[0] if pythons else None,
        "requirements": [{"requirement": what, "plugins": via.split(", ")} for what, _, via in parts],
        "problems": [*union.problems],
    }


def _default() -> Path:
    path = Path("plugins")
    if not path.is_dir():
        raise click.UsageError("there is no directory ./plugins here: name plugins or their directory as PATH")
    return path
