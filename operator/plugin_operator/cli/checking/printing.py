"""The report of a check as text: a table, JSON, YAML, or annotations of GitHub Actions.

Text of a plugin may hold anything: no control character of it reaches a terminal, and none ends a line.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from plugin_operator.cli.checking.report import CheckedPlugin, CheckReport, Mistake
from plugin_operator.cli.output import print_document, print_table
from plugin_operator.errors import PluginOperatorError
from plugin_operator.hosting.lints.lint import ERROR
from plugin_operator.rendering import valid_unicode

_TITLES = ("PLACE", "SEVERITY", "RULE", "MISTAKE")
_STYLES = {"error": "red", "warning": "yellow"}


def print_report(report: CheckReport, output: str) -> None:
    """Print a report in one of the forms in ``OUTPUTS``.

    Raises:
        PluginOperatorError: standard output takes no more, as on a full disk.
    """
    try:
        OUTPUTS[output](report)
    except BrokenPipeError:
        raise  # the reader has enough; click ends the process
    except OSError as error:
        raise PluginOperatorError(f"the report cannot be written: {error.strerror}") from error


def print_plugins(report: CheckReport) -> None:
    """Print a line for each plugin that is in order, and to standard error one for each mistake."""
    for plugin in report.plugins:
        mistakes = plugin.mistakes
        if plugin.state != "rejected":
            click.echo(f"{plugin.path}: {_accepted(plugin)}")
            for each in mistakes:
                click.echo(f"{each.place}: {each.severity}: {one_line(each.message)}")
    for each in report.mistakes:
        if each.severity == ERROR:
            click.echo(f"{each.place}: {one_line(each.message)}", err=True)


def _accepted(plugin: CheckedPlugin) -> str:
    if plugin.state == "compiled":
        return f"compiled, not imported: {one_line(plugin.note)}"
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


def one_line(text: str) -> str:
    """Return text without line breaks and control characters."""
    return _shown(" ".join(valid_unicode(text).split()))


def _shown(text: str) -> str:
    """Return text with control characters escaped, line breaks excepted."""
    return "".join(each if each.isprintable() or each in "\r\n" else f"\\x{ord(each):02x}" for each in text)


def _print_table(report: CheckReport) -> None:
    rows = [
        (one_line(each.place), Text(each.severity, style=_STYLES[each.severity]), each.rule, one_line(each.message))
        for each in report.mistakes
    ]
    if rows:
        print_table(_TITLES, rows)
    click.echo(report.summary)


def _print_github(report: CheckReport) -> None:
    for each in report.mistakes:
        click.echo(_annotation(each))
    click.echo(report.summary)


def _annotation(mistake: Mistake) -> str:
    """Return a workflow command; its escapes are those of ``@actions/core``."""
    path = Path(mistake.path)
    here = Path.cwd()
    shown = path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path
    properties = {"file": str(shown), "line": mistake.line, "col": mistake.column, "title": mistake.rule}
    named = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None)
    return f"::{mistake.severity} {named}::{_data(mistake.message)}"


def _data(text: str) -> str:
    return _shown(valid_unicode(text)).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


OUTPUTS: dict[str, Callable[[CheckReport], None]] = {
    "table": _print_table,
    "json": lambda report: print_document(report.document(), "json"),
    "yaml": lambda report: print_document(report.document(), "yaml"),
    "github": _print_github,
}
