"""What the code declares: metrics and flags."""

import functools
import importlib
import pkgutil
from typing import Any

import click

import plugin_operator
from plugin_operator.cli.group import group
from plugin_operator.metrics.accumulators import Group
from plugin_operator.metrics.declaration import Declaration

#: Modules that need an extra.
OPTIONAL = {"plugin_operator.app.tracing": "the extra tracing"}


@functools.cache
def declarations() -> dict[str, Declaration[Any]]:
    found: dict[str, Declaration[Any]] = {}
    for module in pkgutil.walk_packages(plugin_operator.__path__, "plugin_operator."):
        if module.name in OPTIONAL or module.name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            declared = [value] if isinstance(value, Declaration) else []
            if isinstance(value, Group):
                declared = [reading.declaration for reading in value.readings]
            for each in declared:
                assert found.setdefault(each.name, each) is each, f"{each.name} is declared twice"
    return found


def options() -> dict[tuple[str, ...], dict[str, click.Option]]:
    """Return the flags with their aliases, and for each the commands that have it."""
    context = click.Context(group)
    found: dict[tuple[str, ...], dict[str, click.Option]] = {}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        for param in command.params if command is not None else ():
            if isinstance(param, click.Option) and not param.hidden:
                found.setdefault(tuple(param.opts), {})[name] = param
    return found
