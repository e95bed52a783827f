"""``Command``: a command of ``plugin-operator`` with examples in its help.

Owns how examples are printed, and the arguments as the user wrote them. Leaves flags to ``parameters``.
"""

from collections.abc import Sequence
from typing import Any

import click

_ARGUMENTS = "plugin_operator.arguments"

#: What an example does, and its command line without the name of the program.
Example = tuple[str, str]


class Command(click.Command):
    """A command that shows examples in its help and stores its arguments, so that an error names the alias in use.

    Args:
        examples: what each does, and its command line without the program: ``("Show all", "status -o json")``.
        settings: the arguments of ``click.Command``.
    """

    def __init__(self, *arguments: Any, examples: Sequence[Example] = (), **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.examples = tuple(examples)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Store the arguments and parse them."""
        ctx.meta[_ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then the epilog."""
        write_examples(ctx, formatter, self.examples)
        super().format_epilog(ctx, formatter)


def write_examples(ctx: click.Context, formatter: click.HelpFormatter, examples: Sequence[Example]) -> None:
    """Write examples as kubectl does: a comment, and below it the command line for the program that runs."""
    if not examples:
        return
    program = ctx.find_root().info_name
    with formatter.section("Examples"):
        for number, (what, line) in enumerate(examples):
            space = "\n" if number else ""
            formatter.write(f"{space}{'':{formatter.current_indent}}# {what}\n")
            formatter.write(f"{'':{formatter.current_indent}}{program} {line}\n")


def used_arguments(ctx: click.Context | None) -> tuple[str, ...]:
    """Return the arguments of the command as the user wrote them."""
    return ctx.meta.get(_ARGUMENTS, ()) if ctx is not None else ()
