"""The status of an operator as tables for a terminal."""

from typing import Any

from rich.console import Console
from rich.text import Text

from plugin_operator.cli.output import cell, print_table
from plugin_operator.cli.status import replicas
from plugin_operator.cli.status.workers import TITLES, remarks, worker_rows
from plugin_operator.rendering import terminal_line, terminal_text

_STYLES = {
    "active": "green",
    "waiting": "yellow",
    "draining": "yellow",
    "stuck": "red",
    "rejected": "red",
    "quarantined": "red",
}
_CHARGES = {
    "blocks": "blocks the event loop",
    "tasks": "leaves tasks unfinished",
    "fails": "fails most of the time",
    "hangs": "does not end",
    "loops": "triggers itself",
    "fights": "fights over a field",
    "ends": "ends its worker process",
}
_DIGEST_LENGTH = 12
_PLUGIN_TITLES = ("PLUGIN", "STATE", "REVISION", "DIGEST", "CONTROLLERS", "REASON")


def print_status(status: dict[str, Any], console: Console | None = None, *, with_permissions: bool = False) -> None:
    """Print the content of ``/status``; ``with_permissions`` adds the permissions that plugins lack, as YAML."""
    console = console or Console()

    def say(line: Text) -> None:
        console.print(line, soft_wrap=not console.is_terminal)

    leader = "leads" if status.get("leading") else "stands by"
    say(cell(f"plugin-operator {status.get('version') or '?'}, {leader}, {status.get('server') or ''}"))
    if status.get("pluginsDirProblem"):
        say(cell(status["pluginsDirProblem"], "red"))
    plugins = [_without_null(plugin) for plugin in status.get("plugins", [])]
    if plugins:
        print_table(_PLUGIN_TITLES, [_row(plugin) for plugin in plugins], console)
    else:
        say(cell(f"no plugins in {status.get('pluginsDir') or 'the plugins directory'}"))
    if rows := worker_rows(status):
        print_table(TITLES, rows, console)
    if rows := replicas.replica_rows(status):
        print_table(replicas.TITLES, rows, console)
    for each in (*remarks(status), *replicas.remarks(status)):
        say(cell(each))
    lacking = [plugin for plugin in plugins if plugin.get("missingPermissions")] if with_permissions else []
    if lacking:
        # Imported on demand: it takes a second.
        from plugin_operator.hosting.permissions.missing_rules import yaml_of

        for plugin in lacking:
            rules = yaml_of(plugin["missingPermissions"])
            text = f"\n# {terminal_line(plugin['name'])} lacks these permissions\n{rules.rstrip()}"
            console.print(Text(terminal_text(text)), soft_wrap=True)


def _without_null(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _row(plugin: dict[str, Any]) -> tuple[Text, ...]:
    state = str(plugin.get("state", ""))
    return (
        cell(plugin.get("name", "")),
        cell(state, _STYLES.get(state.lower(), "")),
        cell(plugin.get("revision") or ""),
        cell((plugin.get("digest") or "").removeprefix("sha256:")[:_DIGEST_LENGTH]),
        cell(", ".join(plugin.get("controllers", []))),
        cell(_reason(plugin)),
    )


def _reason(plugin: dict[str, Any]) -> str:
    reason, line = str(plugin.get("reason") or ""), plugin.get("line")
    said = [f"{plugin.get('path', '')}:{line}: {reason}"] if reason and line else [reason] if reason else []
    charges = [each for each in plugin.get("misbehaving", []) if each.get("how") != "fails"]
    failures = str(plugin.get("failures") or "")
    if failures and len(charges) < len(plugin.get("misbehaving", [])):
        failures = f"{_CHARGES['fails']}: {failures}"
    return "; ".join([*said, *([failures] if failures else []), *map(_charge, charges)])


def _charge(charge: dict[str, Any]) -> str:
    where = f" ({charge['stack'][0]})" if charge.get("stack") else ""
    return f"{_CHARGES.get(charge.get('how', ''), 'misbehaves')}: {charge.get('detail', '')}{where}"
