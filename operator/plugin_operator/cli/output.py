"""What commands print on standard output: tables for people, JSON and YAML for machines.

Owns the flag ``-o`` and the forms of its values. Colours are for terminals only, and NO_COLOR turns them off. Keys of
documents are camelCase, as in Kubernetes.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from plugin_operator.cli.terminal.messages import say
from plugin_operator.rendering import terminal_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_Command = TypeVar("_Command", bound=Callable[..., Any])

FORMATS = ("table", "json", "yaml")


def output_flag(*, formats: Sequence[str] = FORMATS, **settings: Any) -> Callable[[_Command], _Command]:
    """Return the flag ``-o``, which passes ``output`` to the command.

    Args:
        formats: the values; the first is the default.
        settings: further arguments of ``click.option``.
    """
    defaults = {"default": formats[0], "show_default": True, "help": "Form of the output."}
    return click.option("-o", "--output", type=click.Choice(formats), **{**defaults, **settings})


def print_document(document: Any, output: str) -> None:
    """Print one document of JSON types as ``output`` says: ``json`` or ``yaml``."""
    say(rendered(document, output), nl=False)


def rendered(document: Any, output: str) -> str:
    """Return a document of JSON types as text that ends with a line feed."""
    if output == "yaml":
        # Imported on demand: most runs print no YAML.
        from plugin_operator.kube.yaml_output import yaml_document

        return yaml_document(document, allow_unicode=False, width=120)
    return json.dumps(document, indent=2) + "\n"


def cell(text: Any, style: str = "") -> "Text":
    """Return one line of text for a table: what a terminal would obey is escaped."""
    # Imported on demand: --help needs no rich.
    from rich.text import Text

    return Text(terminal_line(text), style=style)


def _escaped(given: "Text | str") -> "Text":
    return cell(given) if isinstance(given, str) else cell(given.plain, str(given.style))


def print_table(
    titles: Sequence[str], rows: Sequence[Sequence["Text | str"]], console: "Console | None" = None
) -> None:
    """Print rows below their titles.

    At a terminal, long cells are folded. Elsewhere each row is one line, so that grep and awk see it whole.
    """
    # Imported on demand: --help needs no rich.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = console or Console()
    cells = [
        [cell(each.plain, str(each.style)) if isinstance(each, Text) else cell(each) for each in row] for row in rows
    ]
    if not console.is_terminal:
        for line in _lines([list(map(Text, titles)), *cells]):
            console.print(Text(line), soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in cells:
        table.add_row(*row)
    console.print(table)


def _lines(rows: Sequence[Sequence["Text"]]) -> Iterator[str]:
    """Yield the rows as aligned columns; the last column has no padding."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.plain.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        yield "  ".join([*cells, " ".join(row[-1].plain.split())]).rstrip()
