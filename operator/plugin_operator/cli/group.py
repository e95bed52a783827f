"""The command group: finds commands by name, turns this package's errors into messages and exit codes.

What a command does is left to the module of that command.
"""

from importlib import import_module
from typing import Any

import click

from plugin_operator.errors import PluginOperatorError, UsageError

_COMMANDS = ("run", "sandbox", "apiserver", "validate", "requirements", "sign", "status", "version")


class LazyGroup(click.Group):
    """A group whose commands live in modules of the same name, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order people meet them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of ``cmd_name`` and return its ``command``; None for an unknown name."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"plugin_operator.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error of this package becomes one line on stderr and status 1, or 2 for wrong usage."""
        try:
            return super().invoke(ctx)
        except UsageError as error:
            raise click.UsageError(str(error), self._invoked(ctx)) from error
        except PluginOperatorError as error:
            raise click.ClickException(str(error)) from error

    def _invoked(self, ctx: click.Context) -> click.Context:
        """Return a context of the command that ran, so that its help is what the message points to."""
        name = ctx.invoked_subcommand
        command = self.get_command(ctx, name) if name else None
        return ctx if command is None else click.Context(command, parent=ctx, info_name=name)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="Exit status: 0 done or stopped on request, 1 failed, 2 wrong usage.",
)
def group() -> None:
    """Run Kubernetes controllers from plain .py files and reload each one when its file changes.

    No cluster at hand? "plugin-operator sandbox" brings its own.
    """
