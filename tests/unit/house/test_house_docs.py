"""What the documentation names exists: commands, flags, make targets, metrics, files."""

import functools
import re
import tomllib
from pathlib import Path

import click
import pytest

from plugin_operator.cli.group import group
from tests.declared import declarations
from tests.pages import PAGES, ROOT

# Code that runs another program than plugin-operator may show flags of that program.
FOREIGN = re.compile(r"\b(kubectl|make|python|\.py|docker)\b")

pages = pytest.mark.parametrize("page", [ROOT / page for page in PAGES], ids=lambda path: path.name)

#: Files that no clone has, and who makes them.
MADE = {
    "plugins/service.py": "the reader of the first session",
    "plugins/greet.py": "the command new",
    "plugins/website.py": "the reader of typed resources",
    "plugins/shop.py": "the reader of a whole operator",
    "bench/results/latest.json": "make bench",
    "bench/results/processes.json": "make bench",
}


def commands() -> dict[str, click.Command]:
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def flags() -> set[str]:
    params = [param for command in (group, *commands().values()) for param in command.params]
    return {option for param in params for option in (*param.opts, *param.secondary_opts)} | {"--help"}


@pages
def test_every_command_exists(page: Path) -> None:
    named = set(re.findall(r"plugin-operator ([a-z]+)(?=[ `\n])", page.read_text()))

    assert named <= commands().keys()


@pages
def test_every_flag_exists(page: Path) -> None:
    text = re.sub(r"^```(?:dockerfile|sh|bash)\n.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"`[^`\n]+`", lambda code: "" if FOREIGN.search(code[0]) else code[0], text)
    lines = [line for line in text.splitlines() if not (line.startswith(("$", "  kubectl")) and FOREIGN.search(line))]
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", "\n".join(lines)))

    assert named <= flags()


@pages
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    lines = re.findall(r"(?:^\$ |`)make ([^`#\n]*)", page.read_text(), re.MULTILINE)
    named = {word for line in lines for word in line.split("'")[0].split() if "=" not in word}

    assert named <= targets


@pages
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pages
def test_every_metric_exists(page: Path) -> None:
    prefixes = "controller_runtime|workqueue|rest_client|leader_election|plugin_operator"
    named = set(re.findall(rf"`((?:{prefixes})_[a-z_]+)[`{{]", page.read_text()))

    assert named <= declarations().keys()


@pages
def test_a_query_asks_for_labels_that_exist(page: Path) -> None:
    for name, label in re.findall(r"(plugin_operator_[a-z_]+)\{([a-z_]+)=", page.read_text()):
        assert label in declarations()[name].labels


@pages
def test_every_test_and_path_exists(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    sources = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]
    known = {path.stem for path in sources} | {name for path in sources for name in defined(path)}

    assert {name for name in re.findall(r"\btest_\w+", text) if name not in known} == set()
    paths = re.findall(r"`((?:tests|bench|docs|manifests|operator|plugins|requirements|\.ci)/[\w./-]+)`", text)
    paths += [path for arguments in re.findall(r"ARGS='([^']*)'", text) for path in arguments.split() if "/" in path]
    assert [path for path in paths if path not in MADE and not (ROOT / path).exists()] == []


@functools.cache
def defined(path: Path) -> set[str]:
    return set(re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE))


@pages
def test_a_choice_of_tests_by_name_chooses_some(page: Path) -> None:
    names = {name for path in (ROOT / "tests").rglob("test_*.py") for name in (path.stem, *defined(path))}
    for word in re.findall(r"ARGS='[^']*-k (\w+)", page.read_text()):
        assert any(word in name for name in names), word


@pages
def test_every_extra_exists(page: Path) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

    assert set(re.findall(r"plugin-operator\[(\w+)\]", page.read_text())) <= extras.keys()
