"""``plugin-operator status``: shows the plugins of a running operator."""

import difflib
import sys
from pathlib import Path
from typing import Any

import click

from plugin_operator.cli.command import Command
from plugin_operator.cli.output import output_flag, print_document
from plugin_operator.cli.parameters import flag
from plugin_operator.cli.sandbox.sandbox_folder import DEFAULT_FOLDER, read_announcement
from plugin_operator.cli.terminal.messages import say
from plugin_operator.rendering import terminal_line

_DEFAULT_ADDRESS = "127.0.0.1:8081"
_EXAMPLES = (
    ("The sandbox of this folder, or an operator on this machine", "status"),
    (
        "In a cluster, after kubectl -n plugin-operator-system port-forward deployment/plugin-operator 8081",
        "status --address 127.0.0.1:8081",
    ),
    ("One plugin, with the permissions that it lacks as YAML to paste", "status hello"),
    (
        "Which worker process or replica has the objects of a namespace, by which a controller is sharded",
        "status --worker-of team-a",
    ),
    ("All that the operator knows, for a program", "status -o json"),
)


@click.command("status", cls=Command, examples=_EXAMPLES, short_help="Show what a running operator runs.")
@click.argument("plugins", metavar="[PLUGIN]...", nargs=-1)
@flag(
    "--address", to="address", metavar="HOST:PORT",
    help="Probe server of the operator. Default: that of the sandbox in this folder, else 127.0.0.1:8081.",
)  # fmt: skip
@flag(
    "--sandbox-dir", to="folder", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_FOLDER,
    show_default=True, help="Folder of the sandbox to ask.",
)  # fmt: skip
@click.option(
    "--worker-of", "wanted", metavar="TEXT",
    help="Show only which worker process or replica has the objects with this namespace, or the object with this uid.",
)  # fmt: skip
@output_flag()
def command(plugins: tuple[str, ...], address: str | None, folder: Path, wanted: str | None, output: str) -> None:
    """Show the plugins of a running operator: their revisions, digests, states and reasons.

    With several worker processes, or with replicas that share objects, it shows them too.

    It asks the sandbox that runs in this folder, or the operator at --address. With PLUGIN, it shows these plugins
    only, and after the table the permissions that they lack.

    Exits with 1 if a plugin does not run as its file says, or fails most of the time.
    """
    # Imported on demand: --help needs no HTTP client.
    from plugin_operator.cli.status.status_request import status_at, url_of

    announced = read_announcement(folder)
    where = address if address is not None else str(announced.get("probes") or _DEFAULT_ADDRESS)
    process = announced.get("pid") if where == announced.get("probes") else None
    status = status_at(url_of(where), process)
    if address is None and not announced.get("probes"):
        say(f"No sandbox runs in {folder}; this is the operator at {where}.", err=True)
    if wanted is not None:
        from plugin_operator.cli.status.workers import worker_of

        say(terminal_line(worker_of(status, wanted)))
        return
    if plugins:
        status["plugins"] = _chosen(status["plugins"], plugins)
    if output != "table":
        print_document(status, output)
    else:
        from plugin_operator.cli.status.status_table import print_status

        print_status(status, with_permissions=bool(plugins))
    in_order = all(not plugin.get("reason") and not plugin.get("failing") for plugin in status["plugins"])
    sys.exit(0 if in_order and not status.get("pluginsDirProblem") else 1)


def _chosen(plugins: list[dict[str, Any]], names: tuple[str, ...]) -> list[dict[str, Any]]:
    known = {str(plugin.get("name")): plugin for plugin in plugins}
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name.lower().removesuffix(".py"), known, 1)
            meant = f"did you mean {near[0]!r}?" if near else f"its plugins are {', '.join(known) or 'none'}"
            raise click.ClickException(f"the operator has no plugin {name!r}: {meant}")
    return [known[name] for name in dict.fromkeys(names)]
