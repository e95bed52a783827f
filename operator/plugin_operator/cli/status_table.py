"""The status of an operator as tables for a terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

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
    "loops": "feeds itself",
    "fights": "fights over a field",
}
_DIGEST_LENGTH = 12
_PIPE_WIDTH = 100_000


def print_status(status: dict[str, Any], console: Console | None = None) -> None:
    """Print ``status`` as ``/status`` gives it."""
    console = console or _standard_output()
    leader = "leads" if status.get("leading") else "stands by"
    console.print(Text(f"plugin-operator {status.get('version', '?')}, {leader}, {status.get('server', '')}"))
    if status.get("plugins_dir_problem"):
        console.print(Text(str(status["plugins_dir_problem"]), style="red"))
    table = Table(box=None, pad_edge=False)
    for title in ("PLUGIN", "STATE", "REVISION", "DIGEST", "CONTROLLERS", "REASON"):
        table.add_column(title, overflow="fold")
    for plugin in status.get("plugins", []):
        table.add_row(*_row(plugin))
    if status.get("plugins"):
        console.print(table)
    else:
        console.print(Text(f"no plugins in {status.get('plugins_dir', 'the plugins directory')}"))


def _standard_output() -> Console:
    """Return a console as wide as the terminal; in a pipe each plugin has one line, for grep and awk."""
    console = Console()
    return console if console.is_terminal else Console(width=_PIPE_WIDTH)


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
