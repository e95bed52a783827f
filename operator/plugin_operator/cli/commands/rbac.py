"""``plugin-operator rbac``: prints the least roles for plugins."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from plugin_operator.cli.command import Command
from plugin_operator.cli.operator_flags import validate_timeout
from plugin_operator.cli.output import output_flag, print_document, print_table
from plugin_operator.cli.permissions.diff_flags import diff_flags
from plugin_operator.options import check_namespace

if TYPE_CHECKING:
    from plugin_operator.cli.permissions.plugin_needs import PluginNeeds
    from plugin_operator.hosting.permissions.roles import RoleNames, RoleRules

_ACCOUNT = "plugin-operator-system:plugin-operator"
_ACCOUNTS = "system:serviceaccount:"
_EXAMPLES = (
    ("What all plugins of a directory need, for kubectl apply -f", "rbac plugins > rbac.yaml"),
    ("Roles in two namespaces in place of a ClusterRole", "rbac --namespace team-a --namespace team-b plugins"),
    ("What needs each rule, as a table", "rbac -o table plugins/website.py"),
    (
        "What a cluster does not grant to the operator",
        "rbac --diff --as system:serviceaccount:plugin-operator-system:plugin-operator plugins",
    ),
    ("For kinds of your own, whose plural their CRD has", "rbac --crd crds/ plugins"),
)


@click.command("rbac", cls=Command, examples=_EXAMPLES, short_help="Print the least RBAC roles for plugins.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE...")
@click.option(
    "--namespace",
    "namespaces",
    multiple=True,
    metavar="NAME",
    help="Print a Role for this namespace in place of a ClusterRole; several with commas, or given more than once.",
)
@click.option(
    "--service-account",
    "account",
    default=_ACCOUNT,
    show_default=True,
    metavar="NAMESPACE:NAME",
    help="The ServiceAccount of the operator.",
)
@click.option("--name", "role_name", default="", metavar="NAME", help="Name of the roles. Default: by the plugins.")
@click.option(
    "--crd",
    "crds",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="FILE",
    help="CustomResourceDefinitions, for the plurals of custom kinds. Default: the folder crds beside the plugins.",
)
@click.option(
    "--calls",
    "calls",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Calls that tests of the plugins have recorded.",
)
@validate_timeout
@diff_flags
@output_flag(formats=("yaml", "json", "table"))
def command(
    paths: tuple[Path, ...], namespaces: tuple[str, ...], account: str, role_name: str, output: str, **sources: Any
) -> None:
    """Print the least Role or ClusterRole that lets the operator run plugins, and its binding.

    FILE is a plugin file, a plugin folder, or a directory of plugins. The rules come from the declared kinds, from
    permissions=, from the calls in the source, and from recorded calls. A comment on each rule says what needs it.
    A call that the source does not show is a warning: declare it with permissions=. Only --diff asks a cluster.

    Exits with 0, with 1 if a plugin cannot be loaded or --diff finds something missing, 2 for wrong usage.
    """
    # Imported on demand: the loader imports asyncio and the author-facing package, which --help does not need.
    from plugin_operator import logs
    from plugin_operator.cli.permissions.plugin_needs import Sources, needs_for
    from plugin_operator.hosting.permissions.role_text import one_line
    from plugin_operator.hosting.permissions.roles import RoleNames, roles_for

    account_namespace, name = _account(_account_of(sources) or account)
    namespaces = tuple(part for each in namespaces for part in each.split(","))
    for each in namespaces:
        _check(each, "--namespace")
    logs.configure(level="warning")
    found = needs_for(
        Sources(
            paths,
            crds=sources["crds"],
            calls=sources["calls"],
            operator_namespace=account_namespace,
            timeout_seconds=sources["validate_timeout_seconds"],
        )
    )
    if found.mistakes:
        for mistake in found.mistakes:
            click.echo(one_line(f"{mistake.place}: {mistake.message}"), err=True)
        sys.exit(1)
    for warning in _warnings(found):
        click.echo(f"Warning: {one_line(warning)}", err=True)
    watched = tuple(sorted(set(namespaces)))
    roles = roles_for(found.needs, watched)
    if sources["diffs"]:
        roles = _missing(found, watched, sources)
    names = RoleNames.for_plugins([plugin for plugin, _ in found.plugins], name, account_namespace, role_name)
    if roles or not sources["diffs"]:
        _print(roles, names, found, output)
    sys.exit(1 if sources["diffs"] and roles else 0)


def _missing(found: "PluginNeeds", namespaces: tuple[str, ...], sources: Mapping[str, Any]) -> "tuple[RoleRules, ...]":
    """Return the roles with what a cluster does not grant."""
    from plugin_operator.cli.permissions.cluster_diff import diff_with_cluster
    from plugin_operator.hosting.permissions.roles import roles_for

    kubeconfig = str(sources["kubeconfig"]) if sources["kubeconfig"] is not None else None
    diff = diff_with_cluster(
        found.needs, namespaces, kubeconfig=kubeconfig, context=sources["context"], user=sources["user"]
    )
    click.echo(f"{'Missing' if diff.needs else 'Nothing is missing'} for {diff.identity}", err=True)
    return roles_for(diff.needs)


def _print(roles: "tuple[RoleRules, ...]", names: "RoleNames", found: "PluginNeeds", output: str) -> None:
    from plugin_operator.hosting.permissions.role_text import reasons_of, yaml_of_roles

    if output == "table":
        rows = [
            (each.namespace or "*", *_cells(rule.rule), "; ".join(reasons_of(rule)))
            for each in roles
            for rule in each.rules
        ]
        print_table(("NAMESPACE", "RESOURCE", "NAMES", "VERBS", "NEEDED BY"), rows)
    elif output == "json":
        items = [obj for each in roles for obj in (each.role(names), each.binding(names))]
        print_document({"apiVersion": "v1", "kind": "List", "items": items}, "json")
    else:
        heading = ["Permissions by plugin-operator rbac of:", *(f"- {path}" for _, path in found.plugins)]
        heading += [f"Incomplete: {each}" for each in found.unclear]
        click.echo(yaml_of_roles(roles, names, heading), nl=False)


def _cells(rule: Any) -> tuple[str, str, str]:
    resource = ".".join(each for each in (rule.resources[0], rule.api_groups[0]) if each)
    return resource, ",".join(rule.resource_names), ",".join(rule.verbs)


def _warnings(found: "PluginNeeds") -> list[str]:
    way_out = "pass its CustomResourceDefinition with --crd"
    guesses = [f"the plural of {kind} is a guess: {way_out}" for kind in found.guesses]
    return [*map(str, found.unclear), *guesses]


def _account_of(sources: Mapping[str, Any]) -> str:
    """Return the ServiceAccount that --as names, unless --service-account names one too; empty for none."""
    user = sources["user"] or ""
    if user and not sources["diffs"]:
        raise click.UsageError("--as is for --diff: add it, or leave out --as")
    is_named = click.get_current_context().get_parameter_source("account") is not ParameterSource.DEFAULT
    return "" if is_named or not user.startswith(_ACCOUNTS) else str(user).removeprefix(_ACCOUNTS)


def _account(text: str) -> tuple[str, str]:
    namespace, separator, name = text.partition(":")
    if not separator:
        raise click.BadParameter(f"{text!r} has no namespace: write NAMESPACE:NAME", param_hint="--service-account")
    for each in (namespace, name):
        _check(each, "--service-account")
    return namespace, name


def _check(name: str, flag: str) -> None:
    try:
        check_namespace(name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=flag) from error
