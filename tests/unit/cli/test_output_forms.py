"""What commands print: one document for a program, a table for people."""

import io
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from rich.console import Console

from plugin_operator.cli.group import group
from plugin_operator.cli.output import print_table, rendered
from plugin_operator.logs import configure, get_logger


def printed(*arguments: str) -> str:
    ended = CliRunner().invoke(group, arguments)
    assert ended.exit_code == 0, ended.output
    return ended.stdout


@pytest.mark.parametrize("arguments", [["version"], ["--version"]])
def test_versions_are_one_document_with_the_same_keys(arguments: list[str]) -> None:
    as_json, as_yaml = json.loads(printed(*arguments, "-o", "json")), yaml.safe_load(printed(*arguments, "-o", "yaml"))
    assert as_json == as_yaml
    assert set(as_json) == {"version", "pythonVersion", "platform"}
    assert printed(*arguments) == printed(*arguments, "-o", "table")
    assert json.loads(printed("-o", "json", "--version")) == as_json


def test_a_form_before_the_command_is_wrong_usage_with_the_way_out() -> None:
    ended = CliRunner().invoke(group, ["-o", "json", "version"], prog_name="plugin-operator")
    assert ended.exit_code == 2
    assert "-o stands after the command: plugin-operator version -o json" in ended.output


def test_requirements_are_a_list_beside_the_problems(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(
        '# /// script\n# dependencies = ["aiohttp>=3"]\n# ///\ndef new_controller(): ...\n'
    )
    (tmp_path / "two.py").write_text("# /// script\n# dependencies = 1\n# ///\ndef new_controller(): ...\n")
    ended = CliRunner().invoke(group, ["requirements", str(tmp_path), "-o", "json"])
    document = json.loads(ended.stdout)
    assert ended.exit_code == 1
    assert document["requirements"] == [{"requirement": "aiohttp>=3", "plugins": ["one.py"]}]
    assert "two.py" in document["problems"][0]


def test_a_document_is_ascii_whatever_it_holds() -> None:
    value = {"name": "ünï\udcff", "on": "yes", "number": "1e3"}
    assert json.loads(rendered(value, "json")) == value
    assert rendered(value, "json").isascii()
    assert yaml.safe_load(rendered({"on": "yes", "number": "1e3"}, "yaml")) == {"on": "yes", "number": "1e3"}


def test_a_table_has_colours_at_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.text import Text

    def table() -> str:
        out = io.StringIO()
        print_table(["A"], [[Text("x", style="red")]], Console(file=out, force_terminal=True, color_system="standard"))
        return out.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[31m" in table()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in table()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_logs_have_colours_unless_the_environment_wants_none(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def logged() -> str:
        out = Terminal()
        configure(stream=out)
        get_logger("any").info("Something")
        return out.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    try:
        assert "\x1b[" in logged()
        monkeypatch.setenv(variable, value)
        assert "Something" in logged()
        assert "\x1b[" not in logged()
    finally:
        configure()
