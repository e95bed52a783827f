"""Flags that several commands share, and the types of their values.

Owns names, aliases, environment variables and help texts. Leaves defaults and validation to
``plugin_operator.options``.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from plugin_operator.cli.command import used_arguments
from plugin_operator.options import parse_duration, parse_namespaces
from plugin_operator.serving.address import BindAddress

_Command = TypeVar("_Command", bound=Callable[..., Any])

PREFIX = "PLUGIN_OPERATOR_"
EPILOG = f"Each flag can also be set in the environment: --log-level as {PREFIX}LOG_LEVEL; the flag wins."


class Duration(click.ParamType[float]):
    """Click type of a Go duration or plain seconds; the value is in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the duration in seconds."""
        if isinstance(value, int | float):
            return float(value)
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Address(click.ParamType[BindAddress | None]):
    """Click type of a bind address in Go's form; None for off."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> BindAddress | None:
        """Return the bind address, or None."""
        if isinstance(value, BindAddress):
            return value
        try:
            return BindAddress.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Namespaces(click.ParamType[tuple[str, ...]]):
    """Click type of a comma-separated list of namespaces."""

    name = "namespaces"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the names of the namespaces."""
        if isinstance(value, tuple):
            return value
        try:
            return parse_namespaces(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class PluginsDir(click.Path):
    """Click type of a readable directory, so that a wrong path is an error at start.

    Args:
        may_lack_default: accept that the default directory is missing; the command creates it.
    """

    def __init__(self, *, may_lack_default: bool = False) -> None:
        super().__init__(path_type=Path, file_okay=False)
        self._may_lack_default = may_lack_default

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path of the directory."""
        path = Path(value)
        if self._may_lack_default and not path.exists() and _is_default(param, ctx):
            return path
        other = "PLUGINS_DIR" if isinstance(param, click.Argument) else "--plugins-dir"
        way_out = f"create it, or name another with {other}"
        try:
            if not path.is_dir():
                self.fail(f'"{path}" is {"not a directory" if path.exists() else "missing"}: {way_out}', param, ctx)
            next(path.iterdir(), None)
        except OSError as error:
            self.fail(f'"{path}" cannot be read ({error.strerror}): {way_out}', param, ctx)
        return path


def _is_default(param: click.Parameter | None, ctx: click.Context | None) -> bool:
    if ctx is None or param is None or param.name is None:
        return False
    return ctx.get_parameter_source(param.name) is click.core.ParameterSource.DEFAULT


class KeyFile(click.Path):
    """Click type of a key file, for which an empty value is an error and does not mean "not set"."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, exists=True, dir_okay=False)


class FlagOrVariable(click.Option):
    """An option whose error messages name the environment variable if the value came from it."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """Return the value of the environment variable; for a key file, also an empty one."""
        value = super().resolve_envvar_value(ctx)
        names = self.envvar if isinstance(self.envvar, list) else []
        if value is None and isinstance(self.type, KeyFile):
            return next((os.environ[name] for name in names if name in os.environ), None)
        return value

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Return the flag as the user wrote it, or the name of the environment variable."""
        source = ctx.get_parameter_source(self.name) if ctx is not None and self.name else None
        if source is click.core.ParameterSource.ENVIRONMENT and isinstance(self.envvar, list):
            return " / ".join(name for name in self.envvar if os.environ.get(name)) or self.envvar[0]
        used = [argument.partition("=")[0] for argument in used_arguments(ctx)]
        return next((name for name in reversed(used) if name in self.opts), self.opts[0])


def environment_names(*flags: str) -> list[str]:
    """Return the environment variables of ``flags``: ``PLUGIN_OPERATOR_METRICS_ADDR`` for ``--metrics-addr``."""
    return [PREFIX + flag.removeprefix("--").replace("-", "_").upper() for flag in flags]


def flag(
    *names: str, to: str, extra_environment: tuple[str, ...] = (), **settings: Any
) -> Callable[[_Command], _Command]:
    """Return a decorator that adds an option with its aliases and its environment variables.

    Args:
        names: the flag and its aliases.
        to: keyword argument of the command.
        extra_environment: environment variables besides those made from ``names``, read last.
        settings: further arguments of ``click.option``.
    """
    variables = [*environment_names(*names), *extra_environment]
    return click.option(*names, to, cls=FlagOrVariable, envvar=variables, **settings)


def boolean_flag(*names: str, to: str, **settings: Any) -> Callable[[_Command], _Command]:
    """Return a boolean flag with an optional value, as in Go: ``--leader-elect``, ``--leader-elect=false``."""
    return flag(*names, to=to, type=bool, is_flag=False, flag_value="true", metavar="[=BOOL]", **settings)


def apply(*decorators: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    """Return one decorator that applies all ``decorators``; the help lists their flags in this order."""

    def decorate(command: _Command) -> _Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate
