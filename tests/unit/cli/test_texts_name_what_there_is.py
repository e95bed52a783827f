"""A help text or an error that names an option names one of its own command."""

import re

import click
import pytest
from click.testing import CliRunner

from plugin_operator.cli.group import group

CONTEXT = click.Context(group)
COMMANDS = group.list_commands(CONTEXT)
# Options of another command that a text is about.
OF_OTHERS = {("sign", "--plugins-signature-key"), ("version", "--version")}
IN_EVERY_EPILOG = {"--log-level"}


def options_of(name: str) -> set[str]:
    command = group.get_command(CONTEXT, name)
    assert command is not None
    return {option for parameter in command.get_params(CONTEXT) for option in parameter.opts}


def named_in(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][-a-z]+", text))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_names_its_own_options(name: str) -> None:
    text = CliRunner().invoke(group, [name, "--help"]).output
    of_others = {option for command, option in OF_OTHERS if command == name}
    assert named_in(text) - of_others <= options_of(name) | IN_EVERY_EPILOG


@pytest.mark.parametrize(("name", "arguments"), [("sign", ["--key", "k", "nowhere"]), ("run", ["--plugins-dir", "no"])])
def test_an_error_about_a_directory_names_an_option_of_the_command(name: str, arguments: list[str]) -> None:
    text = CliRunner().invoke(group, [name, *arguments]).output
    assert named_in(text) <= options_of(name)
