"""The status of an operator as tables for a terminal."""

import functools
from collections.abc import Callable, Iterator, Sequence
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
    "hangs": "does not end",
    "loops": "triggers itself",
    "fights": "fights over a field",
}
_DIGEST_LENGTH = 12
_TITLES = ("PLUGIN", "STATE", "REVISION", "DIGEST", "CONTROLLERS", "REASON")

Row = tuple[Text, ...]


def print_status(status: dict[str, Any], console: Console | None = None) -> None:
    """Print the content of ``/status``."""
    console = console or Console()
    leader = "leads" if status.get("leading") else "stands by"
    say = console.print if console.is_terminal else _plainly(console)
    say(Text(f"plugin-operator {status.get('version', '?')}, {leader}, {status.get('server', '')}"))
    if status.get("pluginsDirProblem"):
        say(Text(str(status["pluginsDirProblem"]), style="red"))
    rows = [_row(plugin) for plugin in status.get("plugins", [])]
    if not rows:
        say(Text(f"no plugins in {status.get('pluginsDir', 'the plugins directory')}"))
    elif console.is_terminal:
        console.print(_table(rows))
    else:
        for line in _lines([tuple(map(Text, _TITLES)), *rows]):
            say(Text(line))


def _plainly(console: Console) -> Callable[[Text], None]:
    """Return a function that prints a line without wrapping, so that grep and awk see one line per plugin."""
    return functools.partial(console.print, soft_wrap=True)


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in _TITLES:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the rows as aligned columns; the last column has no padding."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.plain.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        yield "  ".join([*cells, " ".join(row[-1].plain.split())]).rstrip()


def _row(plugin: dict[str, Any]) -> Row:
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
