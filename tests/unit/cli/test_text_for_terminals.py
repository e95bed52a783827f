"""Whatever text a plugin, a file or a server brings: a terminal shows it and obeys none of it."""

import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial

import click
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from plugin_operator import logs
from plugin_operator.cli.checking.printing import OUTPUTS, print_plugins
from plugin_operator.cli.checking.report import CheckedPlugin, Mistake, report_of
from plugin_operator.cli.group import group
from plugin_operator.cli.output import print_document, print_table
from plugin_operator.cli.status.status_table import print_status
from plugin_operator.cli.terminal.messages import say
from plugin_operator.kube.yaml_output import yaml_file

#: ESC, CR, BEL, DEL, a C1 control, overrides of direction, a line separator, a byte order mark, a lone surrogate.
HARMFUL = "\x1b]0;x\x07\x1b[2J\r\x00\x7f\x9b31m\u202e\u2066\u2028\ufeff\u200b\udcff\U000e0001"
TEXTS = st.text(st.sampled_from(f"{HARMFUL}a =:%,'\"\\\n\t\u3000é#&*"), max_size=30)


#: A machine under load draws slowly.
patient = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, color_system=None, width=80)


def report(text: str, output: str) -> None:
    mistake = Mistake(f"{text}.py", text, 3)
    declared = {"name": text, "for": text, "schedules": [text], "sources": [text], "watches": [text]}
    plugins = [
        CheckedPlugin(text, f"{text}.py", "ok", declarations=[declared], mistakes=(mistake,)),
        CheckedPlugin(text, f"{text}.py", "ok", declarations=[{**declared, "for": None}]),
        CheckedPlugin(text, f"{text}.py", "compiled", text),
    ]
    found = report_of(plugins, [mistake])
    print_plugins(found) if output == "validate" else OUTPUTS[output](found)


def status(text: str, console: Console | None) -> None:
    rules = [{"verbs": [text], "resources": [text]}]
    plugin = {
        **dict.fromkeys(("name", "state", "path", "reason", "revision", "digest", "failures"), text),
        "line": 1,
        "controllers": [text],
        "misbehaving": [{"how": text, "detail": text, "stack": [text]}],
        "missingPermissions": [{"kind": text, "namespace": text, "rules": rules}],
    }
    facts = {"version": text, "server": text, "pluginsDirProblem": text, "pluginsDir": text}
    for plugins in ([plugin], []):
        print_status({**facts, "plugins": plugins}, console, with_permissions=True)
    if console is not None:
        print(console.file.getvalue())  # type: ignore[attr-defined]  # noqa: T201 - a StringIO


def table(text: str, console: Console | None) -> None:
    print_table(["A", "B"], [[text, Text(text, style="red")], ["", text]], console)
    if console is not None:
        print(console.file.getvalue())  # type: ignore[attr-defined]  # noqa: T201 - a StringIO


def log(text: str, form: logs.Format) -> None:
    out = io.StringIO()
    logs.configure(form, "info", out)
    logger = logs.get_logger(text or "any")
    logger.info(text, informer=text, names=[text], odd=type("Odd", (), {"__repr__": lambda self: text})())
    logger.error(text, **{text.replace("event", "") or "key": text}, exc_info=ValueError(text))
    print(out.getvalue())  # noqa: T201 - what is under test


WRITERS: dict[str, Callable[[str], None]] = {
    "say": say,
    "say on standard error": lambda text: say(text, err=True),
    "table": lambda text: table(text, None),
    "table at a terminal": lambda text: table(text, terminal()),
    "JSON": lambda text: print_document({text: [text]}, "json"),
    "YAML": lambda text: print_document({text: [text]}, "yaml"),
    "manifest": lambda text: say(yaml_file({text: [text]})),
    "status": lambda text: status(text, None),
    "status at a terminal": lambda text: status(text, terminal()),
    "log at a terminal": lambda text: log(text, "console"),
    "log as JSON": lambda text: log(text, "json"),
    "validate": lambda text: report(text, "validate"),
    **{f"check -o {output}": partial(report, output=output) for output in OUTPUTS},
}


@pytest.mark.parametrize("writer", WRITERS)
@patient
@given(text=TEXTS)
@example(text=HARMFUL)
@example(text=f"a{HARMFUL}b\n{HARMFUL}")
def test_no_text_reaches_a_terminal_as_a_command(writer: str, text: str) -> None:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        WRITERS[writer](text)
    found = {char for char in out.getvalue() if not char.isprintable() and char not in "\n\t\u3000"}
    assert not found


@patient
@given(text=TEXTS.filter(lambda text: "\udcff" not in text))
@example(text=HARMFUL.replace("\udcff", ""))
def test_a_manifest_has_the_same_texts_for_a_parser(text: str) -> None:
    out = io.StringIO()
    with redirect_stdout(out):
        say(yaml_file({"a": text, text: 1}), nl=False)
    assert yaml.safe_load(out.getvalue()) == {"a": text, text: 1}


@patient
@given(text=TEXTS)
@example(text=HARMFUL)
def test_json_is_json(text: str) -> None:
    out = io.StringIO()
    with redirect_stdout(out):
        print_document({"a": text}, "json")
    assert json.loads(out.getvalue()) == {"a": text}


@pytest.mark.parametrize("arguments", [["check", f"{HARMFUL[:-2]}.py"], ["\x1b[2J"], ["status", "--\x1b[2J"]])
def test_errors_escape_what_they_name(arguments: list[str]) -> None:
    ended = CliRunner().invoke(group, arguments)
    assert ended.exit_code == 2
    assert ended.stderr.replace("\n", "").isprintable()


def test_messages_of_click_are_escaped() -> None:
    from plugin_operator.cli.terminal.messages import shown_errors

    with pytest.raises(click.BadParameter) as raised, shown_errors():
        raise click.BadParameter("\x1b[2J", param_hint="--any")
    assert raised.value.format_message() == "Invalid value for --any: \\x1b[2J"


def test_the_text_of_a_server_or_a_file_in_an_error_begins_no_line() -> None:
    from plugin_operator.cli.terminal.messages import shown_errors

    with pytest.raises(click.ClickException) as raised, shown_errors():
        raise click.ClickException("the server said: no\n::error file=a.py::b")
    assert raised.value.format_message() == "the server said: no ::error file=a.py::b"
