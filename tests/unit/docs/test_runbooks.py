"""A runbook begins with what to type, and what it says to type exists: programs, verbs, flags and objects."""

import functools
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from plugin_operator.cli.group import group
from tests.alerts import rules
from tests.pages import ROOT, Block, blocks_in

NAMESPACE = "plugin-operator-system"
KUBECTL = Path(sys.executable).parent / "kubectl"
HEADINGS = ["## Read", "## Causes", "## Way out"]
#: What kubectl runs in the cluster is named by kind and name.
OBJECTS = re.compile(r"\b(?:deploy|deployment|configmap|lease)[/ ](plugin-operator[\w-]*)")

BLOCKS = blocks_in("sh")
COMMANDS = [(block, line) for block in BLOCKS for line in block.code.splitlines()]


def runbooks() -> list[Path]:
    return sorted((ROOT / "docs" / "runbooks").glob("*.md"))


def meanings() -> dict[str, str]:
    """What each alert fires for, by the table of docs/alerts.md."""
    table = (ROOT / "docs" / "alerts.md").read_text()
    return dict(re.findall(r"^\| \[(\w+)\]\(runbooks/.*\| ([^|]+) \|$", table, re.MULTILINE))


@pytest.mark.parametrize("page", runbooks(), ids=lambda page: page.stem)
def test_a_runbook_begins_with_what_to_type_and_has_all_parts(page: Path) -> None:
    lines = [line for line in page.read_text().splitlines() if line]

    title, *reader, block = lines[: lines.index("```sh") + 1]
    assert (title, block) == (f"# {page.stem}", "```sh")
    assert " ".join(reader) == f"For people on call. The alert fires while {meanings()[page.stem]}."
    assert [line for line in lines if line.startswith("#")][1:] == HEADINGS


def test_every_block_to_type_is_in_a_runbook() -> None:
    assert [block.page for block in BLOCKS] == [f"docs/runbooks/{page.name}" for page in runbooks()]
    assert {alert.name for alert in rules.alerts()} == {page.stem for page in runbooks()}


@functools.cache
def help_of(*words: str) -> str:
    ended = subprocess.run([KUBECTL, *words, "--help"], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, f"kubectl has no {words}"
    return ended.stdout + options()


@functools.cache
def options() -> str:
    ended = subprocess.run([KUBECTL, "options"], capture_output=True, text=True, check=True, timeout=60)
    return ended.stdout


def check_operator(words: list[str]) -> None:
    command = group.get_command(click.Context(group), words[0])
    assert command is not None, f"plugin-operator has no {words[0]}"
    command.make_context(words[0], [str(ROOT / word[2:]) if word.startswith("./") else word for word in words[1:]])


def check_kubectl(words: list[str]) -> None:
    own, _, inner = (words, None, []) if "--" not in words else _split(words)
    plain = [word for at, word in enumerate(own) if not word.startswith("-") and own[at - 1] not in {"-n", "-l", "-o"}]
    text = help_of(*plain[:2])
    for word in own:
        if word.startswith("-"):
            assert re.search(rf"(?<![\w-]){re.escape(word.partition('=')[0])}\b", text), (
                f"kubectl {plain[0]} has no {word}"
            )
    if inner:
        assert inner[0] == "plugin-operator"
        check_operator(inner[1:])


def _split(words: list[str]) -> tuple[list[str], str, list[str]]:
    at = words.index("--")
    return words[:at], "--", words[at + 1 :]


@pytest.mark.parametrize(("block", "line"), COMMANDS, ids=lambda each: getattr(each, "page", None))
def test_a_command_of_a_runbook_exists(block: Block, line: str) -> None:
    program, *words = shlex.split(line)

    {"kubectl": check_kubectl, "plugin-operator": check_operator}[program](words)


@pytest.mark.parametrize(
    "line", ["kubectl get pods --no-such-flag", "kubectl no-such-verb", "kubectl exec x -- plugin-operator no-such"]
)
def test_a_command_that_does_not_exist_is_a_fault(line: str) -> None:
    with pytest.raises((AssertionError, click.ClickException)):
        check_kubectl(shlex.split(line)[1:])


def objects() -> set[str]:
    names = {"plugin-operator-plugins"}
    for path in (ROOT / "manifests").rglob("*.yaml"):
        if "templates" in path.parts:  # of the chart, which is made from the others
            continue
        for document in yaml.safe_load_all(path.read_text()):
            names |= set(_names(document))
    return names


def _names(document: Any) -> list[str]:
    if not isinstance(document, dict) or "metadata" not in document:
        return []
    leases = [name for rule in document.get("rules") or [] for name in rule.get("resourceNames", [])]
    return [document["metadata"]["name"], *leases]


def test_objects_and_namespace_of_the_commands_are_those_of_the_manifests() -> None:
    text = "\n".join(line for _, line in COMMANDS)

    assert set(OBJECTS.findall(text)) <= objects()
    assert set(re.findall(r"-n (\S+)", text)) == {NAMESPACE}
    labels = (ROOT / "manifests" / "components" / "labels" / "kustomization.yaml").read_text()
    for name, value in re.findall(r"-l (\S+?)=(\S+)", text):
        assert f"{name}: {value}\n" in labels


def test_reasons_of_events_and_log_lines_exist_in_the_code() -> None:
    source = "".join(path.read_text() for path in (ROOT / "operator" / "plugin_operator").rglob("*.py"))
    for page in runbooks():
        text = page.read_text()
        for reason in re.findall(r"reason=(\w+)", text):
            assert f'"{reason}"' in source, reason
        for line in re.findall(r"`([A-Z][a-z]+ [\w', ]+)`", text):
            assert f'"{line}"' in source, line
