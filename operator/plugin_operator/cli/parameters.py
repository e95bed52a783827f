"""Flags that several commands share, and the types of their values.

Owns names, aliases, environment variables and help texts. Leaves defaults and validation to
``plugin_operator.options``.
"""

import difflib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from plugin_operator.cli.command import used_arguments
from plugin_operator.options import (
    MAX_PROCESSES,
    check_namespace,
    check_object_name,
    check_role_name,
    parse_duration,
    parse_namespaces,
)
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


class Processes(click.IntRange):
    """Click type of a number of worker processes."""

    def __init__(self) -> None:
        super().__init__(1, MAX_PROCESSES)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        try:
            number = int(value)
        except ValueError:
            number = 0
        if not 1 <= number <= MAX_PROCESSES:
            self.fail(
                f"{value!r} is not a number from 1 to {MAX_PROCESSES}: write as many as the cores that "
                "the operator may use; it does not count them itself",
                param, ctx,
            )  # fmt: skip
        return number


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


class Namespace(click.ParamType[str]):
    """Click type of the name of one namespace.

    Args:
        others: the flag that takes several, for the message; empty for none.
    """

    name = "namespace"

    def __init__(self, others: str = "") -> None:
        self._others = others

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name."""
        if "," in value:
            hint = f"; {self._others} takes several" if self._others else ""
            self.fail(f"{value!r} names several: name one namespace, that of the operator{hint}", param, ctx)
        return str(_checked(self, check_namespace, value, param, ctx))


class ObjectName(click.ParamType[str]):
    """Click type of the name of an object, an RFC 1123 subdomain."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name."""
        return str(_checked(self, check_object_name, value, param, ctx))


class RoleName(click.ParamType[str]):
    """Click type of the name of a role, which may be any segment of a path."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name."""
        return str(_checked(self, check_role_name, value, param, ctx))


def _checked(
    of: click.ParamType[str],
    check: Callable[[str], None],
    value: Any,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> Any:
    try:
        check(value)
    except ValueError as error:
        of.fail(str(error), param, ctx)
    return value


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
        if self._may_lack_default and not path.exists() and _is_default(path, param, ctx):
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


def _is_default(path: Path, param: click.Parameter | None, ctx: click.Context | None) -> bool:
    """Report whether a path is that of the default, also if the user has written it."""
    return ctx is not None and param is not None and path == Path(param.get_default(ctx) or "")


class ExistingPath(click.Path):
    """Click type of a path that exists and can be read; the error names the reason, and a similar path.

    Args:
        dir_okay: accept a directory.
    """

    def __init__(self, *, dir_okay: bool = True) -> None:
        super().__init__(exists=True, path_type=Path, dir_okay=dir_okay)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        path = Path(value)
        try:
            os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            way_out = self.way_out(path)
            self.fail(f"{str(path)!r} does not exist{': ' if way_out else ''}{way_out}", param, ctx)
        except (OSError, ValueError) as error:
            self.fail(f"{str(path)!r} cannot be read ({getattr(error, 'strerror', error)})", param, ctx)
        return super().convert(value, param, ctx)

    def way_out(self, path: Path) -> str:
        """Return what to write instead of a path that does not exist; empty if it is unknown."""
        try:
            names = os.listdir(path.parent)  # noqa: PTH208 - names alone
        except OSError:
            return ""
        near = [f"{path.name}.py"] if f"{path.name}.py" in names else difflib.get_close_matches(path.name, names, 1)
        return f"did you mean {path.with_name(near[0])}?" if near else ""


class KeyFile(ExistingPath):
    """Click type of a key file, for which an empty value is an error and does not mean "not set"."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False)


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
