"""The argument of commands that take plugins: files, plugin folders, or directories of plugins."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from plugin_operator.cli.parameters import ExistingPath

_Command = TypeVar("_Command", bound=Callable[..., Any])

NEW_PLUGIN = "write a plugin with: plugin-operator new hello --for v1/ConfigMap"


class PluginPath(ExistingPath):
    """Click type of the path of a plugin or of plugins."""

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """Return what to write."""
        del param, ctx
        return "Name plugin files or their directory, such as ./plugins."

    def way_out(self, path: Path) -> str:
        """Return a similar path, or how to write a plugin."""
        return super().way_out(path) or f"name plugin files or their directory, or {NEW_PLUGIN}"


def plugins_argument(metavar: str = "FILE...", **settings: Any) -> Callable[[_Command], _Command]:
    """Return a decorator that adds the argument, which passes ``paths`` to the command.

    Args:
        metavar: how the help shows it.
        settings: further arguments of ``click.argument``.
    """
    return click.argument("paths", nargs=-1, type=PluginPath(), metavar=metavar, **settings)
