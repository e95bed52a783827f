"""The flags of ``rbac`` that compare with a cluster."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from plugin_operator.cli.operator_flags import cluster_flags
from plugin_operator.cli.parameters import apply

_Command = TypeVar("_Command", bound=Callable[..., Any])

_SERVICE_ACCOUNT = "system:serviceaccount:"


def _checked_user(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    del ctx, parameter
    if value.startswith(_SERVICE_ACCOUNT) and len([each for each in value.split(":") if each]) != 4:
        raise click.BadParameter(f"{value!r} is no ServiceAccount: write {_SERVICE_ACCOUNT}NAMESPACE:NAME")
    return value


def diff_flags(command: _Command) -> _Command:
    """Add the flags to a command."""
    flags: Callable[[_Command], _Command] = apply(
        click.option(
            "--diff", "diffs", is_flag=True,
            help="Print only what a cluster does not grant; status 1 if it is anything.",
        ),
        click.option(
            "--as", "user", default="", metavar="USER", callback=_checked_user,
            help="With --diff: who shall have the permissions. Default: the user of the kubeconfig.",
        ),
        cluster_flags,
    )  # fmt: skip
    return flags(command)
