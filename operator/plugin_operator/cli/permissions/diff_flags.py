"""The flags of ``rbac`` that compare with a cluster."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from plugin_operator.cli.operator_flags import cluster_flags
from plugin_operator.cli.parameters import apply
from plugin_operator.cli.permissions.account import checked_user

_Command = TypeVar("_Command", bound=Callable[..., Any])


def diff_flags(command: _Command) -> _Command:
    """Add the flags to a command."""
    flags: Callable[[_Command], _Command] = apply(
        click.option(
            "--diff", "diffs", is_flag=True,
            help="Print only what a cluster does not grant; status 1 if it is anything.",
        ),
        click.option(
            "--as", "user", default="", metavar="USER", callback=checked_user,
            help="With --diff: who shall have the permissions. Default: the user of the kubeconfig.",
        ),
        cluster_flags,
    )  # fmt: skip
    return flags(command)
