"""Flags of the commands that print objects for the namespace of the operator."""

import click

from plugin_operator.cli.parameters import Namespace, Namespaces

DEFAULT_NAMESPACE = "plugin-operator-system"

own_namespace = click.option(
    "-n", "--namespace", type=Namespace("--watch-namespace"), default=DEFAULT_NAMESPACE, show_default=True,
    metavar="NAME", help="Namespace of the operator.",
)  # fmt: skip
watched_namespaces = click.option(
    "--watch-namespace", type=Namespaces(), metavar="NAME[,NAME]",
    help="Namespaces that the operator watches: Roles there in place of ClusterRoles. Default: all.",
)  # fmt: skip
