"""The examples in the help run as printed, one after the other, from an empty directory."""

import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from plugin_operator.cli.command import Command
from plugin_operator.cli.group import group

#: Commands whose examples need nothing but what the examples before them have made.
COMMANDS = ("new", "check", "validate", "requirements", "rbac", "manifests", "completion", "version")
#: What other examples need.
NEEDS_A_CLUSTER = "--diff"


def examples_of(name: str) -> list[str]:
    command = group.get_command(click.Context(group), name)
    assert isinstance(command, Command)
    return [line for _, line in command.examples if NEEDS_A_CLUSTER not in line]


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write_definition(path: Path) -> None:
    """Write the definition of the class that an example before has made, as ``new`` says to do for a second plugin."""
    printed = CliRunner().invoke(group, ["crd", "plugins/widget.py"])
    assert printed.exit_code == 0, printed.output
    path.parent.mkdir()
    path.write_text(printed.stdout)


def run(name: str) -> None:
    for line in examples_of(name):
        words = shlex.split(line)
        if words[0] == "new" and "--crd" in words:
            write_definition(Path(words[words.index("--crd") + 1]))
        ended = CliRunner().invoke(group, shlex.split(line.partition(" >")[0]))
        assert ended.exit_code == 0, f"$ plugin-operator {line}\n{ended.output}"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_run_after_those_of_new(name: str) -> None:
    run("new")
    if name != "new":
        run(name)


def test_status_without_an_operator_says_what_to_do() -> None:
    for line in examples_of("status"):
        ended = CliRunner().invoke(group, [*shlex.split(line), "--address", "127.0.0.1:1"])
        assert ended.exit_code == 1
        assert "start one, or name its probe server with --address host:port" in ended.output
