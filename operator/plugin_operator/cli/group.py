"""The command group: finds commands by name, and turns errors of this package into messages and exit statuses.

Leaves the work of a command to its module.
"""

import difflib
import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from plugin_operator.cli.command import write_examples
from plugin_operator.cli.output import output_flag
from plugin_operator.cli.parameters import PREFIX
from plugin_operator.cli.terminal.messages import say, shown_errors
from plugin_operator.errors import PluginOperatorError, UsageError

if TYPE_CHECKING:
    from plugin_operator.cli.environment_variables import UnknownVariable

PROGRAM = "plugin-operator"
#: Set by the script of ``completion``: the program then answers the shell, and runs no command.
COMPLETION_VARIABLE = "_PLUGIN_OPERATOR_COMPLETE"
#: Each command has a module of its name in ``plugin_operator.cli.commands``, or in one of ``_FOLDERS``. The help has
#: this order.
_COMMANDS = (
    "new",
    "sandbox",
    "check",
    "validate",
    "requirements",
    "rbac",
    "crd",
    "run",
    "status",
    "orphans",
    "finalizers",
    "manifests",
    "sign",
    "apiserver",
    "completion",
    "version",
)
_FOLDERS = {"orphans": "leftovers.", "finalizers": "leftovers."}
_EXAMPLES = (
    ("Run the plugins in ./plugins without a cluster, and look at them from another terminal", "sandbox"),
    ("What a running operator runs", "status"),
    ("The flags of a command, and examples", "run --help"),
)


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
        command: click.Command = import_module(
            f"plugin_operator.cli.commands.{_FOLDERS.get(cmd_name, '')}{cmd_name}"
        ).command
        return command

    def make_context(self, *arguments: Any, **settings: Any) -> click.Context:
        """Parse the arguments; an error shows what it names and no terminal obeys it."""
        with shown_errors():
            return super().make_context(*arguments, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error of this package prints one line and exits with 1, or 2 for wrong usage."""
        with shown_errors():
            return self._invoke(ctx)

    def _invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UsageError as error:
            raise click.UsageError(str(error), self._invoked(ctx)) from error
        except PluginOperatorError as error:
            raise click.ClickException(str(error)) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest one; warn about unknown environment variables with the prefix."""
        if not ctx.resilient_parsing and not args[0].startswith("-") and args[0] not in _COMMANDS:
            raise click.UsageError(f"No such command {args[0]!r}.{_meant(args[0])}", ctx)
        name, command, rest = super().resolve_command(ctx, args)
        # "run" logs them in its own format; a sandbox warns for its server; a shell completes in between.
        if name != "run" and "--exit-with-stdin" not in rest and not ctx.resilient_parsing:
            for unknown in self.unknown_variables(ctx):
                say(f"Warning: {unknown}", err=True)
        return name, command, rest

    def unknown_variables(self, ctx: click.Context) -> "list[UnknownVariable]":
        """Return the environment variables with the prefix that no command reads."""
        if not any(name.startswith(PREFIX) for name in os.environ):
            return []
        from plugin_operator.cli.environment_variables import settings_of, unknown_variables

        commands = [command for name in _COMMANDS if (command := self.get_command(ctx, name)) is not None]
        return unknown_variables(os.environ, settings_of(commands))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then the epilog."""
        write_examples(ctx, formatter, _EXAMPLES)
        super().format_epilog(ctx, formatter)

    def _invoked(self, ctx: click.Context) -> click.Context:
        """Return the context of the command that ran, so that the error message refers to its help."""
        name = ctx.invoked_subcommand
        command = self.get_command(ctx, name) if name else None
        return ctx if command is None else click.Context(command, parent=ctx, info_name=name)


def _meant(word: str) -> str:
    """Return the question whether a command with a similar name is meant; empty if there is none."""
    near = difflib.get_close_matches(word.lower(), _COMMANDS, 1) or [each for each in _COMMANDS if each in word.lower()]
    return f" Did you mean {near[0]!r}?" if near else ""


def _print_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    del parameter
    if value and not ctx.resilient_parsing:
        from plugin_operator.cli.versions import print_versions

        print_versions(ctx.params["output"] or "table")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="Exit status: 0 done or stopped on request, 1 failed, 2 wrong usage.",
)
# Eager, so that it has been read when --version prints, wherever it stands.
@output_flag(default=None, is_eager=True, help="Form of the output of --version.")
@click.option("--version", is_flag=True, expose_value=False, callback=_print_version, help="Print the version.")
@click.pass_context
def group(ctx: click.Context, output: str | None) -> None:
    """Run Kubernetes controllers from plain .py files and reload each one when its file changes.

    No cluster at hand? "plugin-operator sandbox" brings its own.
    """
    if output is not None:
        name = ctx.invoked_subcommand
        raise UsageError(f"-o stands after the command: {ctx.info_name} {name} -o {output}")
