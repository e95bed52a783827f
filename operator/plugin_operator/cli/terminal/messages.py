"""``say``: prints text of plugins, files and servers, which may hold anything, as a terminal shows it.

All output of commands goes through here or through ``output``. Logs go through ``logs``.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from plugin_operator.rendering import terminal_line, terminal_text


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print text on standard output, or on standard error; what a terminal would obey is escaped.

    Args:
        text: one line or several.
        err: print on standard error.
        nl: end with a line feed.
    """
    click.echo(terminal_text(text), err=err, nl=nl)


def say_line(text: str, *, err: bool = False) -> None:
    """Print text as one line: a line feed in a name begins no line of its own, which a CI might obey."""
    say(terminal_line(text), err=err)


@contextmanager
def shown_errors() -> Iterator[None]:
    """Make the message of an error one line, and escape what a terminal would obey."""
    try:
        yield
    except click.ClickException as error:
        vars(error)["message"] = terminal_line(error.message)  # the attribute is final, and each subclass formats it
        raise
