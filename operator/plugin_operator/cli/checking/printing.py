"""The report of a check as text: a table, JSON, YAML, or annotations of GitHub Actions.

Text of a plugin may hold anything: no control character of it reaches a terminal, and none ends a line.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from plugin_operator.cli.checking.report import CheckedPlugin, CheckReport, Mistake
from plugin_operator.cli.output import cell, print_document, print_table
from plugin_operator.cli.terminal.messages import say, say_line
from plugin_operator.hosting.lints.lint import ERROR
from plugin_operator.rendering import terminal_text

_TITLES = ("PLACE", "SEVERITY", "RULE", "MISTAKE")
_STYLES = {"error": "red", "warning": "yellow"}


def print_report(report: CheckReport, output: str) -> None:
    """Print a report in one of the forms in ``OUTPUTS``."""
    OUTPUTS[output](report)


def print_plugins(report: CheckReport) -> None:
    """Print a line for each plugin that is in order, and to standard error one for each mistake."""
    for plugin in report.plugins:
        mistakes = plugin.mistakes
        if plugin.state != "rejected":
            say_line(f"{plugin.path}: {_accepted(plugin)}")
            for each in mistakes:
                say_line(f"{each.place}: {each.severity}: {each.message}")
    for each in report.mistakes:
        if each.severity == ERROR:
            say_line(f"{each.place}: {each.message}", err=True)


def _accepted(plugin: CheckedPlugin) -> str:
    if plugin.state == "compiled":
        return f"compiled, not imported: {plugin.note}"
    if plugin.state == "helper":
        return "ok (a helper, it declares no controller)"
    controllers = (f"{each.get('name')} {_occasion(each)}" for each in plugin.declarations)
    return f"ok ({', '.join(controllers)})"


def _occasion(declaration: Mapping[str, Any]) -> str:
    """Return the reconciled kind of a controller, or the triggers of one without a kind, as text."""
    if kind := declaration.get("for"):
        return f"for {kind}"
    sources = [f"on {each}" for each in declaration.get("sources") or ()]
    kinds = [f"on {each}" for each in declaration.get("watches") or ()]
    return " and ".join([*(declaration.get("schedules") or ()), *sources, *kinds])


def _print_table(report: CheckReport) -> None:
    rows = [
        (each.place, cell(each.severity, _STYLES[each.severity]), each.rule, each.message) for each in report.mistakes
    ]
    if rows:
        print_table(_TITLES, rows)
    say(report.summary)


def _print_github(report: CheckReport) -> None:
    for each in report.mistakes:
        say(_annotation(each))
    say(report.summary)


def _annotation(mistake: Mistake) -> str:
    """Return a workflow command; its escapes are those of ``@actions/core``."""
    path = Path(mistake.path)
    here = Path.cwd()
    shown = path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path
    properties = {"file": str(shown), "line": mistake.line, "col": mistake.column, "title": mistake.rule}
    named = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None)
    return f"::{mistake.severity} {named}::{_data(mistake.message)}"


def _data(text: str) -> str:
    return terminal_text(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


OUTPUTS: dict[str, Callable[[CheckReport], None]] = {
    "table": _print_table,
    "json": lambda report: print_document(report.document(), "json"),
    "yaml": lambda report: print_document(report.document(), "yaml"),
    "github": _print_github,
}
