"""The status of an operator as tables for a terminal."""

from typing import Any

from rich.console import Console
from rich.text import Text

from plugin_operator.cli.output import print_table

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
}
_DIGEST_LENGTH = 12
_TITLES = ("PLUGIN", "STATE", "REVISION", "DIGEST", "CONTROLLERS", "REASON")


def print_status(status: dict[str, Any], console: Console | None = None, *, with_permissions: bool = False) -> None:
    """Print the content of ``/status``; ``with_permissions`` adds the permissions that plugins lack, as YAML."""
    console = console or Console()

    def say(line: Text) -> None:
        console.print(line, soft_wrap=not console.is_terminal)

    leader = "leads" if status.get("leading") else "stands by"
    say(Text(f"plugin-operator {status.get('version', '?')}, {leader}, {status.get('server', '')}"))
    if status.get("pluginsDirProblem"):
        say(Text(str(status["pluginsDirProblem"]), style="red"))
    plugins = status.get("plugins", [])
    if plugins:
        print_table(_TITLES, [_row(plugin) for plugin in plugins], console)
    else:
        say(Text(f"no plugins in {status.get('pluginsDir', 'the plugins directory')}"))
    lacking = [plugin for plugin in plugins if plugin.get("missingPermissions")] if with_permissions else []
    if lacking:
        # Imported on demand: it takes a second.
        from plugin_operator.hosting.permissions.missing_rules import yaml_of

        for plugin in lacking:
            rules = yaml_of(plugin["missingPermissions"])
            console.print(Text(f"\n# {plugin.get('name')} lacks these permissions\n{rules.rstrip()}"), soft_wrap=True)


def _row(plugin: dict[str, Any]) -> tuple[Text, ...]:
    state = str(plugin.get("state", ""))
    return (
        Text(str(plugin.get("name", ""))),
        Text(state, style=_STYLES.get(state.lower(), "")),
        Text(str(plugin.get("revision") or "")),
        Text(str(plugin.get("digest") or "").removeprefix("sha256:")[:_DIGEST_LENGTH]),
        Text(", ".join(plugin.get("controllers", []))),
        Text(_reason(plugin)),
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
