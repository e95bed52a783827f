"""``plugin-operator status``: shows the plugins of a running operator."""

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import click

from plugin_operator.cli.command import Command
from plugin_operator.cli.output import output_flag, print_document
from plugin_operator.cli.parameters import flag
from plugin_operator.cli.sandbox.sandbox_folder import DEFAULT_FOLDER, read_announcement

_TIMEOUT_SECONDS = 5.0
_MAX_BYTES = 16 * 1024 * 1024


_EXAMPLES = (
    ("The sandbox of this folder, or an operator on this machine", "status"),
    ("An operator in a cluster, after kubectl port-forward deployment/plugin-operator 8081", "status"),
    ("One plugin, with the permissions that it lacks as YAML to paste", "status website"),
    ("All that the operator knows, for a program", "status --address 127.0.0.1:8081 -o json"),
)


@click.command("status", cls=Command, examples=_EXAMPLES, short_help="Show what a running operator runs.")
@click.argument("plugins", metavar="[PLUGIN]...", nargs=-1)
@flag("--address", to="address", help="host:port of its probe server. Default: the sandbox's, else 127.0.0.1:8081.")
@flag(
    "--sandbox-dir", to="folder", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_FOLDER,
    show_default=True, help="Folder of the sandbox to ask.",
)  # fmt: skip
@output_flag()
def command(plugins: tuple[str, ...], address: str | None, folder: Path, output: str) -> None:
    """Show plugins, revisions, digests, states and reasons.

    With PLUGIN, it shows these plugins only, and after the table the permissions that they lack.
    Exits with 1 if a plugin does not run as its file says, or fails most of the time.
    """
    announced = read_announcement(folder)
    where = address or announced.get("probes") or "127.0.0.1:8081"
    process = announced.get("pid") if where == announced.get("probes") else None
    status = _fetch(f"http://{where.removeprefix('http://').rstrip('/')}/status", process)
    if plugins:
        status["plugins"] = _chosen(status.get("plugins", []), plugins)
    if output != "table":
        print_document(status, output)
    else:
        from plugin_operator.cli.status_table import print_status

        print_status(status, with_permissions=bool(plugins))
    in_order = all(not plugin.get("reason") and not plugin.get("failing") for plugin in status.get("plugins", []))
    sys.exit(0 if in_order and not status.get("pluginsDirProblem") else 1)


def _chosen(plugins: list[dict[str, Any]], names: tuple[str, ...]) -> list[dict[str, Any]]:
    known = {plugin.get("name"): plugin for plugin in plugins}
    for name in names:
        if name not in known:
            raise click.ClickException(
                f"the operator has no plugin {name!r}, only {', '.join(map(str, known)) or 'none'}"
            )
    return [known[name] for name in dict.fromkeys(names)]


def _fetch(url: str, process: object) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - always http, see above
            status = json.loads(answer.read(_MAX_BYTES))
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise click.ClickException(_silent(url, process)) from error
        raise click.ClickException(
            f"no operator responds at {url} ({reason}): start one, or name its probe server with --address host:port"
        ) from error
    if not isinstance(status, dict):
        raise click.ClickException(f"{url} is not a plugin-operator: its response is not a status")
    return status


def _silent(url: str, process: object) -> str:
    """Return the message after a timeout: a process with a blocked event loop still accepts connections."""
    says = f"does not answer at {url} within {_TIMEOUT_SECONDS:g} s"
    look = 'look at its log: "Event loop is blocked" names plugin, file and line; fix the code there and restart it'
    if process is not None and _runs(process):
        return f"the operator runs (process {process}) but {says}: {look}"
    return f"the operator {says}: if it runs, {look}; else start one, or name its probe server with --address host:port"


def _runs(process: object) -> bool:
    if not isinstance(process, int) or process <= 0:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # the process belongs to another user
    return True
