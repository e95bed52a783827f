"""Shells and kubectl complete commands, flags and values."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin_operator.cli.group import COMPLETION_VARIABLE, group
from plugin_operator.cli.kubectl_completion import completions


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_asks_the_program(shell: str) -> None:
    ended = CliRunner().invoke(group, ["completion", shell])
    assert ended.exit_code == 0
    assert f"{COMPLETION_VARIABLE}={shell}_complete" in ended.stdout


def completed(line: str) -> list[str]:
    words = line.split()
    at = len(words) if line.endswith(" ") else len(words) - 1
    variables = {COMPLETION_VARIABLE: "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(at)}
    ended = CliRunner().invoke(
        group,
        [],
        prog_name="plugin-operator",
        complete_var=COMPLETION_VARIABLE,
        env=variables | {"PLUGIN_OPERATOR_X": "1"},
    )
    assert not ended.stderr
    return ended.stdout.split()


def test_commands_flags_and_values_are_completed() -> None:
    assert completed("plugin-operator sta") == ["plain,status"]
    assert completed("plugin-operator status --addr") == ["plain,--address"]
    assert completed("plugin-operator status -o ") == ["plain,table", "plain,json", "plain,yaml"]
    assert completed("plugin-operator run --plugins-dir ") == ["dir,"]


def test_kinds_are_completed_with_their_versions_and_by_their_short_names() -> None:
    assert completed("plugin-operator new x --for v1/Conf") == ["plain,v1/ConfigMap"]
    assert completed("plugin-operator new x --for depl") == ["plain,deploy", "plain,deployments"]
    assert "plain,certificates.k8s.io/v1/CertificateSigningRequest" in completed("plugin-operator new x --for c")
    assert "plain,ev" not in completed("plugin-operator new x --for e"), "two groups have it"
    assert all("/" in each for each in completed("plugin-operator new x --for "))


def test_kubectl_gets_descriptions_and_a_directive() -> None:
    assert completions("kubectl plugin-operator", ["statu"]) == "status\tShow what a running operator runs.\n:4\n"
    assert completions("kubectl plugin-operator", []).endswith("\n:4\n")
    assert completions("kubectl plugin-operator", ["run", "--plugins-dir", ""]) == ":16\n"
    assert completions("kubectl plugin-operator", ["run", "--kubeconfig", ""]) == ":0\n"


def test_the_entry_points_have_the_names_that_kubectl_looks_for() -> None:
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text()
    assert '\nkubectl-plugin_operator = "plugin_operator.cli:kubectl_main"\n' in text
    assert '\nkubectl_complete-plugin_operator = "plugin_operator.cli:kubectl_complete"\n' in text
