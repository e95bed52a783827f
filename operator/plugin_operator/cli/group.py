"""The command group: finds commands by name, and turns errors of this package into messages and exit statuses.

Leaves the work of a command to its module.
"""

import os
import platform
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from plugin_operator.cli.parameters import PREFIX
from plugin_operator.errors import PluginOperatorError, UsageError

if TYPE_CHECKING:
    from plugin_operator.cli.environment_variables import UnknownVariable

_COMMANDS = ("run", "sandbox", "apiserver", "validate", "requirements", "sign", "status", "version")


class LazyGroup(click.Group):
    """A click group that imports the module of a command only when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of the help."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of ``cmd_name`` and return its ``command``; None for an unknown name."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"plugin_operator.cli.commands.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error of this package prints one line and exits with 1, or 2 for wrong usage."""
        try:
            return super().invoke(ctx)
        except UsageError as error:
            raise click.UsageError(str(error), self._invoked(ctx)) from error
        except PluginOperatorError as error:
            raise click.ClickException(str(error)) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and warn about unknown environment variables with the prefix."""
        name, command, rest = super().resolve_command(ctx, args)
        # "run" logs them in its own format; a sandbox warns for its server.
        if name != "run" and "--exit-with-stdin" not in rest:
            for unknown in self.unknown_variables(ctx):
                click.echo(f"Warning: {unknown}", err=True)
        return name, command, rest

    def unknown_variables(self, ctx: click.Context) -> "list[UnknownVariable]":
        """Return the environment variables with the prefix that no command reads."""
        if not any(name.startswith(PREFIX) for name in os.environ):
            return []
        from plugin_operator.cli.environment_variables import settings_of, unknown_variables

        commands = [command for name in _COMMANDS if (command := self.get_command(ctx, name)) is not None]
        return unknown_variables(os.environ, settings_of(commands))

    def _invoked(self, ctx: click.Context) -> click.Context:
        """Return the context of the command that ran, so that the error message refers to its help."""
        name = ctx.invoked_subcommand
        command = self.get_command(ctx, name) if name else None
        return ctx if command is None else click.Context(command, parent=ctx, info_name=name)


def version_text() -> str:
    """Return the versions of the operator and of Python."""
    # Imported on demand: importlib.metadata takes 20 ms.
    from importlib.metadata import version

    return f"plugin-operator {version('plugin-operator')} (Python {platform.python_version()})"


def _print_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    del parameter
    if value and not ctx.resilient_parsing:
        click.echo(version_text())
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="Exit status: 0 done or stopped on request, 1 failed, 2 wrong usage.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
def group() -> None:
    """Run Kubernetes controllers from plain .py files and reload each one when its file changes.

    No cluster at hand? "plugin-operator sandbox" brings its own.
    """
