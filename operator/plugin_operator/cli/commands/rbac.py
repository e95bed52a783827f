"""``plugin-operator rbac``: prints the least roles for plugins."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plugin_operator.cli.cluster import chosen_cluster
from plugin_operator.cli.command import Command
from plugin_operator.cli.deployment.flags import own_namespace, watched_namespaces
from plugin_operator.cli.operator_flags import validate_timeout
from plugin_operator.cli.output import output_flag, print_document, print_table
from plugin_operator.cli.parameters import ExistingPath, RoleName, flag
from plugin_operator.cli.permissions.account import account_of
from plugin_operator.cli.permissions.diff_flags import diff_flags
from plugin_operator.cli.plugin_argument import plugins_argument
from plugin_operator.cli.terminal.messages import say, say_line

if TYPE_CHECKING:
    from plugin_operator.cli.permissions.plugin_needs import PluginNeeds
    from plugin_operator.hosting.permissions.roles import RoleNames, RoleRules

_ACCOUNT = "plugin-operator"
_EXAMPLES = (
    ("What all plugins of a directory need, for kubectl apply -f", "rbac plugins > rbac.yaml"),
    ("Roles in two namespaces in place of a ClusterRole", "rbac --watch-namespace team-a,team-b plugins"),
    ("What needs each rule, as a table", "rbac -o table plugins/hello.py"),
    (
        "What a cluster does not grant to the operator",
        "rbac --diff --as system:serviceaccount:plugin-operator-system:plugin-operator plugins",
    ),
    ("With what run --apply-crds needs for the classes of plugins", "rbac --apply-crds plugins"),
    ("For kinds of your own, whose plural their CRD has", "rbac --crd crds/ plugins"),
)


@click.command("rbac", cls=Command, examples=_EXAMPLES, short_help="Print the least RBAC roles for plugins.")
@plugins_argument(required=True)
@own_namespace
@watched_namespaces
@click.option(
    "--service-account",
    "account",
    default=_ACCOUNT,
    show_default=True,
    metavar="[NAMESPACE:]NAME",
    help="The ServiceAccount of the operator. Its namespace is that of the operator.",
)
@click.option(
    "--name",
    "role_name",
    type=RoleName(),
    metavar="NAME",
    help="Name of the roles. Default: NAMESPACE:ACCOUNT-plugin-PLUGIN, or -plugins for several plugins.",
)
@click.option(
    "--crd",
    "crds",
    multiple=True,
    type=ExistingPath(),
    metavar="FILE",
    help="CustomResourceDefinitions, for the plurals of custom kinds. Default: the folder crds beside the plugins.",
)
@click.option(
    "--calls",
    "calls",
    multiple=True,
    type=ExistingPath(dir_okay=False),
    metavar="FILE",
    help="Calls that tests of the plugins have recorded.",
)
@flag(
    "--apply-crds", to="apply_crds", is_flag=True,
    help="Grant what run --apply-crds needs for the kinds that the plugins define.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too: the printed rules may be incomplete.")
@validate_timeout
@diff_flags
@output_flag(formats=("yaml", "json", "table"))
def command(
    paths: tuple[Path, ...],
    watch_namespace: tuple[str, ...] | None,
    role_name: str | None,
    output: str,
    **sources: Any,
) -> None:
    """Print the least Role or ClusterRole that lets the operator run plugins, and its binding.

    FILE is a plugin file, a plugin folder, or a directory of plugins. The rules come from the declared kinds, from
    permissions=, from the calls in the source, and from recorded calls. A comment on each rule says what needs it.
    A call that the source does not show is a warning: declare it with permissions=. What the plugins need must be
    installed here, because the command imports them. Only --diff asks a cluster.

    Exits with 0, with 1 if a plugin cannot be loaded or --diff finds something missing, 2 for wrong usage. A warning
    changes it to 1 with --strict only.
    """
    # Imported on demand: the loader imports asyncio and the author-facing package, which --help does not need.
    from plugin_operator import logs
    from plugin_operator.cli.permissions.plugin_needs import Sources, needs_for
    from plugin_operator.hosting.permissions.roles import RoleNames, roles_for

    account = account_of(sources)
    logs.configure(level="warning")
    found = needs_for(
        Sources(
            paths,
            crds=sources["crds"],
            calls=sources["calls"],
            operator_namespace=account.namespace,
            timeout_seconds=sources["validate_timeout_seconds"],
            applies_crds=sources["apply_crds"],
        )
    )
    if found.mistakes:
        for mistake in found.mistakes:
            say_line(f"{mistake.place}: {mistake.message}", err=True)
        sys.exit(1)
    warnings = _warnings(found)
    for warning in warnings:
        say_line(f"Warning: {warning}", err=True)
    watched = tuple(sorted(watch_namespace or ()))
    roles = roles_for(found.needs, watched)
    if sources["diffs"]:
        roles = _missing(found, watched, sources)
    plugins = [plugin for plugin, _ in found.plugins]
    names = RoleNames.for_plugins(plugins, account.name, account.namespace, role_name or "")
    if roles or not sources["diffs"]:
        _print(roles, names, found, output)
    is_missing = bool(sources["diffs"] and roles)
    sys.exit(1 if is_missing or (sources["strict"] and warnings) else 0)


def _missing(found: "PluginNeeds", namespaces: tuple[str, ...], sources: Mapping[str, Any]) -> "tuple[RoleRules, ...]":
    """Return the roles with what a cluster does not grant."""
    from plugin_operator.cli.permissions.cluster_diff import diff_with_cluster
    from plugin_operator.hosting.permissions.roles import roles_for

    config = chosen_cluster(sources["kubeconfig"], sources["context"])
    diff = diff_with_cluster(config, found.needs, namespaces, sources["user"])
    say(f"{'Missing' if diff.needs else 'Nothing is missing'} for {diff.identity}", err=True)
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
        say(yaml_of_roles(roles, names, heading), nl=False)


def _cells(rule: Any) -> tuple[str, str, str]:
    resource = ".".join(each for each in (rule.resources[0], rule.api_groups[0]) if each)
    return resource, ",".join(rule.resource_names), ",".join(rule.verbs)


def _warnings(found: "PluginNeeds") -> list[str]:
    way_out = "pass its CustomResourceDefinition with --crd"
    guesses = [f"the plural of {kind} is a guess: {way_out}" for kind in found.guesses]
    return [*map(str, found.unclear), *guesses]
