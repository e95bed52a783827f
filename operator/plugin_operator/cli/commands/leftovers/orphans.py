"""``plugin-operator orphans``: lists children that no plugin looks after."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plugin_operator.cli.cluster import chosen_cluster
from plugin_operator.cli.command import Command
from plugin_operator.cli.operator_flags import cluster_flags, search_namespaces, validate_timeout
from plugin_operator.cli.output import output_flag, print_document, print_table
from plugin_operator.cli.plugin_argument import plugins_argument
from plugin_operator.cli.terminal.messages import say, say_line

if TYPE_CHECKING:
    from plugin_operator.cli.leftovers.orphans import Orphan, Orphans

_EXAMPLES = (
    ("Children in the cluster that no plugin of the directory looks after", "orphans plugins"),
    ("In two namespaces, for a user who may not read others", "orphans --in-namespace team-a,team-b plugins"),
    ("For a program", "orphans -o json plugins"),
)


@click.command("orphans", cls=Command, examples=_EXAMPLES, short_help="List children that no plugin looks after.")
@plugins_argument(required=True)
@search_namespaces
@cluster_flags
@validate_timeout
@output_flag()
def command(paths: tuple[Path, ...], namespaces: tuple[str, ...], output: str, **settings: Any) -> None:
    """List the children in a cluster that no plugin looks after.

    FILE is a plugin file, a plugin folder, or a directory of plugins: name all plugins of the operator. A child is an
    object that ctx.sync_children has applied. It is an orphan if no controller has the id in its label, if that
    controller does not own its kind any more, if its owner in another namespace is gone, or if it has lost the
    reference to its owner.

    Nothing is deleted. Exits with 1 if there are orphans, or if a plugin cannot be loaded.
    """
    # Imported on demand: the loader imports asyncio and the author-facing package, which --help does not need.
    from plugin_operator import logs
    from plugin_operator.cli.leftovers.loaded_controllers import controllers_of
    from plugin_operator.cli.leftovers.orphans import find_orphans

    logs.configure(level="error")  # listing all kinds, the API server warns of old ones
    loaded = controllers_of(paths, settings["validate_timeout_seconds"])
    if loaded.mistakes:
        for mistake in loaded.mistakes:
            say_line(f"{mistake.place}: {mistake.message}", err=True)
        sys.exit(1)
    config = chosen_cluster(settings["kubeconfig"], settings["context"])
    orphans = find_orphans(config, loaded.controllers, namespaces)
    for what, reason in orphans.unread:
        say_line(f"Warning: {what} cannot be read: {reason}", err=True)
    _print(orphans, output)
    sys.exit(1 if orphans.found else 0)


def _print(orphans: "Orphans", output: str) -> None:
    if output != "table":
        unread = [{"what": what, "reason": reason} for what, reason in orphans.unread]
        print_document({"orphans": [_document(each) for each in orphans.found], "unread": unread}, output)
    elif orphans.found:
        rows = [
            (each.namespace or "-", str(each.kind), each.name, each.controller, each.owner or "-", each.reason)
            for each in orphans.found
        ]
        print_table(("NAMESPACE", "KIND", "NAME", "CONTROLLER", "OWNER", "REASON"), rows)
    else:
        say("No orphans found", err=True)


def _document(orphan: "Orphan") -> dict[str, str]:
    return {
        "apiVersion": orphan.kind.api_version,
        "kind": orphan.kind.kind,
        "namespace": orphan.namespace,
        "name": orphan.name,
        "uid": orphan.uid,
        "controller": orphan.controller,
        "owner": orphan.owner,
        "reason": orphan.reason,
    }
