"""The help of the commands: examples that parse, suggestions, and the name of the program that runs."""

import shlex

import click
import pytest
from click.testing import CliRunner

from plugin_operator.cli.command import Command
from plugin_operator.cli.group import group

CONTEXT = click.Context(group)
COMMANDS = group.list_commands(CONTEXT)


def command_of(name: str) -> Command:
    command = group.get_command(CONTEXT, name)
    assert isinstance(command, Command), f"{name} is not made with cls=Command"
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_examples_whose_flags_exist(name: str) -> None:
    command = command_of(name)
    assert len(command.examples) >= 2
    for what, line in command.examples:
        assert what
        words = shlex.split(line.partition(" >")[0])
        assert words[0] == name
        # Only names and numbers of values are looked at: files of an example do not exist here.
        command.make_parser(click.Context(command)).parse_args(words[1:])


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_shows_the_examples_with_the_name_of_the_program(name: str) -> None:
    shown = CliRunner().invoke(group, [name, "--help"], prog_name="kubectl plugin-operator").output
    for what, line in command_of(name).examples:
        assert f"  # {what}\n  kubectl plugin-operator {line}\n" in shown
    assert shown.startswith(f"Usage: kubectl plugin-operator {name} ")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["statsu"], "Did you mean 'status'?"),
        (["Validate"], "Did you mean 'validate'?"),
        (["versions"], "Did you mean 'version'?"),
        (["sandbox", "--seeed", "x"], ""),
        (["run", "--log-levle", "info"], "Did you mean '--log-level'?"),
        (["status", "-o", "jsn"], "'jsn' is not one of 'table', 'json', 'yaml'"),
    ],
)
def test_a_mistyped_word_is_told_with_what_is_meant(typed: list[str], meant: str) -> None:
    ended = CliRunner().invoke(group, typed)
    assert ended.exit_code == 2
    assert meant in ended.output


@pytest.mark.parametrize(
    ("typed", "way_out"),
    [(["new", "hello"], "as in --for v1/ConfigMap")]
    + [([name], "Name plugin files or their directory") for name in ("check", "validate", "rbac", "manifests")],
)
def test_a_missing_word_is_told_with_what_to_write(typed: list[str], way_out: str) -> None:
    ended = CliRunner().invoke(group, typed)
    assert ended.exit_code == 2
    assert way_out in ended.output


def test_a_word_that_resembles_nothing_has_no_suggestion() -> None:
    ended = CliRunner().invoke(group, ["xyzzy"])
    assert ended.exit_code == 2
    assert "No such command 'xyzzy'.\n" in ended.output
